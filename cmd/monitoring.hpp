// Who watches jobs from outside is told of a run: heartbeats, errors to Sentry, a file of metrics.
// None of it ever delays or fails the job.
#pragma once

#include "courier.hpp"
#include "session.hpp"

#include <string>

namespace nightshift::cmd {

class Monitoring {
  public:
    // By HEARTBEAT_URL, or HEARTBEAT_URL_CHECK_STREAKS for the job of that name; SENTRY_DSN; and
    // NIGHTSHIFT_METRICS_FILE, where metrics_file is empty. What is not set is not done.
    Monitoring(const Session& session, std::string job, const std::string& metrics_file);

    void began();
    void nothing_to_do() const;  // the period was done, perhaps by another host: metrics alone
    // Once, as the last; where the database is away no metrics are written. message and cause: what
    // went wrong; empty where nothing did.
    void ended(ExitCode code, const std::string& message = {}, const std::string& cause = {});

  private:
    void write_metrics() const;

    const Session& session_;
    std::string job_;
    std::string url_;
    std::string dsn_;
    std::string metrics_file_;
    Courier courier_;
};

}  // namespace nightshift::cmd
