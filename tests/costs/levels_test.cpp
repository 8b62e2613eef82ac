// What jobs note of sizes and users, as it cannot be measured afterwards.
#include "costs/usage.hpp"
#include "support/binary.hpp"
#include "support/catch.hpp"

using namespace nightshift;
using namespace nightshift::test;

namespace {

struct Noted {
    Installation it;

    std::string level(const std::string& service, const std::string& item) const {
        return it.database.query("SELECT quantity FROM nightshift.quantities WHERE service = '" +
                                 service + "' AND item = '" + item +
                                 "' AND noted_at IS NOT NULL AND cost = 0");
    }
};

}  // namespace

TEST_CASE(
    "a job notes sizes, objects and who was active this month; another one within the hour not") {
    const Noted noted;
    const auto& database = noted.it.database;
    database.query(R"(
        INSERT INTO public.users (id, name, last_activity_date)
        VALUES (1, 'a', now()), (2, 'b', date_trunc('month', now(), 'UTC') - interval '1 second'),
               (3, 'c', date_trunc('month', now(), 'UTC')), (4, 'd', NULL);
        INSERT INTO nightshift.media_objects
            (store, source_path, source_sha256, source_bytes, original, object_key, sha256, mime_type, bytes, recipe,
             variants, stored_at, run_id, deleted_at)
        SELECT store, path, sha, 1, CASE WHEN key IS NULL THEN 'none' ELSE 'public' END, key, sha, 'image/png', bytes,
               '-', CASE variants WHEN 'ab' THEN '[{"key": "a", "bytes": 10}, {"key": "b", "bytes": 5}]'
                               WHEN 'c' THEN '[{"key": "c", "bytes": 7}]' ELSE '[]' END::jsonb, now(), 'R', gone
          FROM (VALUES ('s3:a', 'one', 'x', 'k1', 100, 'ab', NULL::timestamptz),
                       ('s3:a', 'the same', 'x', 'k1', 100, 'ab', NULL),
                       ('s3:a', 'no original', 'y', NULL, 100, 'c', NULL),
                       ('s3:a', 'private too', 'x', 'k2', 100, 'ab', NULL),
                       ('s3:a', 'gone', 'z', 'k3', 100, '', now()),
                       ('folder:/m', 'one', 'x', 'k1', 3, '', NULL))
                AS v (store, path, sha, key, bytes, variants, gone))");
    REQUIRE(noted.it.nightshift({"check-streaks"}).exit_code == 0);
    CHECK(noted.level("s3:a", "storage") == "222");
    CHECK(noted.level("s3:a", "objects") == "5");
    CHECK(noted.level("folder:/m", "storage") == "3");
    CHECK(noted.level("app", "active users") == "2");
    CHECK(std::stoll(noted.level("postgresql", "storage")) > 1'000'000);
    CHECK(std::stoll(noted.level("redis", "memory")) > 100'000);
    database.query("UPDATE public.users SET last_activity_date = now()");
    REQUIRE(noted.it.nightshift({"check-streaks"}).exit_code == 0);
    CHECK(noted.level("app", "active users") == "2");
    database.query("UPDATE nightshift.quantities SET noted_at = noted_at - interval '61 minutes'");
    REQUIRE(noted.it.nightshift({"check-streaks"}).exit_code == 0);
    CHECK(noted.level("app", "active users") == "4");
}

TEST_CASE(
    "a store that is emptied has nothing from then on, and what nobody notes ends in a week") {
    const Noted noted;
    const auto& database = noted.it.database;
    database.query(R"(
        INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency, noted_at)
        VALUES ((now() AT TIME ZONE 'UTC')::date - 1, 's3:old', 'storage', 500, 0, '', now()),
               ((now() AT TIME ZONE 'UTC')::date - 1, 's3:old', 'objects', 5, 0, '', now()))");
    REQUIRE(noted.it.nightshift({"check-streaks"}).exit_code == 0);
    CHECK(database.query("SELECT string_agg(item || ' ' || quantity, ', ' ORDER BY item) FROM "
                         "nightshift.quantities WHERE service = 's3:old' AND noted_at::date = "
                         "now()::date AND day = (now() AT TIME ZONE 'UTC')::date") ==
          "objects 0, storage 0");
    database.query(R"(
        DELETE FROM nightshift.quantities;
        INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency, noted_at)
        VALUES ('2026-10-05', 's3:a', 'storage', 31, 0, '', now()))");
    const auto postgres = database.connect();
    const costs::PriceBook book{.name = "", .currency = "USD", .as_of = "", .prices = {}};
    const auto usage = costs::usage_of(*postgres, book, costs::parse_month("2026-10").value(),
                                       costs::parse_day("2026-11-30").value());
    const auto& levels = usage.months.at(0).levels;
    REQUIRE(levels.size() == 8);
    CHECK(levels.front().used.basis == costs::Basis::measured);
    CHECK(levels.back().day == "2026-10-12");
    CHECK(levels.back().used.basis == costs::Basis::estimated);
}

TEST_CASE("a job goes on where Redis is away, or levels may not be written") {
    const Noted noted;
    auto environment = noted.it.environment();
    environment["REDIS_URL"] = "redis://127.0.0.1:" + std::to_string(free_port());
    CHECK(run(program({"check-streaks"}, environment)).exit_code == 0);
    CHECK(noted.level("redis", "memory").empty());
    CHECK_FALSE(noted.level("postgresql", "storage").empty());
    const Noted locked;
    locked.it.database.query("ALTER TABLE nightshift.quantities ADD CHECK (item = 'none')");
    CHECK(locked.it.nightshift({"check-streaks"}).exit_code == 0);
    CHECK(locked.level("postgresql", "storage").empty());
}

TEST_CASE("hundreds of terabytes have room, and a petabyte for a month") {
    const Database database;
    database.query(R"(
        INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency, noted_at)
        SELECT day, 's3:a', 'storage', 1125899906842624, 0, '', day
          FROM generate_series('2026-10-01'::date, '2026-10-31', '1 day') AS day)");
    const auto postgres = database.connect();
    const costs::PriceBook book{.name = "", .currency = "USD", .as_of = "", .prices = {}};
    const auto usage = costs::usage_of(*postgres, book, costs::parse_month("2026-10").value(),
                                       costs::parse_day("2026-11-30").value());
    costs::Quantity sum;
    for (const auto& each : usage.months.at(0).levels) sum = sum + each.used.quantity;
    CHECK(sum == costs::whole(1024 * 1024));
}

TEST_CASE("what is pruned keeps its messages and what they saved, and levels are no messages") {
    const Database database;
    database.query(R"(
        INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency)
        VALUES ('2026-10-01', 'twilio', 'sms/US', 5, 1, 'USD');
        INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency, messages, saved)
        VALUES ('2026-10-02', 'fcm', 'push', 7, 0, 'USD', 7, 0.5);
        INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency, noted_at)
        VALUES ('2026-10-02', 'app', 'active users', 9, 0, '', now()))");
    const auto postgres = database.connect();
    const costs::PriceBook book{.name = "", .currency = "USD", .as_of = "", .prices = {}};
    const auto usage = costs::usage_of(*postgres, book, costs::parse_month("2026-10").value(),
                                       costs::parse_day("2026-11-30").value());
    const auto& month = usage.months.at(0);
    REQUIRE(month.messages.size() == 2);
    CHECK(month.messages[0].used.item == "push");
    CHECK(month.messages[0].messages == 7);
    CHECK(format_money(month.messages[0].saved) == "0.50");
    CHECK_FALSE(month.messages[1].messages.has_value());  // from before they were counted
    CHECK(month.levels.empty());
    CHECK(month.active_users == 9);
}
