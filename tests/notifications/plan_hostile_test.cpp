// Plans on databases, sessions and clocks that are not as usual.
#include "notifications/send_scene.hpp"
#include "support/catch.hpp"

#include <fstream>

using namespace nightshift;
using namespace nightshift::test;
using Json = nlohmann::json;

TEST_CASE("an occasion is written alike whatever DateStyle a session has") {
    const Audience audience;
    audience.learner(1);
    audience.due(1, 5);
    audience.database.query(
        "INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at) VALUES "
        "(1, '2026-11-22', 'milestone', 7, '2026-11-22T20:00:00Z')");
    CHECK(audience.plan("2026-11-23T08:00:00Z") == "milestone email 1, review email 1");
    audience.database.query(
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET datestyle = ''German''', "
        "current_database()); END$$");
    CHECK(audience.plan("2026-11-23T08:15:00Z") ==
          "milestone already sent 1, review already sent 1");
}

TEST_CASE("what a run may not take goes with a later one, whatever else its learner has") {
    const Audience audience;
    for (const int id : {1, 2, 3}) {
        audience.learner(id);
        audience.due(id, 5);
        audience.device(id, "old-" + std::to_string(id), "now() - interval '300 days'");
    }
    auto request = Audience::request("2026-11-23T08:00:00Z");
    request.limit = 1;
    CHECK(audience.plan(request) ==
          "review email 1, review email capped 2, review push stale token 3");
    CHECK(
        audience.plan(request) ==
        "review already sent 1, review email 1, review email capped 1, review push stale token 2");
    request.limit.reset();
    request.allowed = {"user:1"};
    CHECK(audience.plan(request) ==
          "review already sent 2, review email not on the allow-list 1, review push stale token 1");
    request.allowed.reset();
    CHECK(audience.plan(request) ==
          "review already sent 2, review email 1, review push stale token 1");
    CHECK(audience.database.query("SELECT count(*) FROM nightshift.notification_deliveries WHERE "
                                  "state = 'pending'") == "3");
}

TEST_CASE("a device that stands in several rows is one, and its latest user's") {
    const Audience audience;
    audience.database.query("DROP INDEX nightshift_device_tokens_token");
    for (const int id : {1, 2}) {
        audience.learner(id);
        audience.due(id, 5);
    }
    audience.device(1, "same", "now() - interval '3 days'");
    audience.device(1, "same", "now() - interval '2 days'");
    audience.device(2, "same", "now() - interval '1 day'");
    audience.device(1, "own");
    CHECK(audience.plan("2026-11-23T08:00:00Z") == "review push 2");
    CHECK(audience.deliveries() ==
          "review 2026-11-23 push own pending, review 2026-11-23 push same pending");
    CHECK(audience.database.query("SELECT user_id FROM nightshift.notification_deliveries WHERE "
                                  "address = 'same'") == "2");
}

// A row's place is one of its partition alone: that of a row which is not to count may be the place
// of another's that is.
TEST_CASE("a device that stands in several partitions is its latest user's alone") {
    const Audience app;
    app.database.query(
        "DROP TABLE device_tokens;"
        "CREATE TABLE device_tokens (user_id bigint NOT NULL, provider text DEFAULT 'fcm',"
        "  token text NOT NULL, registered_at timestamptz DEFAULT now(), last_seen_at timestamptz,"
        "  disabled_at timestamptz, disabled_reason text) PARTITION BY LIST (user_id);"
        "CREATE TABLE devices_1 PARTITION OF device_tokens FOR VALUES IN (1, 3);"
        "CREATE TABLE devices_2 PARTITION OF device_tokens FOR VALUES IN (2, 4)");
    for (const int user : {1, 2, 3, 4}) {
        app.learner(user);
        app.due(user, 5);
    }
    app.device(1, "x", "'2026-11-20Z'");  // first in its partition
    app.device(4, "y", "'2026-11-22Z'");  // as is this one, which counts
    app.device(3, "y", "'2026-11-20Z'");
    app.device(2, "x", "'2026-11-22Z'");
    CHECK(app.plan("2026-11-23T08:30:00Z") == "review email 2, review push 2");
    CHECK(app.database.query("SELECT string_agg(user_id || ' ' || address, ', ' ORDER BY user_id) "
                             "FROM nightshift.notification_deliveries WHERE channel = 'push'") ==
          "2 x, 4 y");
}

TEST_CASE("of very many devices twenty get a push") {
    const Audience audience;
    audience.learner(1);
    audience.due(1, 5);
    audience.device(1, "first");
    audience.database.query(
        "INSERT INTO device_tokens (user_id, token) SELECT 1, 'token-' || i FROM "
        "generate_series(1, 40000) AS i");
    CHECK(audience.plan("2026-11-23T08:00:00Z") == "review push 20");
}

TEST_CASE("a cap counts the learner's own day, and that on which a message goes out") {
    const Audience audience;
    audience.learner(1, "America/New_York");
    audience.due(1, 5);
    auto request = Audience::request("2026-11-23T13:00:04Z");
    request.user_cap = 1;
    CHECK(audience.plan(request) == "review email 1");
    request.as_of = parse_instant("2026-11-24T13:00:02Z").value();  // less than a day later
    CHECK(audience.plan(request) == "review email 1");

    // One that quiet hours put off to the next morning takes that day's room.
    audience.learner(2);
    audience.due(2, 5);
    audience.wish(2, "reminders", "push", true, "NULL, NULL, 22");
    audience.wish(2, "all", "push", true, "'21:30', '08:00', NULL");
    audience.database.query(
        "INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at) VALUES "
        "(2, '2026-11-23', 'milestone', 7, '2026-11-23T20:00:00Z')");
    request.only_user = "2";
    request.as_of = parse_instant("2026-11-24T08:10:00Z").value();
    CHECK(audience.plan(request) == "milestone email 1");
}

TEST_CASE("a slot that a clock's gap moves past midnight is still its own day's") {
    const Audience audience;
    audience.learner(1, "America/Nuuk");
    audience.due(1, 5);
    audience.wish(1, "reminders", "push", true, "NULL, NULL, 23");
    // On 28 March 2026 clocks go from 23:00 to 24:00, which is 01:00 UTC.
    CHECK(audience.plan("2026-03-29T01:10:00Z") == "review email 1");
    CHECK(audience.plan("2026-03-30T00:10:00Z") == "review email 1");
    CHECK(audience.deliveries() ==
          "review 2026-03-28 email l1@example.test pending, "
          "review 2026-03-29 email l1@example.test pending");
}

TEST_CASE("of milestones that one pass saw the highest is said, in whatever order they stand") {
    const Audience audience;
    audience.learner(1);
    audience.database.query(
        "INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at) VALUES "
        "(1, '2026-11-22', 'milestone', 30, '2026-11-22T20:00:00Z'), "
        "(1, '2026-11-10', 'milestone', 7, '2026-11-22T20:00:00Z'), "
        "(1, '2026-11-15', 'milestone', 14, '2026-11-22T20:00:00Z')");
    audience.plan("2026-11-23T08:10:00Z");
    CHECK(audience.database.query(
              "SELECT occasion FROM nightshift.notifications JOIN "
              "nightshift.notification_deliveries USING (notification_id) WHERE state = "
              "'pending'") == "2026-11-22/30");
}

TEST_CASE("who learned on the missed day after all is not told that the streak has ended") {
    const Audience audience;
    audience.learner(1);
    audience.database.query(
        "INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at) VALUES "
        "(1, '2026-11-22', 'broken', 7, '2026-11-23T01:00:00Z')");
    CHECK(audience.preview(Audience::request("2026-11-23T08:10:00Z")) == "streak_broken email 1");
    audience.attempt(1, "2026-11-22T23:00:00Z");  // came late, and no pass has seen it
    CHECK(audience.preview(Audience::request("2026-11-23T08:10:00Z")) ==
          "streak_broken no longer due 1");
}

TEST_CASE("a language is found as users write it, and falls back to the nearest there is") {
    const TemporaryFolder folder;
    for (const std::string locale : {"pt", "pt-BR", "zh-Hant"}) {
        auto json = Json::parse(notifications::Templates{}.find("review", "en").source);
        json["locale"] = locale;
        folder.file("review." + locale + ".json", json.dump());
    }
    const notifications::Templates templates{folder.path().string()};
    const Audience audience;
    int id = 0;
    for (const auto& [written, meant] : {std::pair{"pt_BR.UTF-8", "pt-BR"},
                                         {"PT-pt", "pt"},
                                         {"zh-Hant-TW", "zh-Hant"},
                                         {"zh", "en"},
                                         {"", "en"},
                                         {"ptx", "en"}}) {
        INFO(written);
        CHECK(templates.find("review", written).locale == meant);
        audience.learner(++id, "UTC", std::string{"locale = '"} + written + "'");
        audience.due(id, 5);
    }
    const auto connection = audience.database.connect();
    const auto reader = audience.database.connect();
    const jobs::Lease lease{audience.database.connect(),
                            {.job = "send-reminders", .run_id = "RUN"}};
    notifications::plan(*connection, *reader, lease, templates,
                        Audience::request("2026-11-23T08:00:00Z"));
    CHECK(audience.database.query("SELECT string_agg(locale, ' ' ORDER BY user_id) FROM "
                                  "nightshift.notifications") == "pt-BR pt zh-Hant en en en");
}

TEST_CASE("an opt-out counts however the app writes its channel") {
    const Audience audience;
    for (const int id : {1, 2, 3}) {
        audience.learner(id);
        audience.due(id, 5);
    }
    audience.wish(1, "reminders", "Email", false);
    audience.wish(2, "reminders", "mail", false);  // none of ours: all of them
    audience.wish(3, "reminders", "PUSH", false);
    CHECK(audience.preview(Audience::request("2026-11-23T08:00:00Z")) ==
          "review email 1, review email opted out 2");
}

TEST_CASE("an app's own types of columns are no obstacle to planning and sending") {
    const Sending it;
    it.database.query(
        "CREATE TYPE language AS ENUM ('en', 'fr'); CREATE DOMAIN mail AS text; "
        "ALTER TABLE users ALTER locale DROP DEFAULT; "
        "ALTER TABLE users ALTER locale TYPE language USING locale::language, "
        "ALTER email TYPE mail, ALTER phone TYPE varchar(20); "
        "ALTER TABLE notification_preferences ALTER channel TYPE varchar(20), "
        "ALTER category TYPE varchar(50); "
        "ALTER TABLE device_tokens ALTER token TYPE varchar(400), ALTER provider TYPE varchar(9)");
    it.reviews(3);
    it.device(1, "token-1");
    it.wish(2, "reminders", "email", false);
    it.wish(3, "results", "email", false);
    CHECK(it.send_json(morning)["reasons"] == Json{{"accepted", 2}, {"opted out", 1}});
    CHECK(it.send_json(morning, {"--explain", "2"})["exit_code"] == 0);
    CHECK(it.send_json(morning, {"--dry-run"})["reasons"] == Json{{"already sent", 3}});
}

TEST_CASE("CET and its like stand for a place wherever a default zone is asked for") {
    const Sending it;
    it.reviews(1);
    it.database.query("UPDATE users SET timezone = 'Nowhere/Else'");
    // In summer eight o'clock is at 06:00 UTC there.
    CHECK(it.send_json("2026-07-06T06:05:00Z", {}, {{"NIGHTSHIFT_ZONE", "CET"}})["reasons"] ==
          Json{{"accepted", 1}});
}

TEST_CASE("a kind of its own is explained without what it has nothing to do with") {
    const Sending it;
    it.reviews(1);
    const auto json = it.send_json(morning, {"--explain", "1", "--kind", "review"});
    REQUIRE(json["kinds"].size() == 1);
    CHECK(json["kinds"][0]["facts"] == "5 items are due; at least 5 are needed");
    const auto all = it.send_json(morning, {"--explain", "1"});
    for (const auto& kind : all["kinds"]) {
        if (kind["kind"] != "milestone") continue;
        CHECK(kind["slot_at"].is_null());
        CHECK(kind["verdict"] == "not due");
        CHECK(kind["facts"] == "milestones of the last 3 days that were not told: 0");
    }
}

TEST_CASE("ids of text are found by the app's own indexes when messages are sent") {
    const Database database{Database::Schema::none};
    database.query(
        "CREATE TABLE users (id text PRIMARY KEY, name text); "
        "CREATE TABLE questions (id text PRIMARY KEY); "
        "CREATE TABLE attempts (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
        "user_id text, question_id text, is_correct boolean, attempted_at timestamptz)");
    const TemporaryFolder folder;
    const std::map<std::string, std::string> environment{{"DATABASE_URL", database.url()},
                                                         {"ENVIRONMENT", "production"}};
    REQUIRE(run(program({"migrate", "up"}, environment)).exit_code == 0);
    database.query(
        "INSERT INTO users (id, name, email) SELECT 'u' || i, 'Awa', i || '@example.test' FROM "
        "generate_series(1, 5000) AS i; "
        "INSERT INTO review_items SELECT 'u' || i, 'q' || q, '2026-01-01Z' FROM "
        "generate_series(1, 5) AS i, generate_series(1, 5) AS q; "
        "UPDATE nightshift.sending SET installed_at = '2026-01-01Z'; ANALYZE");
    const auto finished = run(program({"send-reminders", "--as-of", "2026-11-23T08:05:00Z",
                                       "--force", "--channel-folder", folder.path().string()},
                                      environment));
    INFO(finished.err);
    CHECK_THAT(finished.out, ContainsSubstring("5 of 5 deliveries accepted"));
    // As the outbox asks.
    std::ifstream file{source() / "lib/notifications/sql/claim.sql"};
    const std::string claim{std::istreambuf_iterator<char>{file}, {}};
    const auto how = database.query(
        "SET plan_cache_mode = force_generic_plan; SET enable_sort = off; SET enable_seqscan = "
        "off; SET enable_bitmapscan = off; PREPARE claim AS " +
        claim +
        "; EXPLAIN (FORMAT JSON) EXECUTE claim('email', '10', '2026-11-23Z', 'RUN', '[]', NULL, "
        "'UTC', NULL, '{}', '{}', '0', '-infinity', '0', '0')");
    CHECK_THAT(how, ContainsSubstring("\"Index Name\": \"users_pkey\""));
    CHECK_THAT(how, ContainsSubstring("\"Index Cond\": \"(id = (ROW((n.user_id)"));
}

// Of a hundred: every third has four items due, the others six; one in ten wants another hour.
TEST_CASE("a crowd is planned for as each of it alone would be") {
    const Audience audience;
    audience.database.query(
        "INSERT INTO users (id, name, timezone, email) SELECT i, 'Learner', 'UTC', 'l' || i || "
        "'@example.test' FROM generate_series(1, 12000) AS i; "
        "INSERT INTO review_items (user_id, question_id, due_at) SELECT i, q, '2026-01-01Z' FROM "
        "generate_series(1, 12000) AS i, generate_series(1, 6) AS q WHERE q <= 4 OR i % 3 <> 0; "
        "INSERT INTO notification_preferences (user_id, category, channel, enabled, "
        "preferred_hour) SELECT i, 'reminders', 'email', true, 20 FROM generate_series(10, 12000, "
        "10) AS i");
    const auto request = Audience::request("2026-11-21T09:00:00Z");
    CHECK(audience.preview(request) == "review email 7200");
    for (const auto& [user, planned] : {std::pair{"1", "review email 1"}, {"3", ""}, {"10", ""}}) {
        auto alone = request;
        alone.only_user = user;
        CHECK(audience.preview(alone) == planned);
    }
    // Where they are not a quarter of all each is looked at alone.
    audience.database.query(
        "INSERT INTO users (id, name, timezone) SELECT i, 'Learner', 'Pacific/Auckland' FROM "
        "generate_series(12001, 60000) AS i");
    CHECK(audience.preview(request) == "review email 7200");
}
