// Quantities and prices: exact, by steps, with what is free, and by plans.
#include "costs/charge.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

#include <random>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::costs;
using namespace nightshift::test;
using Json = nlohmann::json;

namespace {

Money money(const std::string& text) { return parse_money(text).value(); }
Quantity quantity(const std::string& text) { return parse_quantity(text).value(); }

Json book_with(const Json& price) {
    Json whole{{"provider", "p"}, {"item", "i"}, {"service", "s"}, {"unit", "u"}};
    whole.update(price);
    return {{"schema_version", 1}, {"currency", "USD"}, {"prices", {whole}}};
}

PriceBook read(const Json& json) {
    const TemporaryFolder folder;
    return read_price_book(folder.file("book.json", json.dump()));
}

std::string net(const PriceBook& book, const std::string& used) {
    const auto cost = cost_of_month(book.prices.front(), quantity(used));
    return cost ? format_money(cost->net) : "unpriced";
}

}  // namespace

TEST_CASE("a million times a millionth is one, and no sum of parts loses anything") {
    CHECK(cost_of(whole(1'000'000), money("0.000001")) == money("1"));
    CHECK(cost_of(quantity("0.000001"), money("1")) == money("0.000001"));
    Money sum;
    for (int i = 0; i < 1'000'000; ++i) sum = sum + cost_of(whole(1), money("0.000001"));
    CHECK(sum == money("1"));
    std::mt19937_64 random{7};
    for (int i = 0; i < 1000; ++i) {
        const Quantity one{static_cast<std::int64_t>(random() % 1'000'000'000)};
        const Quantity other{static_cast<std::int64_t>(random() % 1'000'000'000)};
        // A price of whole thousandths leaves nothing to round.
        const Money price{static_cast<std::int64_t>(random() % 1'000'000) * 1'000'000};
        CHECK(cost_of(one, price) + cost_of(other, price) == cost_of(one + other, price));
    }
    CHECK(cost_of(quantity("0.000001"), money("0.0005")) == Money{1});  // half of a billionth, up
    CHECK(format_quantity(quantity("0010.500")) == "10.5");
    for (const auto* bad : {"", "-1", "1.0000001", "1e3", ".5", "1.", "9999999999999"})
        CHECK_FALSE(parse_quantity(bad));
    CHECK_THROWS_AS(cost_of(whole(9'000'000'000'000), money("900000000")), Error);
}

TEST_CASE("steps are of what a month uses beyond what is free, and a plan is the smallest") {
    const auto steps = read(book_with(
        {{"free", "100"},
         {"steps", {{{"from", "0"}, {"price", "0.10"}}, {{"from", "1000"}, {"price", "0.05"}}}}}));
    CHECK(net(steps, "0") == "0.00");
    CHECK(net(steps, "100") == "0.00");
    CHECK(net(steps, "101") == "0.10");
    CHECK(net(steps, "1100") == "100.00");
    CHECK(net(steps, "1300") == "110.00");
    CHECK(cost_of_month(steps.prices.front(), quantity("1300"))->list == money("115.00"));
    const auto plans = read(book_with(
        {{"plans",
          {{{"up_to", "100"}, {"monthly", "0.00"}}, {{"up_to", "1000"}, {"monthly", "15.00"}}}}}));
    CHECK(net(plans, "100") == "0.00");
    CHECK(net(plans, "101") == "15.00");
    CHECK(net(plans, "1001") == "unpriced");
}

TEST_CASE("a book with a hole, an overlap, a negative price or two currencies is refused") {
    const auto why = [](const Json& json) {
        const auto error = error_of([&] { read(json); });
        CHECK(error.failure == Failure::configuration);
        return error.cause;
    };
    const auto steps = [](const std::string& first, const std::string& second) {
        return Json{
            {"steps", {{{"from", first}, {"price", "1"}}, {{"from", second}, {"price", "2"}}}}};
    };
    CHECK(why(book_with(steps("1", "2"))) ==
          "prices[1].steps[1].from must be 0, as what is used before it would have no price");
    CHECK_THAT(why(book_with(steps("0", "0"))), ContainsSubstring("steps[2].from must be more"));
    CHECK_THAT(why(book_with({{"price", "-1"}})), ContainsSubstring("not below 0"));
    CHECK_THAT(why(book_with({{"price", 1.5}})), ContainsSubstring("in quotes"));
    CHECK_THAT(why(book_with({{"price", "1"}, {"currency", "EUR"}})),
               ContainsSubstring("give each currency a book"));
    CHECK_THAT(why(book_with({{"price", "1"}, {"plans", Json::array()}})),
               ContainsSubstring("one of price, steps and plans"));
    CHECK_THAT(why(book_with({{"price", "1"}, {"colour", "red"}})),
               ContainsSubstring("not known: colour"));
    CHECK_THAT(why(book_with({{"price", "1"}, {"as_of", "November"}})),
               ContainsSubstring("must be a day"));
    auto twins = book_with({{"price", "1"}});
    twins["prices"].push_back(twins["prices"][0]);
    CHECK_THAT(why(twins), ContainsSubstring("two prices of i of p"));
}

TEST_CASE("an unknown country has its own price, or that of *, or none") {
    const auto book = read({{"schema_version", 1},
                            {"currency", "USD"},
                            {"sms", {{"twilio", {{"KE", "0.01"}, {"*", "0.04"}}}}}});
    CHECK(format_money(book.sms_price("twilio", "KE", "2026-10").value()) == "0.01");
    CHECK(format_money(book.sms_price("twilio", "GM", "2026-10").value()) == "0.04");
    CHECK_FALSE(book.sms_price("twilio", "", "2026-10"));
    CHECK_FALSE(book.sms_price("pigeon", "KE", "2026-10"));
    const auto charges = charge(book, "2026-10",
                                {{.used = {"twilio", "sms/KE", whole(3)}},
                                 {.used = {"twilio", "sms/?", whole(2)}},
                                 {.used = {"pigeon", "loft", whole(1)}}},
                                "2026-10");
    CHECK(format_money(sum_of(charges).cost.net) == "0.11");
    CHECK(sum_of(charges).has_unpriced);
    CHECK_FALSE(charges.at(2).cost);
    CHECK(charges.at(2).why_unpriced == "the book " + book.name + " has no price of it");
}

TEST_CASE("a provider's name with a point is whole, and an SMS has a price of each") {
    const auto book = read({{"schema_version", 1},
                            {"currency", "USD"},
                            {"sms", {{"sms.example.org", {{"KE", "0.01"}}}}}});
    CHECK(book.sms_price("sms.example.org", "KE", "2026-10").has_value());
    auto planned =
        book_with({{"plans", {{{"up_to", "10"}, {"monthly", "1"}}}}, {"item", "sms/US"}});
    CHECK_THAT(error_of([&] { read(planned); }).cause,
               ContainsSubstring("prices[1].plans is for what is no SMS"));
    const TemporaryFolder folder;
    for (const auto& path : {folder.path().string(), std::string{"/nowhere"}}) {
        const auto error = error_of([&] { read_price_book(path); });
        CHECK(error.failure == Failure::configuration);
        CHECK_THAT(error.what(), ContainsSubstring(path));
    }
}

TEST_CASE("a month has the prices that hold from it on, and none before the first") {
    const auto book = read(
        {{"schema_version", 1},
         {"currency", "USD"},
         {"sms",
          {{"twilio",
            {{"KE",
              {{{"from", "2026-03"}, {"price", "0.01"}}, {{"from", "2026-11"}, {"price", "0.02"}}}},
             {"*", "0.04"}}}}}});
    CHECK(format_money(book.sms_price("twilio", "KE", "2026-10").value()) == "0.01");
    CHECK(format_money(book.sms_price("twilio", "KE", "2026-11").value()) == "0.02");
    CHECK(format_money(book.sms_price("twilio", "KE", "2027-01").value()) == "0.02");
    CHECK(format_money(book.sms_price("twilio", "KE", "2026-02").value()) == "0.04");  // of *
    CHECK(format_money(book.sms_price("twilio", "US", "2026-02").value()) == "0.04");
    auto later = book_with({{"price", "1"}, {"from", "2026-03"}});
    const auto before = charge(read(later), "2026-02", {{.used = {"p", "i", whole(1)}}}, "2026-02");
    CHECK_THAT(before.front().why_unpriced, ContainsSubstring("has no price of it for 2026-02"));
    later["prices"].push_back(later["prices"][0]);
    CHECK_THAT(error_of([&] { read(later); }).cause,
               ContainsSubstring("two prices of i of p from 2026-03"));
    later["prices"][1]["from"] = "March";
    CHECK_THAT(error_of([&] { read(later); }).cause, ContainsSubstring("must be a month"));
}

TEST_CASE("what a book says of months, budgets and who bills is read, and refused with its field") {
    auto json = book_with({{"price", "1"}});
    json["billed_by"] = {{"s3", "aws"}};
    json["monthly"] = {{{"provider", "p"}, {"item", "i"}, {"quantity", "3"}},
                       {{"provider", "p"},
                        {"item", "egress"},
                        {"quantity", "0.005"},
                        {"per", "active-user"},
                        {"basis", "provider-reported"}}};
    json["budgets"] = {{{"name", "sms"}, {"monthly", "500"}, {"channel", "sms"}},
                       {{"name", "all"}, {"monthly", "900"}, {"thresholds", {50, 90}}}};
    const auto book = read(json);
    CHECK(book.billed_by.at("s3") == "aws");
    CHECK_FALSE(book.monthly.at(0).is_per_active_user);
    CHECK(book.monthly.at(1).is_per_active_user);
    CHECK(name(book.monthly.at(1).basis) == "provider-reported");
    CHECK(book.budgets.at(0).of.at(Dimension::channel) == "sms");
    CHECK(book.budgets.at(0).thresholds == std::vector<int>{100});
    CHECK(book.budgets.at(1).thresholds == std::vector<int>{50, 90});
    const auto why = [&](const char* list, const Json& entry) {
        auto bad = json;
        bad[list][0].update(entry);
        return error_of([&] { read(bad); }).cause;
    };
    CHECK_THAT(why("monthly", {{"per", "user"}}), ContainsSubstring("monthly[1].per must be"));
    CHECK_THAT(why("monthly", {{"basis", "measured"}}), ContainsSubstring("monthly[1].basis must"));
    CHECK_THAT(why("budgets", {{"monthly", "0"}}), ContainsSubstring("must be more than 0"));
    CHECK_THAT(why("budgets", {{"thresholds", {80, 80}}}),
               ContainsSubstring("budgets[1].thresholds[2] must be more than the one before"));
    CHECK_THAT(why("budgets", {{"thresholds", {80.5}}}), ContainsSubstring("a percentage"));
    CHECK_THAT(why("budgets", {{"day", "2026-10-01"}}), ContainsSubstring("not known: day"));
    CHECK_THAT(why("budgets", {{"channel", "SMS"}}), ContainsSubstring("push, sms or email"));
    CHECK_THAT(why("budgets", {{"country", "Kenya"}}), ContainsSubstring("two letters"));
    CHECK_THAT(why("budgets", {{"provider", "pigeon"}}),
               ContainsSubstring("budgets[1].provider is none that a price of the book has"));
    auto bad = json;
    bad["billed_by"] = {{"disk", "aws"}};
    CHECK_THAT(error_of([&] { read(bad); }).cause, ContainsSubstring("not known: disk"));
}

TEST_CASE("groups share an item's cost by quantity, and their sum is the bill's to a billionth") {
    const auto book = read(book_with(
        {{"free", "10"},
         {"steps",
          {{{"from", "0"}, {"price", "0.333333333"}}, {{"from", "50"}, {"price", "0.1"}}}}}));
    std::mt19937_64 random{11};
    for (int round = 0; round < 100; ++round) {
        std::vector<Portion> portions;
        for (int i = 0; i < 40; ++i)
            portions.push_back(
                {.used = {"p", "i", Quantity{static_cast<std::int64_t>(random() % 9'000'000)}},
                 .day = "2026-10-" + std::to_string(10 + i % 7),
                 .kind = i % 3 == 0 ? "review" : "milestone"});
        const auto charges = charge(book, "2026-10", portions, "2026-10");
        Quantity used;
        for (const auto& each : portions) used = used + each.used.quantity;
        const auto whole_month = cost_of_month(book.prices.front(), used).value();
        CHECK(lines_of(charges).front().sum.cost == whole_month);
        CHECK(lines_of(charges).front().used.quantity == used);
        for (const auto& by : std::vector<std::vector<Dimension>>{
                 {Dimension::day}, {Dimension::kind, Dimension::day}, {Dimension::provider}}) {
            Cost sum{};
            for (const auto& each : groups_of(charges, by)) sum = sum + each.sum.cost;
            CHECK(sum == whole_month);
        }
    }
}
