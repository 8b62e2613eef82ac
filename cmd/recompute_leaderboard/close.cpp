// nightshift recompute-leaderboard --close: keep a week for good.
#include "base/log.hpp"
#include "base/text.hpp"
#include "job.hpp"
#include "leaderboard/closing.hpp"
#include "recompute_leaderboard/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {

using Json = nlohmann::ordered_json;

// The close is a run of its own, for the week that it closes; it writes what a rebuild writes, and
// so holds the same lease.
ExitCode close_week(Session& session, RecomputeOptions options, Progress& progress) {
    const auto& request = options.request;
    if (request.period != leaderboard::Period::weekly) {
        throw Error{Failure::usage, "only the weekly board has a close", "--period is monthly",
                    "give --period weekly"};
    }
    const bool other_period = !options.job.once_per.empty() && options.job.once_per != "week";
    const auto& asked = options.week.value();
    if (other_period || (options.job.period && asked != latest_week)) {
        throw Error{Failure::usage, "--close is once per week by itself",
                    other_period ? "--once-per " + options.job.once_per + " is another period"
                                 : "--for names a week, and so does --close " + asked,
                    "give --close and the week alone"};
    }
    const auto zone = session.zone();
    leaderboard::ClosingWeek week;
    const auto find_week = [&](postgres::Connection& postgres, JobOptions& job) {
        jobs::require_zone(zone);
        week = leaderboard::closing_week(
            postgres, {asked == latest_week ? "" : asked, options.job.period, zone});
        job.period = week.began;
    };
    options.job.once_per = "week";
    // The hourly rebuild may be at work, under the same lease.
    if (!options.job.lock_wait) options.job.lock_wait = std::chrono::minutes{10};
    return run_job(
        session, options.job,
        {leaderboard::closing_job, leaderboard::job(request.period), find_week},
        [&](Job& job) -> JobEnd {
            const auto writer = session.postgres();
            const auto closing = leaderboard::close_week(job.postgres, *writer, job.run.lease(),
                                                         session.run_id, week, request.top);
            const bool publish = leaderboard::is_newer_than_live(job.postgres, closing.as_of);
            if (publish) {
                const auto redis = session.redis(leaderboard::Keys{request.period}.document);
                leaderboard::publish_closing(job.postgres, *redis, job.run.lease(), session.run_id,
                                             closing, request);
            }
            progress.clear();
            const bool before = closing.run_id != session.run_id;
            if (closing.as_of != week.closes) {
                log::warning("the week was closed in another zone, and stays so",
                             {{"as_of", format_instant(closing.as_of)}, {"zone", zone}});
            }
            session.output.result(
                [&] {
                    return fmt::format("{} the week {} as of {}: {} ranked{}\n",
                                       before ? "an earlier run closed" : "closed", closing.week,
                                       format_instant(closing.as_of),
                                       counted(closing.users, "user"),
                                       publish ? ", and published it" : "");
                },
                [&] {
                    return Json{{"week", closing.week},
                                {"as_of", format_instant(closing.as_of)},
                                {"closed_at", format_instant(closing.closed_at)},
                                {"closed_by", closing.run_id},
                                {"users_ranked", closing.users},
                                {"published", publish}};
                });
            return {ExitCode::done, Json{{"users", closing.users}}.dump()};
        });
}

}  // namespace nightshift::cmd
