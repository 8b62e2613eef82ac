// The passes of a real log's whole life, against plain loops and a rebuild.
#include "leaderboard/oracle.hpp"
#include "streaks/learners.hpp"
#include "support/catch.hpp"
#include "support/local_dates.hpp"

#include <random>
#include <set>

using namespace nightshift;
using namespace nightshift::test;

namespace {

// Zones that skipped no day in these years.
constexpr const char* name_zones =
    "UPDATE users SET timezone = (ARRAY['Africa/Banjul', 'America/New_York', 'Europe/London', "
    "'Australia/Lord_Howe', 'Pacific/Auckland', 'Pacific/Kiritimati', 'Pacific/Honolulu', "
    "'Asia/Kathmandu', 'America/St_Johns', 'Asia/Tokyo', 'Atlantic/Azores'])[1 + id::bigint % 11]";

// The log of everybody, of which nothing has arrived yet.
struct Log {
    Learners learners;
    const Database& database = learners.database;
    Instant begin;
    Instant end;

    Log() {
        const auto imported = run(program(
            {"import-attempts", best_log(), "--create-users", "--create-questions", "--quiet"},
            {{"DATABASE_URL", database.url()}}));
        INFO(imported.err);
        REQUIRE(imported.exit_code == 0);
        database.query(name_zones);
        database.query(
            "CREATE TABLE log AS SELECT user_id, question_id, is_correct, skipped, attempted_at "
            "FROM attempts; CREATE INDEX ON log (attempted_at); TRUNCATE attempts CASCADE; "
            "ANALYZE");
        begin = time_of("min(attempted_at)");
        end = time_of("max(attempted_at)");
    }
    Instant time_of(const std::string& what) const {
        return Instant{std::chrono::microseconds{std::stoll(database.query(
            "SELECT (extract(epoch FROM " + what + ") * 1000000)::bigint FROM log"))}};
    }
    // What was done after `from`, up to `until`; by one learner in ten, or by the others.
    void arrive(Instant from, Instant until, bool late) const {
        database.query(
            "INSERT INTO attempts (user_id, question_id, is_correct, skipped, attempted_at) "
            "SELECT * FROM log WHERE (user_id::bigint % 10 = 3) = " +
            std::string{late ? "true" : "false"} + " AND attempted_at > '" + format_instant(from) +
            "' AND attempted_at <= '" + format_instant(until) + "'");
    }
};

// As of `as_of`, of everybody whose attempts have arrived.
void compare(const Database& database, Instant as_of, LocalDates& local) {
    std::map<std::string, std::set<Day>> days;
    std::map<std::string, std::string> zones;
    for (const auto& row : database.rows(
             "SELECT u.timezone, u.id, (extract(epoch FROM a.attempted_at) * 1000000)::bigint "
             "FROM attempts a JOIN users u ON u.id = a.user_id WHERE a.skipped IS NOT TRUE AND "
             "a.attempted_at <= '" +
             format_instant(as_of) + "' ORDER BY u.timezone")) {
        zones[row[1]] = row[0];
        days[row[1]].insert(
            local.day(Instant{std::chrono::microseconds{std::stoll(row[2])}}, row[0]));
    }
    std::map<std::string, Day> today;
    int differing = 0;
    int alive = 0;
    for (const auto& row :
         database.rows("SELECT id, coalesce(study_streak, 0) FROM users ORDER BY timezone")) {
        int streak = 0;
        if (const auto found = days.find(row[0]); found != days.end()) {
            const auto& zone = zones[row[0]];
            if (!today.contains(zone)) today[zone] = local.day(as_of, zone);
            const Day last = *found->second.rbegin();
            if (last >= today[zone] - 1)
                for (Day day = last; found->second.contains(day); --day) ++streak;
        }
        if (streak > 0) ++alive;
        if (std::to_string(streak) == row[1]) continue;
        if (++differing > 5) continue;
        INFO("user " << row[0] << " has " << row[1] << ", not " << streak);
        CHECK(false);
    }
    INFO("as of " << format_instant(as_of) << ", of " << alive << " alive");
    CHECK(differing == 0);
}

}  // namespace

TEST_CASE("streaks over the whole of a real log agree with plain loops and with a rebuild") {
    const Log log;
    LocalDates local;
    std::mt19937 random{20261123};
    const auto pick = [&](int from, int to) {
        return std::uniform_int_distribution{from, to}(random);
    };
    auto before = log.begin - std::chrono::hours{1};
    auto now = before;
    log.learners.pass(format_instant(now));
    int passes = 0;
    while (now < log.end + std::chrono::days{4}) {
        const auto next =
            now + std::chrono::hours{pick(0, 9) == 0 ? pick(200, 500) : pick(10, 150)};
        log.arrive(now, next, false);
        log.arrive(before, now, true);
        log.learners.pass(format_instant(next));
        if (++passes % 25 == 0) compare(log.database, next, local);
        before = now;
        now = next;
    }
    compare(log.database, now, local);
    const auto state = log.learners.state();
    log.learners.pass(format_instant(now), {.rebuild = true});
    CHECK(log.learners.state() == state);
    CHECK(log.database.query("SELECT count(*) > 0 FROM nightshift.streak_events") == "t");
}
