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
    const auto odd = folder.file(
        "odd.json", R"({"nobody": {"users": 0, "quantities": []}, "twice": {"quantities": [
            {"provider": "p", "item": "i", "quantity": "1"},
            {"provider": "p", "item": "i", "quantity": "1"}]}})");
    CHECK_THAT(said({"--scenario", odd + ":nobody"}),
               ContainsSubstring("users must be a whole number over 0"));
    CHECK_THAT(said({"--scenario", odd + ":twice"}), ContainsSubstring("two quantities of i of p"));
    CHECK_THAT(said({"--scenario", mine + ":broken"}),
               ContainsSubstring("of quantity 1 must be words"));
    CHECK(said({"--scenario", "2k-users"}).starts_with("64"));
    CHECK(said({"--period", "2026-13"}).starts_with("64"));
    CHECK(said({"--period", "2026-10", "--scenario", "1k-users"}).starts_with("64"));
    CHECK(said({"--scenario", "1k-users", "--book", "/nowhere"}).starts_with("78"));
}

// A month of messages, two of them of the months beside it.
struct Sent {
    Database database;

    Sent() {
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
            "(7, 'fcm', 'accepted', 'push', 1, '2026-10-15 00:00:00+00')) AS v (i, provider, "
            "class, "
            "item, units, at); "
            "INSERT INTO nightshift.quantities VALUES ('2026-10-02', 'twilio', 'sms/US', 10, "
            "0.145, "
            "'USD'), ('2026-11-01', 'twilio', 'sms/US', 99, 1, 'USD')");
        database.query(
            "INSERT INTO nightshift.notification_deliveries (notification_id, ordinal, kind, "
            "user_id, channel, priority, state, not_before, expires_at, settled_at) SELECT i, 1, "
            "CASE i WHEN 2 THEN 'streak_at_risk' ELSE 'review' END, 1, 'sms', 1, 'accepted', "
            "now(), now(), now() FROM generate_series(1, 7) AS i");
    }
    Finished report(std::vector<std::string> words) const {
        words.insert(words.begin(), "cost-report");
        return run(program(std::move(words), {{"DATABASE_URL", database.url()}}));
    }
    // By its labels: what a group costs; unpriced.
    std::map<std::string, std::string> grouped(const std::string& by) const {
        const auto finished = report({"--period", "2026-10", "--group-by", by, "--json"});
        INFO(finished.err);
        std::map<std::string, std::string> costs;
        const auto json = nlohmann::ordered_json::parse(finished.out);
        for (const auto& each : json.at("groups")) {
            std::string labels;
            for (const auto& [key, value] : each.items()) {
                if (key == "list_cost") break;
                labels += (labels.empty() ? "" : " ") +
                          (value.is_null() ? std::string{"-"} : value.get<std::string>());
            }
            const auto& cost = each.at("cost");
            costs[labels] = cost.is_null() ? "unpriced" : cost.get<std::string>();
        }
        return costs;
    }
};

TEST_CASE("groups share out what a month costs, and one without a price is not nothing") {
    const Sent it;
    using Groups = std::map<std::string, std::string>;
    CHECK(it.grouped("channel,country") == Groups{{"email -", "19.95"},
                                                  {"push -", "0.00"},
                                                  {"sms KE", "unpriced"},
                                                  {"sms US", "0.1885"}});
    // Of what was pruned the kind is not known.
    CHECK(it.grouped("kind") ==
          Groups{{"-", "0.145"}, {"review", "19.979"}, {"streak_at_risk", "0.0145"}});
    CHECK(it.grouped("provider,day") == Groups{{"fcm 2026-10-15", "0.00"},
                                               {"sendgrid 2026-10-15", "19.95"},
                                               {"twilio 2026-10-01", "0.029"},
                                               {"twilio 2026-10-02", "0.145"},
                                               {"twilio 2026-10-15", "unpriced"},
                                               {"twilio 2026-10-31", "0.0145"}});
    CHECK_THAT(it.report({"--period", "2026-10", "--group-by", "country"}).out,
               ContainsSubstring("unpriced"));
    for (const auto* by : {"", "colour", "day,day", "day,kind,country,provider", "day,"}) {
        INFO(by);
        CHECK(it.report({"--group-by", by}).exit_code == 64);
    }
    CHECK(it.report({"--group-by", "day", "--scenario", "1k-users"}).exit_code == 64);
}

TEST_CASE("a month's messages are counted, by segments and with what was pruned") {
    const Sent it;
    const auto& database = it.database;
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
    const auto steering = folder.file(
        "steering.json",
        R"({"schema_version": 1, "currency": "USD", "name": "a\u001b[31m", "notes": ["b\u001b[2J"],
            "prices": [{"provider": "p\u001b[31m", "item": "i", "service": "s", "unit": "u",
                        "price": "1"}]})");
    CHECK(prices({"list", steering}).out.find('\x1b') == std::string::npos);
}
