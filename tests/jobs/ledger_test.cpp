// What jobs/ledger.hpp promises: one run a period, whatever happens to the others.
#include "jobs/ledger.hpp"

#include "jobs/harvest.hpp"
#include "jobs/history.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using jobs::DoneAlready;
using jobs::Run;
using jobs::RunState;

namespace {

Instant at(const std::string& text) { return parse_instant(text).value(); }

const auto ten = at("2026-03-10T10:00:00Z");
const auto eleven = at("2026-03-10T11:00:00Z");

jobs::RunRequest request_for(const std::string& run_id, std::optional<Instant> hour) {
    jobs::RunRequest request{
        .job = "harvest", .lease = "field", .run_id = run_id, .version = "1", .host = "barn"};
    if (hour) request.once_per = jobs::OncePer{.unit = "hour", .period = hour};
    return request;
}

std::variant<std::unique_ptr<Run>, DoneAlready> open(const Database& database,
                                                     const jobs::RunRequest& request) {
    return Run::open([&database] { return database.connect(); }, request);
}

std::unique_ptr<Run> begun(const Database& database, const jobs::RunRequest& request) {
    auto opened = open(database, request);
    REQUIRE(std::holds_alternative<std::unique_ptr<Run>>(opened));
    return std::move(std::get<std::unique_ptr<Run>>(opened));
}

std::string state(const Database& database, const std::string& run_id) {
    return database.query("SELECT state FROM nightshift.job_runs WHERE run_id = '" + run_id + "'");
}

}  // namespace

TEST_CASE("a period that was done is done, and who did it is known") {
    const Database database;
    begun(database, request_for("RUN-1", ten))->finish({.counts = "{\"apples\": 7}"});
    const auto again = open(database, request_for("RUN-2", ten));
    REQUIRE(std::holds_alternative<DoneAlready>(again));
    const auto& done = std::get<DoneAlready>(again);
    CHECK(done.run_id == "RUN-1");
    CHECK(done.host == "barn");
    CHECK(done.finished_at);
    CHECK(state(database, "RUN-2").empty());
    begun(database, request_for("RUN-3", eleven))->finish({});
    begun(database, request_for("RUN-4", std::nullopt))->finish({});  // always works
    auto rerun = request_for("RUN-5", ten);
    rerun.once_per->rerun = true;
    begun(database, rerun)->finish({});
    CHECK(std::holds_alternative<DoneAlready>(open(database, request_for("RUN-6", ten))));
    CHECK(database.query("SELECT string_agg(run_id, ' ' ORDER BY run_id) FROM nightshift.job_runs "
                         "WHERE state = 'succeeded'") == "RUN-1 RUN-3 RUN-4 RUN-5");
    CHECK(database.query("SELECT counts ->> 'apples' FROM nightshift.job_runs WHERE run_id = "
                         "'RUN-1'") == "7");
}

TEST_CASE("a period that is being done is no reason to wait, another period's run is busy") {
    const Database database;
    const auto at_work = begun(database, request_for("RUN-1", ten));
    const auto same = open(database, request_for("RUN-2", ten));
    REQUIRE(std::holds_alternative<DoneAlready>(same));
    CHECK(std::get<DoneAlready>(same).run_id == "RUN-1");
    CHECK(!std::get<DoneAlready>(same).finished_at);
    for (const auto& hour : {std::optional{eleven}, std::optional<Instant>{}}) {
        const auto error = error_of([&] { open(database, request_for("RUN-3", hour)); });
        CHECK(error.failure == Failure::busy);
        CHECK_THAT(error.cause, ContainsSubstring("RUN-1") && ContainsSubstring("barn"));
    }
    auto other_job = request_for("RUN-4", ten);
    other_job.job = "sowing";  // the same field
    CHECK(error_of([&] { open(database, other_job); }).failure == Failure::busy);
}

TEST_CASE("who waits for a run of the period finds it done") {
    const Database database;
    auto at_work = begun(database, request_for("RUN-1", eleven));
    auto waiting = request_for("RUN-2", ten);
    waiting.wait = 10s;
    std::optional<std::variant<std::unique_ptr<Run>, DoneAlready>> opened;
    std::jthread waiter{[&] { opened = open(database, waiting); }};
    std::this_thread::sleep_for(100ms);
    {
        // RUN-1 ends, and another does the hour that RUN-2 waits for, before RUN-2 looks again.
        at_work->finish({});
        begun(database, request_for("RUN-3", ten))->finish({});
    }
    waiter.join();
    REQUIRE(std::holds_alternative<DoneAlready>(*opened));
    CHECK(std::get<DoneAlready>(*opened).run_id == "RUN-3");
    CHECK(database.query("SELECT max(fence) FROM nightshift.job_leases") == "2");
}

TEST_CASE("only success closes a period, and the next run goes on from the cursor") {
    const Database database;
    for (const auto& [ending, word] : {std::pair{RunState::partial, "partial"},
                                       {RunState::failed, "failed"},
                                       {RunState::timed_out, "timed out"},
                                       {RunState::stopped, "stopped"}}) {
        INFO(word);
        const std::string id = std::string{"RUN-"} + word;
        auto run = begun(database, request_for(id, ten));
        database.connect()->transaction("working", [&](auto& transaction) {
            run->save_cursor(transaction, "{\"row\": \"" + id + "\"}");
            run->lease().confirm(transaction);
        });
        run->finish({.state = ending, .exit_code = 9, .error = "rain"});
        CHECK(state(database, id) == word);
        const auto next = begun(database, request_for(id + "-next", ten));
        CHECK(next->cursor() == "{\"row\": \"" + id + "\"}");
        next->finish({.state = RunState::failed});
    }
    begun(database, request_for("RUN-LAST", ten))->finish({});
    CHECK(std::holds_alternative<DoneAlready>(open(database, request_for("RUN-2", ten))));
    CHECK(!begun(database, request_for("RUN-3", eleven))->cursor());
}

TEST_CASE("a run that was overtaken is abandoned, and cannot finish over the new one") {
    const Database database;
    auto paused = begun(database, request_for("RUN-1", ten));
    let_run_out(database);
    CHECK(jobs::runs(*database.connect(), {})[0].state == "abandoned");
    auto second = begun(database, request_for("RUN-2", ten));
    CHECK(state(database, "RUN-1") == "abandoned");
    paused->finish({});
    CHECK(state(database, "RUN-1") == "abandoned");
    CHECK(error_of([&] { begun(database, request_for("RUN-3", eleven)); }).failure ==
          Failure::busy);
    second->finish({});
    CHECK(state(database, "RUN-2") == "succeeded");
}

TEST_CASE("an unlocked lease is free, and its holder can confirm nothing") {
    const Database database;
    const auto run = begun(database, request_for("RUN-1", ten));
    const auto connection = database.connect();
    const auto holder = jobs::holder(*connection, "field");
    REQUIRE(holder);
    CHECK(holder->run_id == "RUN-1");
    CHECK(jobs::unlock(*connection, "field", *holder));
    CHECK(!jobs::unlock(*connection, "field", *holder));
    CHECK(!jobs::holder(*connection, "field"));
    CHECK(error_of([&] { confirm(database, run->lease()); }).failure == Failure::busy);
    CHECK(state(database, "RUN-1") == "abandoned");
    begun(database, request_for("RUN-2", ten))->finish({});
}

TEST_CASE("a period is an instant: repeated hours are two, skipped ones none") {
    const Database database;
    const auto period = [&](const std::string& unit, const std::string& instant,
                            const std::string& zone) {
        return database.query("SELECT to_char(nightshift.period('" + unit + "', '" + instant +
                              "', '" + zone + "') AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')");
    };
    struct Example {
        std::string unit, instant, zone, period;
    };
    for (const auto& [unit, instant, zone, expected] : std::vector<Example>{
             // Berlin repeats 02:00 to 03:00 on 2026-10-25, skips it on 2026-03-29
             {"hour", "2026-10-25T00:30Z", "Europe/Berlin", "2026-10-25 00:00"},
             {"hour", "2026-10-25T01:30Z", "Europe/Berlin", "2026-10-25 01:00"},
             {"hour", "2026-03-29T00:59Z", "Europe/Berlin", "2026-03-29 00:00"},
             {"hour", "2026-03-29T01:00Z", "Europe/Berlin", "2026-03-29 01:00"},
             {"day", "2026-10-25T23:30Z", "Europe/Berlin", "2026-10-25 23:00"},
             {"day", "2026-10-25T22:30Z", "Europe/Berlin", "2026-10-24 22:00"},
             // New York, and a zone whose clocks move by half an hour
             {"hour", "2026-11-01T05:30Z", "America/New_York", "2026-11-01 05:00"},
             {"hour", "2026-11-01T06:30Z", "America/New_York", "2026-11-01 06:00"},
             {"hour", "2026-03-08T07:10Z", "America/New_York", "2026-03-08 07:00"},
             {"hour", "2026-04-04T14:50Z", "Australia/Lord_Howe", "2026-04-04 14:00"},
             {"hour", "2026-10-03T15:20Z", "Australia/Lord_Howe", "2026-10-03 14:30"},
             // Nepal is 5:45 ahead
             {"hour", "2026-03-10T10:20Z", "Asia/Kathmandu", "2026-03-10 10:15"},
             {"quarter-hour", "2026-03-10T10:29Z", "Asia/Kathmandu", "2026-03-10 10:15"},
             {"week", "2026-03-15T23:30Z", "Europe/Berlin", "2026-03-15 23:00"},
             {"month", "2026-03-31T21:59Z", "Europe/Berlin", "2026-02-28 23:00"},
             {"quarter-hour", "2026-03-10T10:14:59.9Z", "UTC", "2026-03-10 10:00"}}) {
        INFO(unit << " " << instant << " " << zone);
        CHECK(period(unit, instant, zone) == expected);
    }
    for (const std::string unit : {"quarter-hour", "hour", "day", "week", "month"}) {
        CHECK(jobs::is_unit(unit));
    }
    CHECK(!jobs::is_unit("minute"));
}

TEST_CASE("a tick that comes just before the database's minute belongs to the period it is for") {
    const Database database;
    // As cron at 11:00:00.0 by its own clock, where the database's says 10:59:59.8.
    const auto period = database.query(
        "SELECT nightshift.period('hour', timestamptz '2026-03-10T10:59:59.8Z' + interval '60 "
        "seconds', 'UTC') = '2026-03-10T11:00Z'");
    CHECK(period == "t");
    // The statement that a run asks adds the same minute to the database's clock.
    const auto run = begun(database, [] {
        auto request = request_for("RUN-1", std::nullopt);
        request.once_per = jobs::OncePer{.unit = "hour"};
        return request;
    }());
    CHECK(database.query("SELECT period IN (nightshift.period('hour', started_at + interval '60 "
                         "seconds', 'UTC'), nightshift.period('hour', started_at + interval '59 "
                         "seconds', 'UTC')) FROM nightshift.job_runs") == "t");
}

TEST_CASE("missed periods follow from schedule and ledger") {
    const Database database;
    const auto connection = database.connect();
    const auto hours_ago = [&](int hours) {
        return at(database.query("SELECT to_char(date_trunc('hour', now() AT TIME ZONE 'UTC') - " +
                                 std::to_string(hours) +
                                 " * interval '1 hour', "
                                 "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"));
    };
    const auto missed = [&](jobs::Missed policy) {
        const jobs::ScheduledJob job{"harvest", {"harvest"}, "hour", {}, policy};
        const auto all = jobs::missed(*connection, {job}, "UTC", std::chrono::days{1});
        return all.empty() ? std::vector<Instant>{} : all[0].periods;
    };
    CHECK(missed(jobs::Missed::each).empty());  // it has never run
    begun(database, request_for("RUN-1", hours_ago(5)))->finish({});
    begun(database, request_for("RUN-2", hours_ago(3)))->finish({});
    database.query("UPDATE nightshift.job_runs SET started_at = period");
    CHECK(missed(jobs::Missed::each) == std::vector{hours_ago(4), hours_ago(2), hours_ago(1)});
    CHECK(missed(jobs::Missed::latest) == std::vector{hours_ago(2), hours_ago(1)});
    const auto caught_up = [](jobs::Missed policy) {
        return jobs::to_catch_up(
            {.job = {"harvest", {"harvest"}, "hour", {}, policy}, .periods = {ten, eleven}});
    };
    CHECK(caught_up(jobs::Missed::latest) == std::vector{eleven});
    CHECK(caught_up(jobs::Missed::one_pass) == std::vector{eleven});
    CHECK(caught_up(jobs::Missed::each) == std::vector{ten, eleven});
    CHECK(caught_up(jobs::Missed::never).empty());
    begun(database, request_for("RUN-3", hours_ago(1)))->finish({});
    CHECK(missed(jobs::Missed::one_pass).empty());
}

TEST_CASE("pruning keeps the latest success of each job and whatever runs") {
    const Database database;
    begun(database, request_for("OLD", ten))->finish({});
    begun(database, request_for("LATEST", eleven))->finish({});
    begun(database, request_for("FAILED", std::nullopt))->finish({.state = RunState::failed});
    const auto running = begun(database, request_for("RUNNING", std::nullopt));
    const auto connection = database.connect();
    constexpr std::chrono::days tomorrow{-1};
    CHECK(jobs::prune(*connection, std::chrono::days{9000}, false).runs == 0);
    CHECK(jobs::prune(*connection, tomorrow, true).runs == 2);
    CHECK(jobs::prune(*connection, tomorrow, false).runs == 2);
    CHECK(database.query("SELECT string_agg(run_id, ' ' ORDER BY run_id) FROM "
                         "nightshift.job_runs") == "LATEST RUNNING");
}

TEST_CASE("a zone that Postgres does not know is a matter of configuration") {
    const Database database;
    auto request = request_for("RUN-1", std::nullopt);
    request.once_per = jobs::OncePer{.unit = "hour", .zone = "Mars/Olympus"};
    const auto error = error_of([&] { open(database, request); });
    CHECK(error.failure == Failure::configuration);
    CHECK_THAT(error.hint, ContainsSubstring("NIGHTSHIFT_ZONE"));
}

TEST_CASE("a period is known by its unit too: an hour at midnight closes no day") {
    const Database database;
    const auto midnight = at("2026-03-01T00:00:00Z");  // a Sunday, and the first
    for (const std::string unit : {"quarter-hour", "hour", "day", "month"}) {
        INFO(unit);
        auto request = request_for("RUN-" + unit, midnight);
        request.once_per->unit = unit;
        begun(database, request)->finish({});
    }
}

TEST_CASE("a period that begins at no such time, or in the future, is refused") {
    const Database database;
    const auto failure = [&](const std::string& unit, const std::string& begin) {
        auto request = request_for("RUN-1", at(begin));
        request.once_per->unit = unit;
        return error_of([&] { open(database, request); });
    };
    const auto between = failure("day", "2026-03-10T00:30:00Z");
    CHECK(between.failure == Failure::usage);
    CHECK_THAT(between.cause, ContainsSubstring("2026-03-10T00:00:00Z"));
    CHECK(failure("hour", "9999-12-31T00:00:00Z").failure == Failure::refused);
}

TEST_CASE("a rerun of a period that nobody has done closes it") {
    const Database database;
    auto rerun = request_for("RUN-1", ten);
    rerun.once_per->rerun = true;
    begun(database, rerun)->finish({});
    CHECK(std::holds_alternative<DoneAlready>(open(database, request_for("RUN-2", ten))));
}

TEST_CASE("a run whose ledger session is cut goes on in another, and ends in the ledger") {
    const Database database;
    const auto run = begun(database, request_for("RUN-1", ten));
    database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND "
        "datname = current_database()");
    run->finish({});
    CHECK(state(database, "RUN-1") == "succeeded");
}

TEST_CASE("an offset is no zone: Postgres would turn its sign around; nor is an abbreviation") {
    for (const std::string zone : {"+03:00", "UTC+3", "Foo3", "Etc/UTC+3", "Etc/XX5", "PST", "CEST",
                                   "CET", "\xff", "", "Europe/Berlin5"}) {
        INFO(zone);
        CHECK(error_of([&] { jobs::require_zone(zone); }).failure == Failure::configuration);
    }
    for (const std::string zone : {"UTC", "Africa/Banjul", "America/Port-au-Prince", "Etc/GMT+3",
                                   "America/North_Dakota/New_Salem", "Etc/Zulu"}) {
        INFO(zone);
        CHECK_NOTHROW(jobs::require_zone(zone));
    }
}

TEST_CASE("what was pruned is not missed: periods of a unit are known since the first run of it") {
    const Database database;
    begun(database, request_for("SHELL", std::nullopt))->finish({});
    database.query("UPDATE nightshift.job_runs SET started_at = started_at - interval '10 days'");
    auto hourly = request_for("RUN-1", std::nullopt);
    hourly.once_per = jobs::OncePer{.unit = "hour"};
    begun(database, hourly)->finish({});
    const jobs::ScheduledJob job{"harvest", {"harvest"}, "hour", {}, jobs::Missed::each};
    CHECK(jobs::missed(*database.connect(), {job}, "UTC", std::chrono::days{7}).empty());
}

TEST_CASE("a period's begin belongs to that period, where clocks move by half an hour too") {
    const Database database;
    for (const std::string zone :
         {"Australia/Lord_Howe", "Antarctica/Troll", "Europe/Berlin", "America/Caracas",
          "Asia/Pyongyang", "Pacific/Apia", "Pacific/Chatham", "Asia/Kathmandu"}) {
        for (const std::string unit : {"quarter-hour", "hour", "day", "week", "month"}) {
            INFO(zone << " " << unit);
            CHECK(database.query(
                      "SELECT count(*) FROM generate_series('2011-01-01'::timestamptz, "
                      "'2019-01-01', '15 minutes') AS at, LATERAL (SELECT nightshift.period('" +
                      unit + "', at, '" + zone +
                      "') AS begin OFFSET 0) AS p WHERE begin > at OR "
                      "nightshift.period('" +
                      unit + "', begin, '" + zone + "') <> begin") == "0");
        }
    }
}

TEST_CASE("pruning keeps the success of a period that is not over") {
    const Database database;
    auto month = request_for("MONTH", std::nullopt);
    month.once_per = jobs::OncePer{.unit = "month"};
    begun(database, month)->finish({});
    begun(database, request_for("SHELL", std::nullopt))->finish({});
    database.query("UPDATE nightshift.job_runs SET finished_at = finished_at - interval '10 days'");
    CHECK(jobs::prune(*database.connect(), std::chrono::days{7}, false).runs == 0);
}

TEST_CASE("a first run that comes just before its period has missed none") {
    const Database database;
    auto request = request_for("RUN-1", std::nullopt);
    request.once_per = jobs::OncePer{.unit = "hour"};
    begun(database, request)->finish({});
    database.query(
        "UPDATE nightshift.job_runs SET period = date_trunc('hour', now(), 'UTC') - interval '2 "
        "hours', started_at = date_trunc('hour', now(), 'UTC') - interval '2 hours 30 seconds'");
    const jobs::ScheduledJob job{"harvest", {"harvest"}, "hour", {}, jobs::Missed::each};
    const auto all = jobs::missed(*database.connect(), {job}, "UTC", std::chrono::days{1});
    REQUIRE(all.size() == 1);
    CHECK(all[0].periods.size() == 1);
}
