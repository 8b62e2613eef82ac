#include "jobs/metrics.hpp"

#include "jobs/sql.hpp"

#include <cstdlib>

#include <fmt/format.h>

namespace nightshift::jobs {
namespace {

constexpr std::chrono::days back{7};

std::string escaped(std::string_view text) {
    std::string label;
    for (const char letter : text) {
        if (letter == '\\' || letter == '"') label += '\\';
        label += letter == '\n' ? "\\n" : std::string(1, letter);
    }
    return label;
}

// One metric with its help, and a line for each set of labels.
class Metric {
  public:
    Metric(const std::string& name, const std::string& help)
        : name_{name}, text_{fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help)} {}

    void add(const std::string& labels, const std::string& value) {
        text_ += fmt::format("{}{{{}}} {}\n", name_, labels, value);
        any_ = true;
    }
    std::string text() const { return any_ ? text_ : ""; }

  private:
    std::string name_;
    std::string text_;
    bool any_ = false;
};

// A clock that was set back makes a length negative.
std::string seconds(std::int64_t microseconds) {
    const auto size = std::abs(microseconds);
    return fmt::format("{}{}.{:06}", microseconds < 0 ? "-" : "", size / 1'000'000,
                       size % 1'000'000);
}

}  // namespace

std::string metrics_text(postgres::Connection& connection,
                         const std::vector<ScheduledJob>& schedule, const std::string& zone) {
    Metric success{"nightshift_job_last_success_timestamp_seconds",
                   "When the job has last succeeded, in Unix time."};
    Metric duration{"nightshift_job_last_success_duration_seconds",
                    "How long the job's last successful run took."};
    Metric runs{"nightshift_job_runs", "Runs in the ledger of the last 7 days, by state."};
    Metric missed{"nightshift_job_missed_periods",
                  "Periods of the last 7 days that no run has done."};
    connection.snapshot("reading the ledger", [&](auto& transaction) {
        std::string last;
        for (const auto& row : postgres::exec(transaction, sql::metrics)) {
            const auto job = fmt::format("job=\"{}\"", escaped(row["job"].c_str()));
            runs.add(fmt::format("{},state=\"{}\"", job, escaped(row["state"].c_str())),
                     row["runs"].c_str());
            if (row["last_success"].is_null() || job == last) continue;
            last = job;
            success.add(job, seconds(row["last_success"].template as<std::int64_t>()));
            duration.add(job, seconds(row["took"].template as<std::int64_t>()));
        }
    });
    const auto all = jobs::missed(connection, schedule, zone, back);
    for (const auto& job : schedule) {
        std::size_t count = 0;
        for (const auto& each : all) count += each.job.job == job.job ? each.periods.size() : 0;
        missed.add(fmt::format("job=\"{}\"", escaped(job.job)), std::to_string(count));
    }
    return success.text() + duration.text() + runs.text() + missed.text();
}

}  // namespace nightshift::jobs
