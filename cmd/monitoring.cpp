#include "monitoring.hpp"

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/redaction.hpp"
#include "http/sentry.hpp"
#include "jobs/heartbeat.hpp"
#include "jobs/lease.hpp"
#include "jobs/metrics.hpp"
#include "runs/subcommands.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace nightshift::cmd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int killed = 137;                 // 128 + SIGKILL
constexpr std::size_t longest_text = 8000;  // bytes
constexpr auto metrics_patience = std::chrono::seconds{5};

std::string secret(const Session& session, const std::string& name) {
    try {
        return session.settings.find_secret(name).value_or("");
    } catch (const Error& error) {
        log::warning(error.what(), {{"why", error.cause}});
        return "";
    }
}

// Neither a run that found another at work, nor one that somebody stopped, is an error.
bool is_an_error(ExitCode code) {
    return code != ExitCode::done && code != ExitCode::busy && code != ExitCode::usage &&
           code != ExitCode::interrupted && code != ExitCode::terminated;
}

void add(std::vector<http::Request>& all, std::optional<http::Request> request) {
    if (request) all.push_back(std::move(*request));
}

}  // namespace

Monitoring::Monitoring(const Session& session, std::string job, const std::string& metrics_file)
    : session_{session},
      job_{std::move(job)},
      url_{secret(session, jobs::setting_of(job_))},
      dsn_{secret(session, "SENTRY_DSN")},
      metrics_file_{metrics_file.empty()
                        ? session.settings.find("NIGHTSHIFT_METRICS_FILE").value_or("")
                        : metrics_file} {
    if (url_.empty()) url_ = secret(session, "HEARTBEAT_URL");
    for (const auto& [what, url] : {std::pair{"the heartbeat's url", url_}, {"SENTRY_DSN", dsn_}}) {
        const auto why = url.empty() ? "" : http::objection(url);
        if (!why.empty()) log::warning(what + std::string{" cannot be asked"}, {{"why", why}});
    }
}

void Monitoring::nothing_to_do() const {
    if (!metrics_file_.empty()) write_metrics();
}

void Monitoring::began() {
    if (url_.empty()) return;
    const jobs::HeartbeatRun run{job_, session_.run_id, 0};
    const jobs::HeartbeatRun lost{job_, session_.run_id, killed, "the run ended without a word"};
    std::vector<http::Request> requests;
    std::vector<http::Request> if_lost;
    add(requests, jobs::heartbeat(url_, jobs::Beat::start, run));
    add(if_lost, jobs::heartbeat(url_, jobs::Beat::failure, lost));
    courier_.send(requests, if_lost);
}

void Monitoring::ended(ExitCode code, const std::string& message, const std::string& cause) {
    const auto status = static_cast<int>(code);
    const auto text =
        redacted(message + (cause.empty() ? "" : ": " + cause)).substr(0, longest_text);
    std::vector<http::Request> requests;
    if (!url_.empty()) {
        add(requests, jobs::heartbeat(
                          url_, code == ExitCode::done ? jobs::Beat::success : jobs::Beat::failure,
                          {job_, session_.run_id, status, text}));
    }
    if (!dsn_.empty() && is_an_error(code)) {
        try {
            auto id = jobs::uuid_of(session_.run_id);
            std::erase(id, '-');
            requests.push_back(http::sentry_request(
                dsn_, {.event_id = id,
                       .at = now(),
                       .type = fmt::format("exit {}", status),
                       .message = text,
                       .logger = job_,
                       .release = "nightshift@" NIGHTSHIFT_VERSION,
                       .environment = session_.settings.find("ENVIRONMENT").value_or("production"),
                       .server_name =
                           session_.settings.find("NIGHTSHIFT_HOST").value_or(jobs::this_host()),
                       .tags = {{"command", session_.command}, {"job", job_}},
                       .extra = {{"run_id", session_.run_id}},
                       .fingerprint = {job_, std::to_string(status)}}));
        } catch (const Error& error) {
            log::warning(error.what(), {{"why", error.cause}});
        }
    }
    courier_.send(requests);
    if (!metrics_file_.empty() && code != ExitCode::unavailable) write_metrics();
}

void Monitoring::write_metrics() const {
    try {
        const auto zone = session_.zone();
        const auto text =
            jobs::metrics_text(*session_.unstoppable_postgres(Clock::now() + metrics_patience),
                               declared_schedule(session_), zone);
        write_file(metrics_file_, text, 0644);
    } catch (const Error& error) {
        log::warning("the metrics were not written",
                     {{"why", error.what() + (": " + error.cause)}, {"file", metrics_file_}});
    } catch (const std::exception& error) {
        log::warning("the metrics were not written", {{"why", error.what()}});
    }
}

}  // namespace nightshift::cmd
