#include "jobs/ledger.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "jobs/sql.hpp"

#include <algorithm>
#include <array>
#include <regex>

#include <unistd.h>

namespace nightshift::jobs {
namespace {

// Ends the attempt to take a lease: the period needs no run.
struct NothingToDo {
    DoneAlready why;
};

std::string word(RunState state) {
    switch (state) {
        case RunState::succeeded:
            return "succeeded";
        case RunState::partial:
            return "partial";
        case RunState::failed:
            return "failed";
        case RunState::timed_out:
            return "timed out";
        case RunState::stopped:
            return "stopped";
    }
    return "failed";
}

std::optional<DoneAlready> done(postgres::Transaction& transaction, const std::string& job,
                                const std::string& unit, Instant period) {
    const auto rows =
        postgres::exec(transaction, sql::period_done, {job, unit, postgres::parameter(period)});
    if (rows.empty()) return std::nullopt;
    return DoneAlready{rows[0]["run_id"].c_str(), rows[0]["host"].c_str(), period,
                       postgres::instant_column(rows[0]["finished_at"])};
}

// --for: a typo must not close a period that nobody means.
void refuse_no_begin(const OncePer& once_per, Instant begin, Instant present) {
    const auto asked = *once_per.period;
    if (asked != begin) {
        throw Error{
            Failure::usage,
            "no " + once_per.unit + " begins at " + format_instant(asked) + " in " + once_per.zone,
            "the one that it belongs to begins at " + format_instant(begin),
            "give the begin of a period, as 'nightshift runs missed' shows it"};
    }
    if (asked > present) {
        throw Error{
            Failure::refused,
            "the " + once_per.unit + " from " + format_instant(asked) + " lies in the future",
            "the present one began at " + format_instant(present), "run again then"};
    }
}

}  // namespace

bool is_unit(std::string_view unit) {
    constexpr std::array<std::string_view, 5> units{"quarter-hour", "hour", "day", "week", "month"};
    return std::find(units.begin(), units.end(), unit) != units.end();
}

void require_zone(const std::string& zone) {
    static const std::regex form{
        "UTC|GMT|Etc/GMT[+-][0-9]{1,2}|Etc/[A-Z][A-Za-z]+|"
        "(posix/)?[A-Z][A-Za-z]+(/[A-Z][A-Za-z_-]+)+"};
    if (std::regex_match(zone, form)) return;
    throw Error{Failure::configuration, excerpt(zone) + " is not the name of a time zone",
                "Postgres takes offsets with the sign turned around, and abbreviations without "
                "daylight saving",
                "set NIGHTSHIFT_ZONE to UTC, or to an IANA name such as Africa/Banjul"};
}

std::variant<std::unique_ptr<Run>, DoneAlready> Run::open(const Connect& connect,
                                                          const RunRequest& request,
                                                          const std::stop_token& stop) {
    auto connection = connect();
    std::unique_ptr<Run> run{new Run{request}};
    if (auto nothing_to_do = run->look(*connection)) return std::move(*nothing_to_do);
    try {
        run->lease_ = std::make_unique<Lease>(
            std::move(connection),
            LeaseRequest{
                .job = request.lease,
                .run_id = request.run_id,
                .host = request.host,
                .wait = request.wait,
                .reconnect = connect,
                .taken = [self = run.get()](auto& transaction,
                                            auto fence) { self->begin(transaction, fence); },
                .held = [self = run.get()](
                            auto& transaction,
                            const auto& holder) { self->compare_periods(transaction, holder); }},
            stop);
    } catch (const NothingToDo& nothing) {
        return nothing.why;
    }
    return run;
}

std::optional<DoneAlready> Run::look(postgres::Connection& connection) {
    return connection.transaction("looking into the ledger", [this](auto& transaction) {
        const auto unit = request_.once_per ? request_.once_per->unit : "hour";
        const auto zone = request_.once_per ? request_.once_per->zone : "UTC";
        require_zone(zone);
        const auto before = now();
        std::optional<std::string> asked;
        if (request_.once_per && request_.once_per->period)
            asked = postgres::parameter(*request_.once_per->period);
        const auto row = postgres::exec(transaction, sql::period_now, {unit, zone, asked})[0];
        const auto after = now();
        clock_ahead_ = std::chrono::duration_cast<std::chrono::milliseconds>(
            before + (after - before) / 2 - postgres::instant_column(row["now"]));
        if (!request_.once_per) return std::optional<DoneAlready>{};
        const auto present = postgres::instant_column(row["period"]);
        period_ = request_.once_per->period.value_or(present);
        if (asked)
            refuse_no_begin(*request_.once_per, postgres::instant_column(row["asked"]), present);
        if (request_.once_per->rerun) return std::optional<DoneAlready>{};
        return done(transaction, request_.job, unit, *period_);
    });
}

void Run::begin(postgres::Transaction& transaction, std::int64_t fence) {
    const auto& [job, lease, run_id, version, host, wait, once_per] = request_;
    postgres::exec(transaction, sql::abandon_runs,
                   {lease, std::to_string(fence), "killed, or cut off from the database"});
    std::optional<std::string> unit;
    std::optional<std::string> period;
    if (once_per) {
        unit = once_per->unit;
        period = postgres::parameter(*period_);
    }
    const bool rerun = once_per && once_per->rerun;
    const auto rows = postgres::exec(
        transaction, sql::begin_run,
        {run_id, job, lease, std::to_string(fence), unit, period, rerun ? "true" : "false",
         host.empty() ? this_host() : host, std::to_string(::getpid()), version});
    if (rows.empty()) throw NothingToDo{*done(transaction, job, *unit, *period_)};
    if (!rows[0]["cursor"].is_null()) cursor_ = rows[0]["cursor"].c_str();
}

void Run::compare_periods(postgres::Transaction& transaction, const Holder& holder) const {
    if (!request_.once_per) return;
    const auto rows = postgres::exec(transaction, sql::running_period, {holder.run_id});
    if (rows.empty() || rows[0]["period"].is_null() || rows[0]["job"].c_str() != request_.job ||
        rows[0]["unit"].c_str() != request_.once_per->unit) {
        return;
    }
    if (postgres::instant_column(rows[0]["period"]) != *period_) return;
    throw NothingToDo{{holder.run_id, holder.host, *period_, std::nullopt}};
}

void Run::save_cursor(postgres::Transaction& transaction, const std::string& json) const {
    postgres::exec(transaction, sql::save_cursor, {request_.run_id, json});
}

void Run::finish(const Ending& ending) {
    lease_->give_back([&](auto& transaction) {
        postgres::exec(transaction, sql::finish_run,
                       {request_.run_id, word(ending.state), std::to_string(ending.exit_code),
                        ending.error, ending.counts});
    });
}

}  // namespace nightshift::jobs
