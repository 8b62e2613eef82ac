#include "leaderboard/rebuild.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "leaderboard/oracle.hpp"
#include "leaderboard/scene.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::test;

TEST_CASE("the boards of a real log are right to the digit for any as-of") {
    const Scene scene;
    const auto imported =
        scene.nightshift({"import-attempts", best_log(), "--create-users", "--create-questions"});
    INFO(imported.err);
    REQUIRE(imported.exit_code == 0);
    const auto log = read_log(best_log());
    auto first = log.front().seconds;
    auto last = first;
    for (const auto& attempt : log) {
        first = std::min(first, attempt.seconds);
        last = std::max(last, attempt.seconds);
    }

    // All over the log; among them instants at which attempts lie exactly on a bound.
    std::vector<std::int64_t> instants{first,
                                       first + 1,
                                       last,
                                       last + 1,
                                       last + 7 * 86400,
                                       log[log.size() / 2].seconds,
                                       log[log.size() / 2].seconds + 1};
    for (std::int64_t i = 1; i <= 12; ++i) instants.push_back(first + (last - first) * i / 13 + i);
    for (const auto as_of : instants) {
        for (const auto period : {leaderboard::Period::weekly, leaderboard::Period::monthly}) {
            const auto name = leaderboard::name(period);
            INFO(name << " as of " << utc(as_of));
            const auto expected = expected_board(log, name, as_of);
            const auto result = scene.rebuild(utc(as_of), true, period);
            CHECK(scene.document(name) == expected.document);
            CHECK(scene.ranks(name) == expected.ranks);
            CHECK(result.users == static_cast<std::int64_t>(expected.ranks.size()));
        }
    }
    CHECK(scene.staging_keys() == 0);
}

TEST_CASE("a dry run shows the same board and writes nothing") {
    const Scene scene;
    scene.add_users(30);
    const auto before = scene.database.query("SELECT count(*) FROM nightshift.job_leases");
    const auto dry = scene.nightshift(
        {"recompute-leaderboard", "--period", "weekly", "--as-of", noon, "--dry-run", "--json"});
    CHECK(dry.exit_code == 0);
    CHECK(scene.redis.connect()->command({"DBSIZE"}).integer() == 0);
    CHECK(scene.database.query("SELECT count(*) FROM nightshift.boards") == "0");
    CHECK(scene.database.query("SELECT count(*) FROM nightshift.job_leases") == before);
    scene.rebuild(noon);
    CHECK(nlohmann::ordered_json::parse(dry.out)["document"].dump() == scene.document());
}

TEST_CASE("skipped attempts, hidden users and users who are gone do not count") {
    const Scene scene;
    scene.database.query(
        "INSERT INTO users (id, name, hidden_from_leaderboard) VALUES"
        " (1, 'seen', false), (2, 'hidden', true), (3, 'null is seen', NULL), (4, 'skips', false);"
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at, skipped)"
        " SELECT u, 1, true, '2026-03-10 11:00Z', CASE u WHEN 4 THEN true WHEN 3 THEN NULL ELSE "
        "false END"
        " FROM unnest(ARRAY[1, 2, 3, 4, 99]) u");
    scene.rebuild(noon);
    CHECK(scene.ranks() == std::map<std::string, std::int64_t>{{"1", 1}, {"3", 2}});
}

TEST_CASE("ties go by accuracy, then by id as a number") {
    const Scene scene;
    scene.database.query(
        "INSERT INTO users (id, name) SELECT u, 'u' FROM unnest(ARRAY[9, 10, 100, 2]) u;"
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at)"
        " SELECT u, q, u <> 2 OR q > 1, '2026-03-10 11:00Z'"
        " FROM unnest(ARRAY[9, 10, 100, 2]) u, generate_series(1, 3) q");
    scene.rebuild(noon);
    CHECK(scene.ranks() ==
          std::map<std::string, std::int64_t>{{"9", 1}, {"10", 2}, {"100", 3}, {"2", 4}});
    CHECK_THAT(scene.document(), ContainsSubstring(R"("attempts":3,"accuracy":66.7)"));
}

TEST_CASE("the start of the window counts, its end does not") {
    const Scene scene;
    scene.database.query(
        "INSERT INTO users (id, name) SELECT u, 'u' FROM generate_series(1, 4) u;"
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) VALUES"
        " (1, 1, true, '2026-03-03 12:00:00Z'), (2, 1, true, '2026-03-03 11:59:59.999999Z'),"
        " (3, 1, true, '2026-03-10 11:59:59.999999Z'), (4, 1, true, '2026-03-10 12:00:00Z')");
    scene.rebuild(noon);
    CHECK(scene.ranks() == std::map<std::string, std::int64_t>{{"1", 1}, {"3", 2}});
}

TEST_CASE("any name comes through JSON unharmed") {
    const Scene scene;
    scene.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at)"
        " VALUES (1, 1, true, '2026-03-10 11:00Z')");
    scene.database.query(
        "INSERT INTO users (id, name) VALUES (1, E'\"quoted\" \\\\ back\\nline \\u0001 "
        "</script> Ünïcödé 😀')");
    scene.rebuild(noon);
    const auto json = nlohmann::json::parse(scene.document());
    CHECK(json["leaderboard"][0]["name"] == "\"quoted\" \\ back\nline \x01 </script> Ünïcödé 😀");
    CHECK(scene.nightshift({"leaderboard", "top"}).exit_code == 0);
}

TEST_CASE("a week in which nobody answered is published as such") {
    const Scene scene;
    scene.add_users(5);
    scene.rebuild(noon);
    scene.rebuild("2026-04-10T12:00:00Z");
    CHECK(scene.document() ==
          R"({"period":"weekly","updated_at":"2026-04-10T12:00:00Z","leaderboard":[]})");
    CHECK(scene.ranks().empty());
    const auto top = scene.nightshift({"leaderboard", "top"});
    CHECK(top.exit_code == 0);
    CHECK_THAT(top.out, ContainsSubstring("nobody has answered"));
}

TEST_CASE("document and ranks live 24 hours unless told otherwise, meta stays") {
    const Scene scene;
    scene.add_users(5);
    scene.rebuild(noon);
    const auto connection = scene.redis.connect();
    CHECK(connection->command({"TTL", "leaderboard:weekly"}).integer() > 86390);
    CHECK(connection->command({"TTL", "{leaderboard:weekly}:ranks"}).integer() > 86390);
    CHECK(connection->command({"TTL", "{leaderboard:weekly}:meta"}).integer() == -1);
    scene.nightshift(
        {"recompute-leaderboard", "--period", "weekly", "--as-of", noon, "--ttl", "600"});
    CHECK(connection->command({"TTL", "leaderboard:weekly"}).integer() <= 600);
}

TEST_CASE("the board is written down with the checksum of what was published") {
    const Scene scene;
    scene.add_users(5);
    scene.rebuild(noon);
    CHECK(scene.database.rows("SELECT board, users, checksum FROM nightshift.boards") ==
          std::vector<std::vector<std::string>>{{"weekly", "5", sha256_hex(scene.document())}});
}

TEST_CASE("an as-of in the future or older than the live board needs --force") {
    const Scene scene;
    scene.add_users(5);
    scene.rebuild(noon);
    const auto before = scene.document();
    for (const std::string as_of : {"2999-01-01T00:00:00Z", "2026-03-10T11:59:59Z"}) {
        INFO(as_of);
        const auto refused =
            scene.nightshift({"recompute-leaderboard", "--period", "weekly", "--as-of", as_of});
        CHECK(refused.exit_code == 77);
        CHECK_THAT(refused.err, ContainsSubstring("--force"));
        CHECK(scene.document() == before);
        const auto forced = scene.nightshift(
            {"recompute-leaderboard", "--period", "weekly", "--as-of", as_of, "--force"});
        CHECK(forced.exit_code == 0);
        CHECK(scene.document() != before);
        scene.rebuild(noon, true);
    }
}

TEST_CASE("a dry run looks at any time, and says what the rebuild itself would want") {
    const Scene scene;
    scene.add_users(5);
    scene.rebuild(noon);
    const auto dry_run = [&](const std::string& as_of) {
        return scene.nightshift({"recompute-leaderboard", "--period", "weekly", "--as-of", as_of,
                                 "--dry-run", "--json"});
    };
    for (const std::string as_of : {"2999-01-01T00:00:00Z", "2026-03-10T11:59:59Z"}) {
        const auto shown = dry_run(as_of);
        INFO(shown.err);
        CHECK(shown.exit_code == 0);
        CHECK_THAT(shown.err, ContainsSubstring("needs --force"));
        CHECK(nlohmann::json::parse(shown.out)["needs_force"] == true);
    }
    CHECK(nlohmann::json::parse(dry_run(noon).out)["needs_force"] == false);
}

TEST_CASE("an as-of whose window would begin before the year 1 is a usage error") {
    const Scene scene;
    for (const std::string flag : {"--force", "--dry-run"}) {
        const auto refused = scene.nightshift({"recompute-leaderboard", "--period", "weekly",
                                               "--as-of", "0001-01-05T00:00:00Z", flag});
        CHECK(refused.exit_code == 64);
        CHECK_THAT(refused.err, ContainsSubstring("too early"));
    }
}

TEST_CASE("a run that lost its lease before it met Redis is busy, and lowers no fence") {
    const Scene scene;
    scene.add_users(5);
    const jobs::Lease lease{
        scene.database.connect(),
        {.job = leaderboard::job(leaderboard::Period::weekly), .run_id = "old"}};
    const auto redis = scene.redis.connect();
    scene.database.query("UPDATE nightshift.job_leases SET fence = fence + 1, run_id = 'new'");
    redis->command({"HSET", "{leaderboard:weekly}:meta", "fence", "2"});
    for (const bool force : {false, true}) {
        const auto error = error_of([&] {
            leaderboard::rebuild(*scene.database.connect(), *redis, lease, "old",
                                 {.as_of = parse_instant(noon), .force = force});
        });
        CHECK(error.failure == Failure::busy);
        CHECK(redis->command({"HGET", "{leaderboard:weekly}:meta", "fence"}).integer() == 2);
    }
}

TEST_CASE("an as-of that is no instant is a usage error that says why") {
    const Scene scene;
    const auto refusal = [&](const std::string& as_of) {
        const auto refused =
            scene.nightshift({"recompute-leaderboard", "--period", "weekly", "--as-of", as_of});
        CHECK(refused.exit_code == 64);
        return refused.err;
    };
    CHECK_THAT(refusal("yesterday"), ContainsSubstring("2026-11-22T00:00:00Z"));
    CHECK_THAT(refusal("2026-02-30T00:00:00Z"), ContainsSubstring("is no instant"));
    CHECK_THAT(refusal("2026-03-10T12:00:00"), ContainsSubstring("no offset"));
}
