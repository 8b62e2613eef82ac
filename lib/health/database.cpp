#include "health/database.hpp"

#include "base/certificate.hpp"
#include "base/error.hpp"
#include "base/instant.hpp"
#include "base/text.hpp"
#include "health/certificate.hpp"
#include "health/sql.hpp"
#include "jobs/history.hpp"
#include "migrations/status.hpp"
#include "postgres/connection.hpp"
#include "schema/built_in.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace nightshift::health {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t pings = 5;
constexpr std::chrono::seconds longest_statement{2};
constexpr std::array not_there{"42P01", "42703", "3F000"};  // a table, a column, a schema
constexpr std::chrono::days lately{8};                      // a weekly job's period, and a day

double milliseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

const std::map<std::string, std::string_view>& questions() {
    static const std::map<std::string, std::string_view> all{
        {"database.replication", sql::replication},
        {"database.standby_bytes", sql::standby_bytes},
        {"database.slots", sql::slots},
        {"database.saturation", sql::saturation},
        {"database.transactions", sql::transactions},
        {"database.locks", sql::locks},
        {"database.wraparound", sql::wraparound},
        {"database.wraparound_days", sql::wraparound_days},
        {"database.dead_tuples", sql::dead_tuples},
        {"database.indexes", sql::indexes},
        {"database.keys", sql::keys},
        {"database.keys_days", sql::keys_days},
        {"jobs.failures", sql::job_failures},
        {"jobs.stuck", sql::job_stuck},
        {"outbox.depth", sql::outbox_depth},
        {"outbox.oldest", sql::outbox_oldest},
        {"outbox.stuck", sql::outbox_stuck},
        {"boards.age", sql::board_age}};
    return all;
}

Result latency(const Check& check, postgres::Connection& connection) {
    std::array<double, pings> took{};
    for (auto& each : took) {
        const auto begin = Clock::now();
        connection.translated("asking for its latency", [&] {
            const std::unique_ptr<PGresult, decltype(&PQclear)> answer{
                PQexec(connection.raw(), "SELECT 1"), PQclear};
            if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK)
                throw Error{Failure::unavailable, "Postgres does not answer",
                            one_line(PQerrorMessage(connection.raw())), check.fix};
        });
        each = milliseconds_since(begin);
    }
    std::sort(took.begin(), took.end());
    return judged(check, took[pings / 2], fmt::format("{:.2f} ms", took[pings / 2]));
}

Result version(const Check& check, const postgres::Connection& connection) {
    const auto number = PQserverVersion(connection.raw());  // 150018 is 15.18
    return {.id = check.id, .said = fmt::format("{}.{}", number / 10'000, number % 10'000)};
}

Result schema_state(const Check& check, postgres::Connection& connection) {
    using migrations::State;
    const auto status = connection.snapshot("looking at the schema", [](auto& transaction) {
        return migrations::status(transaction, schema::built_in());
    });
    const auto counts = [&](State state, const std::string& what) {
        std::string names;
        for (const auto& each : status.entries) {
            if (each.state == state)
                names +=
                    (names.empty() ? "" : ", ") + std::to_string(each.version) + " " + each.name;
        }
        return names.empty() ? std::string{} : what + ": " + names;
    };
    Result result{.id = check.id,
                  .said = counted(status.count(State::applied), "migration") + " applied"};
    const std::array<std::array<std::string, 3>, 3> bad{
        {{counts(State::edited, "edited after it was applied"), "the ledger has another checksum",
          "restore the file: nightshift migrate status names it"},
         {counts(State::ahead, "of a newer program"), "this program does not know it",
          "install the newer nightshift on this host"},
         {counts(State::pending, "pending"), "jobs refuse to run on an older schema",
          "nightshift migrate up"}}};
    for (const auto& [said, why, fix] : bad) {
        if (said.empty()) continue;
        result = {
            .id = check.id, .status = Status::unhealthy, .said = said, .why = why, .fix = fix};
        break;
    }
    return result;
}

// libpq's own connection over OpenSSL; none where the server has no TLS.
Result certificate(const Check& check, const postgres::Connection& connection) {
    const auto* tls = static_cast<const ssl_st*>(PQsslStruct(connection.raw(), "OpenSSL"));
    return judged_certificate(check, connection.where(),
                              tls == nullptr ? std::nullopt : certificate_end(tls), now());
}

// Half of the round trip has passed when the server looks at its clock.
Result clock(const Check& check, postgres::Connection& connection) {
    const auto before = now();
    const auto theirs = connection.snapshot("asking for the time", [](auto& transaction) {
        return postgres::instant_column(
            transaction.exec(std::string{sql::database_clock})[0]["now"]);
    });
    const auto ours = before + (now() - before) / 2;
    const auto apart = std::chrono::duration<double>(ours - theirs).count();
    return judged(
        check, std::abs(apart),
        fmt::format("{:.3f} s {} Postgres", std::abs(apart), apart < 0 ? "behind" : "ahead of"));
}

Result overdue(const Check& check, postgres::Connection& connection, const DatabaseLook& look) {
    std::string names;
    int count = 0;
    for (const auto& [job, periods] : jobs::missed(connection, look.schedule, look.zone, lately)) {
        names +=
            (names.empty() ? "" : ", ") + job.job + " since " + format_instant(periods.front());
        ++count;
    }
    return judged(check, count, count == 0 ? "no period was missed" : names);
}

// What a role may not see looks like nothing: it is no answer.
Result not_permitted(const Check& check) {
    return {.id = check.id,
            .status = Status::unknown,
            .said = "not permitted",
            .why = "this role may not see what it needs for it",
            .fix = "nightshift health --print-grants says what it needs"};
}

Result ask(const Check& check, postgres::Connection& connection, std::string_view sql) {
    return connection.snapshot("looking at " + check.id, [&](auto& transaction) {
        transaction.exec("SET LOCAL jit = off");
        const auto row = postgres::exec(transaction, sql)[0];
        const auto has = [&](const char* name) {
            for (pqxx::row::size_type i = 0; i < row.size(); ++i) {
                if (std::string_view{row[i].name()} == name) return !row[i].is_null();
            }
            return false;
        };
        if (has("is_permitted") && !row["is_permitted"].template as<bool>())
            return not_permitted(check);
        if (!has("value")) return Result{.id = check.id, .said = row["said"].c_str()};
        auto result = judged(check, row["value"].template as<double>(), row["said"].c_str());
        if (result.status != Status::healthy && has("fix")) result.fix = row["fix"].c_str();
        return result;
    });
}

// What one cannot answer is no matter of the others, while the connection stands.
Result look_at(const Check& check, postgres::Connection& connection, const DatabaseLook& look) {
    try {
        const auto question = questions().find(check.id);
        return question != questions().end()        ? ask(check, connection, question->second)
               : check.id == "database.latency"     ? latency(check, connection)
               : check.id == "database.version"     ? version(check, connection)
               : check.id == "database.certificate" ? certificate(check, connection)
               : check.id == "system.clock"         ? clock(check, connection)
               : check.id == "jobs.overdue"         ? overdue(check, connection, look)
                                                    : schema_state(check, connection);
    } catch (const Error& error) {
        if (PQstatus(connection.raw()) != CONNECTION_OK) throw;
        if (error.cause.find("42501") != std::string::npos) return not_permitted(check);
        if (lacks_schema(error)) return not_made(check.id, "database.schema");
        if (error.cause.find("55P03") != std::string::npos)
            return {.id = check.id,
                    .status = Status::unknown,
                    .said = "it would have to wait for a lock",
                    .why = "somebody holds what it reads",
                    .fix = "see database.locks and database.transactions"};
        return {.id = check.id,
                .status = Status::unknown,
                .said = "it could not be asked",
                .why = one_line(error.cause.empty() ? error.what() : error.cause),
                .fix = check.fix};
    }
}

}  // namespace

bool lacks_schema(const Error& error) {
    return std::any_of(std::begin(not_there), std::end(not_there), [&](const char* sqlstate) {
        return error.cause.find(sqlstate) != std::string::npos;
    });
}

Wanted of_database(const Wanted& wanted) {
    Wanted mine;
    std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(mine), [](const Check& each) {
        return each.id.starts_with("database.") || each.id == "system.clock" ||
               each.id == "jobs.overdue" || questions().contains(each.id);
    });
    return mine;
}

Probe look_at_database(const DatabaseLook& look, const Wanted& wanted) {
    const auto mine = of_database(wanted);
    return {mine, [look, mine](const Tell& tell) {
                const auto begin = Clock::now();
                postgres::Connection connection{
                    look.url, {.command = "health", .longest_statement = longest_statement}};
                const auto took = milliseconds_since(begin);
                for (const auto& check : mine) {
                    tell(check.id == "database.connect"
                             ? judged(check, took,
                                      fmt::format("{} in {:.1f} ms", connection.where(), took))
                             : look_at(check, connection, look));
                }
            }};
}

}  // namespace nightshift::health
