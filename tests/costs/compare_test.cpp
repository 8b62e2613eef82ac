// Why costs have changed: by volume and by price.
#include "costs/compare.hpp"

#include "costs/what_if.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <random>

using namespace nightshift;
using namespace nightshift::costs;
using namespace nightshift::test;

namespace {

Money dollars(const std::string& text) { return parse_money(text).value(); }

// Dearer from November on, with ten for nothing.
PriceBook book() {
    Price old{.provider = "p",
              .item = "sms/KE",
              .service = "sms",
              .unit = "segment",
              .free = whole(10),
              .steps = {{{}, dollars("0.10")}, {whole(100), dollars("0.05")}}};
    auto now = old;
    now.from = "2026-11";
    now.steps[0].price = dollars("0.20");
    return {.name = "mine", .currency = "USD", .as_of = "", .prices = {old, now}};
}

std::vector<Change> changed(const std::vector<Portion>& before, const std::vector<Portion>& now,
                            const std::vector<Dimension>& by = {}) {
    const auto mine = book();
    return changes(charge(mine, "2026-10", before, "2026-10"),
                   charge(mine, "2026-11", now, "2026-11"), charge(mine, "2026-11", now, "2026-10"),
                   by);
}

Money total(const std::vector<Portion>& portions, const std::string& prices_of) {
    Quantity used;
    for (const auto& each : portions) used = used + each.used.quantity;
    const auto mine = book();
    return cost_of_month(*mine.find("p", "sms/KE", prices_of), used)->net;
}

Portion sms(std::int64_t count, const std::string& item = "sms/KE", const std::string& kind = "") {
    return {.used = {"p", item, whole(count)}, .kind = kind};
}

}  // namespace

TEST_CASE("a change is parted into what volume and what price have done, steps and free included") {
    const auto all = changed({sms(60)}, {sms(110)});
    REQUIRE(all.size() == 1);
    CHECK(all[0].labels == std::vector<std::string>{"p", "sms/KE"});
    CHECK(all[0].before == dollars("5"));     // 50 at 0.10
    CHECK(all[0].now == dollars("20"));       // 100 at 0.20
    CHECK(all[0].by_volume == dollars("5"));  // 100 at 0.10, less 5
    CHECK(all[0].by_price == dollars("10"));
    const auto same = changed({sms(60)}, {sms(60)});
    CHECK(same[0].by_volume == Money{});
    CHECK(same[0].by_price == dollars("5"));
    const auto gone = changed({sms(60)}, {});
    CHECK(gone[0].by_volume == dollars("-5"));
    CHECK(gone[0].by_price == Money{});
}

TEST_CASE("what has no price is in no sum, and is said") {
    const auto all = changed({sms(60), sms(1, "sms/GM")}, {sms(60), sms(5, "sms/GM")});
    REQUIRE(all.size() == 2);
    CHECK(all[0].labels[1] == "sms/GM");
    CHECK(all[0].has_unpriced);
    CHECK(all[0].now == Money{});
    CHECK(sum_of(all).has_unpriced);
    CHECK(sum_of(all).now == dollars("10"));
}

TEST_CASE(
    "what nobody has noted then is no data, and in no sum; messages that were none are none") {
    const auto mine = book();
    const Portion size{.used = {"p", "storage", whole(1)}};
    auto priced = mine;
    priced.prices.push_back({.provider = "p",
                             .item = "storage",
                             .service = "s3",
                             .unit = "GB-month",
                             .steps = {{{}, dollars("1")}}});
    const auto at = [&](const std::vector<Portion>& portions) {
        return charge(priced, "2026-10", portions, "2026-10");
    };
    const auto all = changes(at({}), at({size, sms(60)}), at({size, sms(60)}), {});
    REQUIRE(all.size() == 2);
    CHECK(all[0].now == dollars("5"));
    CHECK(all[0].before == Money{});
    CHECK_FALSE(all[0].has_no_data);
    CHECK(all[1].has_no_data);
    CHECK_FALSE(all[1].is_comparable);
    CHECK(sum_of(all).now == dollars("5"));
    CHECK(sum_of(all).has_no_data);
    CHECK(changes(at({size}), at({}), {}, {}).front().has_no_data);
}

TEST_CASE("what has a price in one of them alone is in no sum") {
    auto mine = book();
    mine.prices.push_back({.provider = "p",
                           .item = "email",
                           .service = "email",
                           .unit = "e-mail",
                           .plans = {{whole(50'000), dollars("19.95")}}});
    const auto emails = [&](std::int64_t count) {
        return charge(mine, "2026-10", {{.used = {"p", "email", whole(count)}}}, "2026-10");
    };
    const auto outgrown = changes(emails(50'000), emails(120'000), emails(120'000), {});
    CHECK_FALSE(outgrown.front().is_comparable);
    CHECK(outgrown.front().has_unpriced);
    CHECK(outgrown.front().by_volume == Money{});
    CHECK(outgrown.front().before == Money{});
    CHECK(changes(emails(120'000), emails(50'000), emails(50'000), {}).front().now == Money{});
}

TEST_CASE("both parts of a change make the change, to a billionth, in every group") {
    std::mt19937_64 random{3};
    for (int round = 0; round < 200; ++round) {
        std::vector<Portion> before, now;
        for (int i = 0; i < 12; ++i) {
            for (auto* to : {&before, &now}) {
                auto portion = sms(0, "sms/KE", i % 3 == 0 ? "review" : "milestone");
                portion.used.quantity = {static_cast<std::int64_t>(random() % 30'000'000)};
                to->push_back(portion);
            }
        }
        for (const auto& by : {std::vector<Dimension>{}, {Dimension::kind}, {Dimension::country}}) {
            const auto all = changed(before, now, by);
            Money by_volume;
            for (const auto& each : all) {
                CHECK(each.now - each.before == each.by_volume + each.by_price);
                by_volume = by_volume + each.by_volume;
            }
            // The whole of it at the old prices, less what it was.
            CHECK(by_volume == total(now, "2026-10") - total(before, "2026-10"));
            CHECK(sum_of(all).now == changed(before, now).front().now);
        }
    }
}

TEST_CASE("SMS that go as push are push, and what was not SMS stays") {
    const auto all = with_push_share({sms(10), {.used = {"p", "email", whole(3)}}}, 80);
    REQUIRE(all.size() == 3);
    CHECK(all[0].used.quantity == whole(2));
    CHECK(all[0].used.basis == Basis::estimated);
    CHECK(all[1].used.quantity == whole(3));
    CHECK(all[1].used.basis == Basis::measured);
    CHECK(all[2].used.provider == "fcm");
    CHECK(all[2].used.item == "push");
    CHECK(all[2].used.quantity == whole(8));
    const auto known = with_push_share({sms(10), {.used = {"apns", "push", whole(1)}}}, 50);
    CHECK(known.back().used.provider == "apns");
}

TEST_CASE("what is supposed is as much, however it is broken down") {
    std::vector<Portion> parts(7, sms(0));
    for (auto& each : parts) each.used.quantity = Quantity{1'000'001};
    const auto sum_of_sms = [](const std::vector<Portion>& portions) {
        Quantity sum;
        for (const auto& each : portions) {
            if (each.used.item != "push") sum = sum + each.used.quantity;
        }
        return sum;
    };
    auto whole_one = sms(0);
    whole_one.used.quantity = Quantity{7'000'007};
    CHECK(sum_of_sms(with_push_share(parts, 33)) == sum_of_sms(with_push_share({whole_one}, 33)));
    Usage usage{.period = parse_month("2026-10").value(), .months = {}};
    usage.months = {{.month = usage.period, .messages = parts, .usual_users = 3}};
    suppose_users(usage, book(), 2);
    CHECK(sum_of_sms(usage.months[0].messages) == Quantity{7'000'007 * 2 / 3});
}

TEST_CASE("as many users use as much more, and what every month uses stays as the book has it") {
    auto mine = book();
    mine.monthly = {{"p", "server", whole(3), false, Basis::assumed},
                    {"p", "egress", Quantity{500'000}, true, Basis::assumed}};
    const auto october = parse_month("2026-10").value();
    Usage usage{.period = october,
                .months = {{.month = october,
                            .messages = {sms(100)},
                            .levels = {{.used = {"p", "storage", whole(2)}}},
                            .monthly = monthly_of(mine, october, october.end, 50),
                            .active_users = 50,
                            .usual_users = 50}}};
    usage.history = {sms(10)};
    suppose_users(usage, mine, 200);
    CHECK(usage.history[0].used.quantity == whole(40));
    CHECK(usage.months[0].messages[0].used.quantity == whole(400));
    CHECK(usage.months[0].levels[0].used.quantity == whole(8));
    std::map<std::string, Quantity> sums;
    for (const auto& each : usage.months[0].monthly)
        sums[each.used.item] = sums[each.used.item] + each.used.quantity;
    CHECK(sums["server"] == whole(3));
    CHECK(sums["egress"] == whole(100));
    usage.months[0].usual_users.reset();
    CHECK_THAT(words_of(error_of([&] { suppose_users(usage, mine, 200); })),
               ContainsSubstring("not known how many users"));
}
