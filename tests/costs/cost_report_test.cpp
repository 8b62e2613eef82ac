// nightshift cost-report and prices, as somebody who reckons uses them.
#include "support/binary.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace nightshift::test;
using Json = nlohmann::json;

namespace {

Json report(const std::string& scenario, const std::string& book) {
    const auto finished =
        run(program({"cost-report", "--scenario", scenario, "--book", book, "--json"}));
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return Json::parse(finished.out);
}

}  // namespace

TEST_CASE("the figures that were published come out to the cent, with what they leave out") {
    CHECK(report("1k-users", "published").at("cost") == "10.12");
    CHECK(report("1k-users", "published").at("cost_per_user") == "0.0101");
    const auto large = report("100k-users", "published");
    CHECK(large.at("cost") == "281.00");
    CHECK(large.at("saved_by_push") == "3200.00");
    CHECK(large.at("saved_net") == "2919.00");
    CHECK(large.at("notes").size() == 6);
    CHECK(report("three-servers", "published").at("cost") == "163.00");

    const auto text =
        run(program({"cost-report", "--scenario", "1k-users", "--book", "published"})).out;
    for (const auto* words : {"cost 10.12 USD", "10000  e-mail", "1000 requests", "assumed",
                              "what these figures leave out", "1 TB a month that is always free"})
        CHECK_THAT(text, ContainsSubstring(words));
}

TEST_CASE("what has no price is unpriced, and never nothing") {
    const auto listed = report("100k-users", "list-2025");
    CHECK(listed.at("unpriced") == 3);
    CHECK(listed.at("saved_by_push").is_null());
    for (const auto& line : listed.at("lines")) {
        INFO(line);
        const bool has_price = line.at("provider") == "aws";
        CHECK(line.at("cost").is_null() != has_price);
        CHECK(line.at("basis") == (has_price ? "assumed" : "unpriced"));
        if (line.at("item") == "egress") {
            CHECK(line.at("cost") == "0.00");  // within what is free
            CHECK(line.at("list_cost") == "42.50");
        }
    }
    CHECK_THAT(run(program({"cost-report", "--scenario", "100k-users"})).out,
               ContainsSubstring("its largest plan is for 100000"));
}

TEST_CASE("scenarios and books of one's own are read, and refused with the field that is wrong") {
    const TemporaryFolder folder;
    const auto mine =
        folder.file("mine.json", R"({"launch": {"quantities": [{"provider": "p", "item": "i",
            "quantity": "2"}]}, "broken": {"quantities": [{"provider": "p"}]}})");
    const auto book = folder.file(
        "book.json", R"({"schema_version": 1, "currency": "KES", "prices": [{"provider": "p",
            "item": "i", "service": "s", "unit": "u", "price": "0.333333333"}]})");
    CHECK(report(mine + ":launch", book).at("cost") == "0.666666666");
    const auto said = [](std::vector<std::string> words) {
        words.insert(words.begin(), "cost-report");
        const auto finished = run(program(std::move(words)));
        return std::to_string(finished.exit_code) + " " + finished.err;
    };
    CHECK_THAT(said({"--scenario", mine + ":broken"}),
               ContainsSubstring("of quantity 1 must be words"));
    CHECK(said({"--scenario", "2k-users"}).starts_with("64"));
    CHECK(said({"--period", "2026-13"}).starts_with("64"));
    CHECK(said({"--period", "2026-10", "--scenario", "1k-users"}).starts_with("64"));
    CHECK(said({"--scenario", "1k-users", "--book", "/nowhere"}).starts_with("78"));
}

TEST_CASE("a month's messages are counted, by segments and with what was pruned") {
    const Database database;
    database.query(
        "INSERT INTO nightshift.notification_attempts (notification_id, ordinal, attempt, "
        "provider, "
        "class, item, units, ended_at, run_id) SELECT i, 1, 1, provider, class, item, units, "
        "at::timestamptz, 'R' FROM (VALUES "
        "(1, 'twilio', 'accepted', 'sms/US', 2, '2026-10-01 00:00:00+00'), "
        "(2, 'twilio', 'unknown', 'sms/US', 1, '2026-10-31 23:59:59+00'), "
        "(3, 'twilio', 'reject', 'sms/US', 1, '2026-10-15 00:00:00+00'), "
        "(4, 'twilio', 'accepted', 'sms/KE', 1, '2026-10-15 00:00:00+00'), "
        "(5, 'twilio', 'accepted', 'sms/US', 7, '2026-11-01 00:00:00+00'), "
        "(6, 'sendgrid', 'accepted', 'email', NULL, '2026-10-15 00:00:00+00'), "
        "(7, 'fcm', 'accepted', 'push', 1, '2026-10-15 00:00:00+00')) AS v (i, provider, class, "
        "item, units, at); "
        "INSERT INTO nightshift.quantities VALUES ('2026-10-02', 'twilio', 'sms/US', 10, 0.145, "
        "'USD'), ('2026-11-01', 'twilio', 'sms/US', 99, 1, 'USD')");
    const auto month = [&](const std::string& name) {
        const auto finished = run(program({"cost-report", "--period", name, "--json"},
                                          {{"DATABASE_URL", database.url()}}));
        INFO(finished.err);
        return Json::parse(finished.out);
    };
    const auto october = month("2026-10");
    std::map<std::string, Json> lines;
    for (const auto& each : october.at("lines")) lines[each.at("item")] = each;
    CHECK(lines.at("sms/US").at("quantity") == "13");
    CHECK(lines.at("sms/US").at("cost") == "0.1885");
    CHECK(lines.at("sms/US").at("basis") == "measured");
    CHECK(lines.at("sms/KE").at("basis") == "unpriced");
    CHECK(lines.at("email").at("cost") == "19.95");
    CHECK(lines.at("push").at("cost") == "0.00");
    CHECK(october.at("cost") == "20.1385");
    CHECK(october.at("unpriced") == 1);
    const auto september =
        run(program({"cost-report", "--period", "2026-09"}, {{"DATABASE_URL", database.url()}}));
    CHECK_THAT(september.out, ContainsSubstring("messages of 2026-09: there is no data of any"));
}

TEST_CASE("books are listed, printed to begin with, and checked for their age") {
    const auto prices = [](std::vector<std::string> words) {
        words.insert(words.begin(), "prices");
        return run(program(std::move(words)));
    };
    CHECK_THAT(prices({"list", "published"}).out, ContainsSubstring("10.00"));
    CHECK_THAT(prices({"list"}).out, ContainsSubstring("19.95 a month up to 50000"));
    const TemporaryFolder folder;
    const auto copy = folder.file("copy.json", prices({"show", "list-2025"}).out);
    CHECK(prices({"list", copy}).exit_code == 0);
    const auto checked = prices({"check", copy});
    CHECK(checked.exit_code == 0);
    CHECK_THAT(checked.out, ContainsSubstring("storage of aws is of 2024-07-01"));
    CHECK(prices({"check", copy, "--strict"}).exit_code == 1);
    CHECK(prices({"check", folder.file("bad.json", "{}")}).exit_code == 78);
    const auto fresh = folder.file(
        "fresh.json",
        R"({"schema_version": 1, "currency": "USD", "as_of": "2999-01-01", "source": "mine",
            "prices": [{"provider": "p", "item": "i", "service": "s", "unit": "u",
                        "price": "1"}]})");
    CHECK(prices({"check", fresh, "--strict"}).exit_code == 0);
}
