// check-streaks as a process: killed, out of time, twice at once, in ids of every type.
#include "streaks/learners.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <csignal>
#include <random>
#include <thread>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

// 40,000 learners with a streak of two days, which all of them are about to extend.
struct Crowd : Learners {
    Crowd() {
        database.query(
            "INSERT INTO users (id, name, timezone) SELECT n, 'user', (ARRAY['UTC', "
            "'Asia/Kathmandu', 'America/New_York'])[1 + n % 3] FROM generate_series(1, 40000) n");
        study("2026-03-09");
        study("2026-03-10");
        CHECK(check("2026-03-10T20:00:00Z").exit_code == 0);
    }
    void study(const std::string& day) const {
        database.query(
            "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) SELECT n, 1, "
            "true, '" +
            day + "T14:00:00Z' FROM generate_series(1, 40000) n");
    }
    std::map<std::string, std::string> environment() const {
        return {{"DATABASE_URL", database.url()}, {"LOG_FORMAT", "plain"}};
    }
    static std::vector<std::string> command(const std::string& as_of) {
        return {"check-streaks", "--as-of", as_of};
    }
    Finished check(const std::string& as_of, const std::string& option = "--json") const {
        auto words = command(as_of);
        words.push_back(option);
        return run(program(words, environment()));
    }
};

}  // namespace

TEST_CASE("a pass that is killed anywhere is gone on with, and ends as if it had not been") {
    const Crowd crowd;
    crowd.study("2026-03-11");
    std::mt19937 random{20261122};
    for (int round = 0; round < 16; ++round) {
        const auto delay = std::uniform_int_distribution{50, 1000}(random);
        INFO("killed after " << delay << " ms");
        Background pass{program(Crowd::command("2026-03-11T20:00:00Z"), crowd.environment())};
        std::this_thread::sleep_for(std::chrono::milliseconds{delay});
        if (round % 2 == 0) {
            pass.signal(SIGKILL);
            pass.wait();
        } else {
            crowd.database.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                "current_database() AND pid <> pg_backend_pid()");
            const auto code = pass.wait();
            CHECK((code == 0 || code == 69));
        }
    }
    const auto ended = crowd.check("2026-03-11T20:00:00Z");
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(crowd.database.query("SELECT count(*) FROM users WHERE study_streak = 3") == "40000");
    CHECK(crowd.database.query("SELECT count(*) FROM nightshift.streak_events WHERE kind = "
                               "'extended' AND length = 3") == "40000");
    const auto state = crowd.state();
    CHECK(crowd.check("2026-03-11T20:00:00Z", "--rebuild").exit_code == 0);
    CHECK(crowd.state() == state);
}

TEST_CASE("a pass that runs out of time keeps what is done, and the next goes on") {
    const Crowd crowd;
    crowd.study("2026-03-11");
    auto words = Crowd::command("2026-03-11T20:00:00Z");
    words.insert(words.end(), {"--timeout", "0", "--json"});
    const auto late = run(program(words, crowd.environment()));
    CHECK(late.exit_code == 124);
    CHECK(json::parse(late.out)["left"] == 40'000);
    CHECK_THAT(late.err, ContainsSubstring("40,000 users not judged yet"));
    CHECK(json::parse(crowd.check("2026-03-11T20:00:00Z").out)["extended"] == 40'000);
}

TEST_CASE("dry runs beside passes change nothing, and neither fails") {
    const Crowd crowd;
    crowd.study("2026-03-11");
    auto words = Crowd::command("2026-03-11T20:00:00Z");
    words.push_back("--dry-run");
    for (int round = 0; round < 6; ++round) {
        Background pass{program(Crowd::command("2026-03-11T20:00:00Z"), crowd.environment())};
        std::this_thread::sleep_for(std::chrono::milliseconds{40 * round});
        const auto tried = run(program(words, crowd.environment()));
        INFO(tried.err);
        CHECK(tried.exit_code == 0);
        CHECK(pass.wait() == 0);
    }
    CHECK(crowd.database.query("SELECT count(*) FROM users WHERE study_streak = 3") == "40000");
}

TEST_CASE("a pass writes the rows that change, and no others") {
    const Crowd crowd;
    crowd.check("2026-03-10T20:00:00Z");
    // Writes by statistics, which sessions hand in when they end.
    const auto writes = [&] {
        return crowd.database.query(
            "SELECT string_agg(relname || ' ' || n_tup_ins || ' ' || n_tup_upd || ' ' || "
            "n_tup_del, ', ' ORDER BY relname) FROM pg_stat_user_tables WHERE relname IN ('users', "
            "'active_days', 'user_zones', 'streak_events', 'touched_users', 'arrivals_pending')");
    };
    crowd.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
        "SELECT n, 1, true, '2026-03-11T14:00:00Z' FROM generate_series(1, 30) n");
    crowd.database.query("SELECT pg_stat_reset()");
    CHECK(json::parse(crowd.check("2026-03-11T15:00:00Z").out)["extended"] == 30);
    CHECK(writes() ==
          "active_days 30 0 0, arrivals_pending 0 0 0, streak_events 30 0 0, "
          "touched_users 30 0 30, user_zones 0 0 0, users 0 30 0");
    crowd.database.query("SELECT pg_stat_reset()");
    crowd.check("2026-03-11T16:00:00Z");
    CHECK(writes() ==
          "active_days 0 0 0, arrivals_pending 0 0 0, streak_events 0 0 0, "
          "touched_users 0 0 0, user_zones 0 0 0, users 0 0 0");
}

TEST_CASE("streaks are the same whatever the type of the app's ids") {
    for (const std::string type : {"uuid", "text", "integer"}) {
        INFO(type);
        const Database database{Database::Schema::none};
        database.query("CREATE TABLE users (id " + type +
                       " PRIMARY KEY, name text, timezone text);"
                       "CREATE TABLE questions (id " +
                       type +
                       " PRIMARY KEY);"
                       "CREATE TABLE attempts (id bigserial PRIMARY KEY, user_id " +
                       type + ", question_id " + type +
                       ", is_correct boolean, attempted_at timestamptz)");
        const std::map<std::string, std::string> environment{{"DATABASE_URL", database.url()}};
        REQUIRE(run(program({"migrate", "up"}, environment)).exit_code == 0);
        const auto id = [&](int number) {
            if (type == "uuid") {
                return "'00000000-0000-0000-0000-00000000000" + std::to_string(number) + "'";
            }
            return type == "text" ? "'Ä\"\\" + std::to_string(number) + "'"
                                  : std::to_string(number);
        };
        for (int user = 1; user <= 3; ++user) {
            database.query("INSERT INTO users VALUES (" + id(user) + ", 'user', 'Asia/Tokyo')");
        }
        const auto pass = [&](const std::string& as_of, const std::string& option = "--json") {
            const auto finished =
                run(program({"check-streaks", "--as-of", as_of, option}, environment));
            INFO(finished.err);
            CHECK(finished.exit_code == 0);
        };
        pass("2026-03-09T00:00:00Z");
        for (const std::string day : {"09", "10", "11"}) {
            for (int user = 1; user <= (day == "10" ? 2 : 3); ++user) {
                database.query(
                    "INSERT INTO attempts (user_id, question_id, is_correct, "
                    "attempted_at) VALUES (" +
                    id(user) + ", " + id(1) + ", true, '2026-03-" + day + "T01:00:00Z')");
            }
            pass("2026-03-" + day + "T02:00:00Z");
        }
        const auto streaks = [&] {
            return database.query(
                "SELECT string_agg(study_streak::text, ' ' ORDER BY id) FROM users");
        };
        CHECK(streaks() == "3 3 1");
        pass("2026-03-11T02:00:00Z", "--rebuild");
        CHECK(streaks() == "3 3 1");
        auto user = id(1);
        if (user.front() == '\'') user = user.substr(1, user.size() - 2);
        const auto explained =
            run(program({"check-streaks", "--explain", user, "--json"}, environment));
        INFO(explained.err);
        CHECK(explained.exit_code == 0);
        CHECK(json::parse(explained.out)["streak"] == 3);
    }
}

TEST_CASE("check-streaks refuses what cannot be meant") {
    const Learners learners;
    const std::map<std::string, std::string> environment{{"DATABASE_URL", learners.database.url()}};
    const auto code = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "check-streaks");
        return run(program(words, environment)).exit_code;
    };
    CHECK(code({"--as-of", "2026-03-10T12:00:00Z", "--once-per", "hour"}) == 64);
    CHECK(code({"--adopt", "perhaps"}) == 64);
    CHECK(code({"--explain", "1", "--rebuild"}) == 64);
    CHECK(code({"--explain", "1", "--once-per", "hour"}) == 64);
    CHECK(code({"--explain", "1"}) == 65);
    CHECK(code({"--as-of", "2099-01-01T00:00:00Z"}) == 77);
    CHECK(code({"--once-per", "hour"}) == 0);
    CHECK(code({"--explain", "1"}) == 65);
    CHECK(code({"--explain", "x"}) == 65);
    auto bad = environment;
    bad["STREAK_MILESTONES"] = "7,x";
    CHECK(run(program({"check-streaks"}, bad)).exit_code == 78);
}
