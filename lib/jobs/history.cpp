#include "jobs/history.hpp"

#include "base/error.hpp"
#include "jobs/sql.hpp"

namespace nightshift::jobs {
namespace {

PastRun past_run(const pqxx::row& row) {
    PastRun run;
    run.run_id = row["run_id"].c_str();
    run.job = row["job"].c_str();
    run.lease = row["lease"].c_str();
    run.fence = row["fence"].as<std::int64_t>();
    run.state = row["state"].c_str();
    run.unit = postgres::optional_text(row["unit"]);
    run.period = postgres::optional_instant(row["period"]);
    run.rerun = row["rerun"].as<bool>();
    run.started_at = postgres::instant_column(row["started_at"]);
    run.finished_at = postgres::optional_instant(row["finished_at"]);
    run.duration = std::chrono::milliseconds{row["duration_ms"].as<std::int64_t>()};
    if (!row["exit_code"].is_null()) run.exit_code = row["exit_code"].as<int>();
    run.error = postgres::optional_text(row["error"]);
    run.counts = postgres::optional_text(row["counts"]);
    run.cursor = postgres::optional_text(row["cursor"]);
    run.host = row["host"].c_str();
    run.pid = row["pid"].as<int>();
    run.version = row["version"].c_str();
    return run;
}

struct RolledBack {};

}  // namespace

std::vector<PastRun> runs(postgres::Connection& connection, const RunFilter& filter) {
    return connection.transaction("reading the ledger", [&](auto& transaction) {
        std::vector<PastRun> found;
        for (const auto& row : postgres::exec(
                 transaction, sql::runs,
                 {filter.job, filter.state, filter.run_id, std::to_string(filter.limit)})) {
            found.push_back(past_run(row));
        }
        return found;
    });
}

std::vector<MissedPeriods> missed(postgres::Connection& connection,
                                  const std::vector<ScheduledJob>& schedule,
                                  const std::string& zone, std::chrono::days back) {
    return connection.transaction("looking for missed periods", [&](auto& transaction) {
        std::vector<MissedPeriods> found;
        for (const auto& job : schedule) {
            const bool later_makes_up =
                job.missed == Missed::latest || job.missed == Missed::one_pass;
            MissedPeriods each{job, {}};
            for (const auto& row :
                 postgres::exec(transaction, sql::missed_periods,
                                {job.job, job.every, zone, later_makes_up ? "true" : "false",
                                 std::to_string(back.count())})) {
                each.periods.push_back(postgres::instant_column(row["period"]));
            }
            if (!each.periods.empty()) found.push_back(std::move(each));
        }
        return found;
    });
}

std::vector<std::string> never_run(postgres::Connection& connection,
                                   const std::vector<ScheduledJob>& schedule) {
    return connection.transaction("looking for jobs that never ran", [&](auto& transaction) {
        std::vector<std::string> never;
        for (const auto& each : schedule) {
            const auto rows = postgres::exec(
                transaction, "SELECT FROM nightshift.job_runs WHERE job = $1::text LIMIT 1",
                {each.job});
            if (rows.empty()) never.push_back(each.job);
        }
        return never;
    });
}

std::vector<Instant> to_catch_up(const MissedPeriods& missed) {
    switch (missed.job.missed) {
        case Missed::each:
            return missed.periods;
        case Missed::latest:
        case Missed::one_pass:
            return {missed.periods.back()};
        case Missed::never:
            break;
    }
    return {};
}

std::optional<std::chrono::milliseconds> usual_duration(postgres::Connection& connection,
                                                        const std::string& job) {
    return connection.transaction("reading how long runs took", [&job](auto& transaction) {
        const auto row = postgres::exec(transaction, sql::usual_duration, {job})[0];
        std::optional<std::chrono::milliseconds> usual;
        if (!row["usual"].is_null())
            usual = std::chrono::milliseconds{row["usual"].template as<std::int64_t>()};
        return usual;
    });
}

std::vector<std::string> leases(postgres::Connection& connection) {
    return connection.transaction("listing the leases", [](auto& transaction) {
        std::vector<std::string> names;
        for (const auto& row :
             postgres::exec(transaction, "SELECT job FROM nightshift.job_leases ORDER BY job")) {
            names.push_back(row[0].c_str());
        }
        return names;
    });
}

std::optional<Holder> holder(postgres::Connection& connection, const std::string& lease) {
    return connection.transaction("asking who holds " + lease,
                                  [&](auto& transaction) { return holder_of(transaction, lease); });
}

bool unlock(postgres::Connection& connection, const std::string& lease, const Holder& holder) {
    return connection.transaction("unlocking " + lease, [&](auto& transaction) {
        const auto rows =
            postgres::exec(transaction, sql::unlock, {lease, std::to_string(holder.fence)});
        if (rows.empty()) return false;
        postgres::exec(transaction, sql::abandon_runs,
                       {lease, rows[0]["fence"].c_str(), "'runs unlock' took its lease away"});
        return true;
    });
}

Pruned prune(postgres::Connection& connection, std::chrono::days age, bool dry_run) {
    Pruned pruned;
    try {
        connection.transaction("pruning the ledger", [&](auto& transaction) {
            const auto row =
                postgres::exec(transaction, sql::prune_runs, {std::to_string(age.count())})[0];
            pruned = {row["pruned"].template as<std::int64_t>(),
                      postgres::instant_column(row["before"])};
            if (dry_run) throw RolledBack{};
        });
    } catch (const RolledBack&) {
    }
    return pruned;
}

}  // namespace nightshift::jobs
