// nightshift cost-report and prices, as somebody who reckons uses them.
#include "base/money.hpp"
#include "costs/scene.hpp"

#include <nlohmann/json.hpp>

using namespace nightshift;
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
    const auto unit = report("1k-users", "published").at("unit_costs").at(0);
    CHECK(unit.at("of") == "user");
    CHECK(unit.at("count") == 1000);
    CHECK(unit.at("cost") == "0.01012");
    const auto large = report("100k-users", "published");
    CHECK(large.at("cost") == "281.00");
    CHECK(large.at("saved") == "3200.00");
    CHECK(large.at("saved_net") == "2919.00");
    CHECK(large.at("notes").size() == 7);
    CHECK(report("three-servers", "published").at("cost") == "163.00");

    const auto text =
        run(program({"cost-report", "--scenario", "1k-users", "--book", "published"})).out;
    for (const auto* words :
         {"cost 10.12 USD", "10000  e-mail", "1000 requests", "assumed",
          "what these figures suppose and leave out", "1 TB a month that is always free"})
        CHECK_THAT(text, ContainsSubstring(words));
}

TEST_CASE("what has no price is unpriced, and never nothing") {
    const auto listed = report("100k-users", "list-2025");
    CHECK(listed.at("has_unpriced") == true);
    CHECK(listed.at("saved").is_null());
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
    // As SMS to wherever they go, in proportion: whatever their order is.
    const auto routed = [&](const std::string& first, const std::string& second) {
        const auto sms = [](const std::string& country, const std::string& quantity) {
            return R"({"provider": "q", "item": "sms/)" + country + R"(", "quantity": ")" +
                   quantity + "\"}";
        };
        const auto scenarios =
            folder.file("routed.json", R"({"m": {"routed_to_push": 100, "quantities": [)" +
                                           sms(first, first == "KE" ? "1" : "3") + ", " +
                                           sms(second, second == "KE" ? "1" : "3") + "]}}");
        const auto prices = folder.file(
            "two.json",
            R"({"schema_version": 1, "currency": "USD", "sms": {"q": {"KE": "4", "US": "1"}}})");
        return report(scenarios + ":m", prices).at("saved");
    };
    CHECK(routed("KE", "US") == "175.00");
    CHECK(routed("US", "KE") == "175.00");
    const auto odd = folder.file("odd.json", R"({"nobody": {"users": 0, "quantities": []},
            "maybe": {"quantities": [{"provider": "p", "item": "i", "quantity": "1", "fixed": "yes"}]},
            "coloured": {"quantities": [], "colour": "red"}, "twice": {"quantities": [
            {"provider": "p", "item": "i", "quantity": "1"},
            {"provider": "p", "item": "i", "quantity": "1"}]}})");
    CHECK_THAT(said({"--scenario", odd + ":nobody"}),
               ContainsSubstring("users must be a whole number over 0"));
    CHECK_THAT(said({"--scenario", odd + ":twice"}), ContainsSubstring("two quantities of i of p"));
    CHECK_THAT(said({"--scenario", odd + ":maybe"}), ContainsSubstring("fixed must be true or"));
    CHECK_THAT(said({"--scenario", odd + ":coloured"}), ContainsSubstring("not known: colour"));
    CHECK_THAT(said({"--scenario", mine + ":broken"}),
               ContainsSubstring("of quantity 1 must be words"));
    CHECK(said({"--scenario", "2k-users"}).starts_with("64"));
    CHECK(said({"--period", "2026-13"}).starts_with("64"));
    CHECK(said({"--period", "2026-10", "--scenario", "1k-users"}).starts_with("64"));
    CHECK(said({"--scenario", "1k-users", "--book", "/nowhere"}).starts_with("78"));
}

TEST_CASE("groups share out what a month costs, and one without a price is not nothing") {
    const CostScene it;
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
    const CostScene it;
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
    CHECK(october.at("has_unpriced") == true);
    CHECK(october.at("saved") == "0.029");
    CHECK_THAT(it.report({"--period", "2026-08"}).out, ContainsSubstring("there is no data of it"));
}

TEST_CASE("levels are so much of a month, from the first day that one was noted, and per day") {
    const CostScene it;
    it.note_levels();
    const auto book = it.book();
    const auto october = it.json({"--period", "2026-10", "--book", book});
    std::map<std::string, Json> lines;
    for (const auto& each : october.at("lines"))
        lines[each.at("provider").get<std::string>() + " " + each.at("item").get<std::string>()] =
            each;
    // 21 of 31 days; the one that was not noted is estimated.
    CHECK(lines.at("aws storage").at("quantity") == "21");
    CHECK(lines.at("aws storage").at("cost") == "0.483");
    CHECK(lines.at("aws storage").at("basis") == "estimated");
    CHECK(lines.at("hosting postgresql/storage").at("quantity") == "2.1");
    CHECK(lines.at("redis redis/memory").at("basis") == "unpriced");
    CHECK(lines.at("redis redis/memory").at("cost").is_null());
    CHECK(lines.at("hosting server").at("quantity") == "3");
    CHECK(lines.at("hosting server").at("basis") == "assumed");
    // 1000 active users, 0.01 GB each, of which 2 are free.
    CHECK(lines.at("aws egress").at("quantity") == "10");
    CHECK(lines.at("aws egress").at("list_cost") == "0.85");
    CHECK(lines.at("aws egress").at("cost") == "0.68");
    std::map<std::string, Json> units;
    for (const auto& each : october.at("unit_costs")) units[each.at("of")] = each;
    CHECK(units.at("active user").at("count") == 1000);
    CHECK(units.at("accepted sms").at("count") == 7);
    CHECK(units.at("accepted email").at("cost") == "19.95");
    CHECK_THAT(october.at("notes").dump(), ContainsSubstring("objects of media: 1234"));
    const auto august = it.json({"--period", "2026-09", "--book", book});
    CHECK_THAT(august.at("notes").dump(), ContainsSubstring("sizes: there is no data, as"));
    CHECK_THAT(august.at("notes").dump(),
               ContainsSubstring("active users of 2026-09: there is no data, and what the book"));
    CHECK_THAT(october.at("notes").dump(),
               ContainsSubstring("sizes: there is no data before 2026-10-11"));
    for (const auto& each : august.at("lines")) CHECK(each.at("item") != "storage");
}

TEST_CASE("days of a month have their part of what it costs, and together they have all of it") {
    const CostScene it;
    it.note_levels();
    const auto book = it.book();
    const auto cost = [&](const std::string& from, const std::string& to) {
        return parse_money(it.json({"--from", from, "--to", to, "--book", book})
                               .at("cost")
                               .get<std::string>())
            .value();
    };
    const auto whole =
        parse_money(it.json({"--period", "2026-10", "--book", book}).at("cost").get<std::string>())
            .value();
    CHECK(cost("2026-10-01", "2026-10-31") == whole);
    CHECK(cost("2026-10-01", "2026-10-14") + cost("2026-10-15", "2026-10-15") +
              cost("2026-10-16", "2026-10-31") ==
          whole);
    CHECK(cost("2026-09-01", "2026-10-31") == cost("2026-09-01", "2026-09-30") + whole);
    const auto said = [&](std::vector<std::string> words) { return it.report(words).exit_code; };
    CHECK(said({"--from", "2026-10-02", "--to", "2026-10-01"}) == 64);
    CHECK(said({"--to", "2026-10-01"}) == 64);
    CHECK(said({"--from", "2026-10-01", "--period", "2026-10"}) == 64);
    CHECK(said({"--period", "2999-01"}) == 64);
    CHECK(said({"--compare", "2999-01"}) == 64);
    CHECK(said({"--from", "0001-01-01"}) == 64);
    CHECK(said({"--period", "1970-01", "--compare", "previous"}) == 64);
    CHECK_THAT(it.report({"--from", "2999-01-01"}).err, ContainsSubstring("has not begun"));
    CHECK(said({"--from", "2017-01-01", "--to", "2026-10-31"}) == 0);
}

TEST_CASE("a period is compared with the one before it, or with another") {
    const CostScene it;
    const auto book = it.book();
    const auto changes = [&](const std::string& with) {
        const auto json = it.json(
            {"--period", "2026-10", "--book", book, "--compare", with, "--group-by", "country"});
        std::map<std::string, std::string> all;
        for (const auto& each : json.at("comparison").at("changes"))
            all[each.at("country").is_null() ? "-" : each.at("country").get<std::string>()] =
                each.at("before").get<std::string>() + " " + each.at("now").get<std::string>() +
                " " + each.at("by_volume").get<std::string>() + " " +
                each.at("by_price").get<std::string>();
        return all;
    };
    // 3 segments at 0.01 before, 13 at 0.02 now.
    CHECK(changes("previous").at("US") == "0.03 0.26 0.10 0.13");
    CHECK(changes("previous").at("KE") == "0.00 0.05 0.05 0.00");
    CHECK(changes("2026-09") == changes("previous"));
    CHECK(changes("2026-09-01..2026-09-14").at("US") == "0.00 0.26 0.13 0.13");
    it.note_levels();
    const auto levels =
        it.json({"--period", "2026-10", "--book", book, "--compare", "previous"}).at("comparison");
    CHECK(levels.at("has_no_data") == true);
    for (const auto& each : levels.at("changes"))
        CHECK(each.at("before").is_null() ==
              (each.at("item") == "storage" || each.at("item") == "egress" ||
               each.at("item") == "postgresql/storage" || each.at("item") == "redis/memory"));
    CHECK(it.report({"--compare", "yesterday"}).exit_code == 64);
    CHECK(it.report({"--compare", "2026-09-14..2026-09-01"}).exit_code == 64);
}

TEST_CASE("a budget that is over is told, and ends with 1") {
    const CostScene it;
    const auto book = it.book();
    const auto finished = it.report({"--period", "2026-10", "--book", book});
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.out, ContainsSubstring("103 %"));
    CHECK_THAT(finished.out, ContainsSubstring("it is over"));
    const auto json = it.json({"--period", "2026-10", "--book", book});
    CHECK(json.at("ok") == false);
    CHECK(json.at("budgets").at(0).at("spent") == "0.31");
    CHECK(json.at("budgets").at(0).at("threshold") == 90);
    CHECK(json.at("budgets").at(1).at("threshold").is_null());
    // A threshold is told with 1, too; without one it is only spent.
    const auto spent_of = [&](const std::string& thresholds) {
        return it
            .report({"--period", "2026-10", "--book",
                     it.folder.file("half.json",
                                    R"({"schema_version": 1, "currency": "USD", "sms": {"twilio":
            {"US": "0.02", "KE": "0.05"}}, "budgets": [{"name": "sms", "monthly": "0.60", "channel":
            "sms")" + thresholds + "}]}")})
            .exit_code;
    };
    CHECK(spent_of(R"(, "thresholds": [50, 90])") == 1);
    CHECK(spent_of(R"(, "thresholds": [60, 90])") == 0);
    CHECK(spent_of("") == 0);
    // Of a part of a month there is no budget.
    CHECK(it.report({"--from", "2026-10-01", "--to", "2026-10-20", "--book", book}).exit_code == 0);
    CHECK(it.report({"--period", "2026-09", "--book", book}).exit_code == 0);
}

TEST_CASE("what would be, if more users came or more SMS went as push") {
    const CostScene it;
    it.note_levels();
    const auto book = it.book();
    const auto line = [&](std::vector<std::string> words, const std::string& item) {
        words.insert(words.begin(), {"--period", "2026-10", "--book", book});
        const auto report = it.json(words);
        for (const auto& each : report.at("lines")) {
            if (each.at("item") == item) return each;
        }
        return Json{};
    };
    CHECK(line({"--users", "3000"}, "sms/US").at("quantity") == "39");
    CHECK(line({"--users", "3000"}, "sms/US").at("basis") == "estimated");
    CHECK(line({"--users", "3000"}, "server").at("quantity") == "3");
    CHECK(line({"--users", "3000"}, "egress").at("quantity") == "30");
    CHECK(line({"--push-share", "100"}, "sms/US").at("cost") == "0.00");
    CHECK(line({"--push-share", "100"}, "push").at("quantity") == "15");
    CHECK_THAT(it.report({"--period", "2026-09", "--users", "5"}).err,
               ContainsSubstring("not known how many users"));
    const auto scenario = [&](const std::string& name) {
        return run(program({"cost-report", "--scenario", name, "--book", "published", "--users",
                            "200000", "--json"}));
    };
    const auto doubled = Json::parse(scenario("100k-users").out);
    CHECK(doubled.at("saved") == "6400.00");
    CHECK(doubled.at("lines").at(3).at("quantity") == "1");  // one Redis still
    CHECK(scenario("three-servers").exit_code == 64);
}

TEST_CASE("a month of which nothing is known costs no 0.00, and what has no price neither") {
    const CostScene it;
    const auto august = it.json({"--period", "2026-08"});
    CHECK(august.at("has_data") == false);
    CHECK(august.at("cost").is_null());
    const auto servers = it.json({"--period", "2026-08", "--book", it.book()});
    CHECK(servers.at("has_data") == false);
    CHECK(servers.at("cost") == "45.00");
    CHECK_THAT(it.report({"--period", "2026-08", "--book", it.book()}).out,
               ContainsSubstring("there is no data of it, but for what the book says"));
    const auto nothing =
        it.folder.file("nothing.json", R"({"schema_version": 1, "currency": "USD"})");
    const auto october =
        it.json({"--period", "2026-10", "--book", nothing, "--compare", "2026-09"});
    CHECK(october.at("cost").is_null());
    CHECK(october.at("has_unpriced") == true);
    CHECK(october.at("comparison").at("now").is_null());
    CHECK_THAT(it.report({"--period", "2026-10", "--book", nothing}).out,
               ContainsSubstring("cost unpriced USD"));
}

TEST_CASE("what was saved is told in the book's currency alone") {
    const CostScene it;
    it.database.query(
        "UPDATE nightshift.notification_attempts SET currency = 'KES', saved = 900 WHERE item = "
        "'email'");
    CHECK(it.json({"--period", "2026-10"}).at("saved") == "0.029");
}

TEST_CASE("an attempt whose delivery is gone still counts where kinds are asked for") {
    const CostScene it;
    const auto cost = it.json({"--period", "2026-10"}).at("cost");
    it.database.query("DELETE FROM nightshift.notification_deliveries");
    CHECK(it.json({"--period", "2026-10", "--group-by", "kind"}).at("cost") == cost);
}
