// Pings to a monitor, which raises an alarm where they stay away: that a run began, and how it
// ended.
//
// Three kinds of urls are known:
//  healthchecks  https://hc-ping.com/<uuid>, or .../<key>/<slug>, or any whose path ends in a UUID:
//                /start, the bare url, /<exit code>; rid pairs them; POST with what went wrong
//  cronitor      https://cronitor.link/p/<key>/<monitor>: ?state=run|complete|fail&series=<run id>
//  plain         any other: a GET at each success; with {state} in it also at start and failure
// In each {job} (check-streaks, recompute-leaderboard-weekly), {run_id}, {exit_code} and {state}
// (start, success, fail) are replaced.
// Sources: healthchecks.io/docs/http_api, cronitor.io/docs/telemetry-api.
#pragma once

#include "http/client.hpp"

#include <optional>
#include <string>

namespace nightshift::jobs {

enum class Beat { start, success, failure };

struct HeartbeatRun {
    std::string job;     // recompute-leaderboard/weekly
    std::string run_id;  // ULID
    int exit_code = 0;
    std::string text = {};  // what went wrong; secrets are the caller's to leave out
};

// Nothing where that url is not told of such a thing. Repeated some times where it does not answer.
std::optional<http::Request> heartbeat(const std::string& url, Beat beat, const HeartbeatRun& run);

// A ULID's 128 bits as a UUID: which healthchecks wants. Another text gives the UUID of its hash.
std::string uuid_of(const std::string& run_id);

// check-streaks, recompute-leaderboard-weekly.
std::string slug_of(const std::string& job);

// The setting with the job's own url: HEARTBEAT_URL_RECOMPUTE_LEADERBOARD_WEEKLY.
std::string setting_of(const std::string& job);

}  // namespace nightshift::jobs
