// nightshift prices, as somebody who keeps a book uses it.
#include "costs/scene.hpp"

using namespace nightshift::test;
using Json = nlohmann::json;

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
    const auto changed = folder.file(
        "changed.json",
        R"({"schema_version": 1, "currency": "USD", "as_of": "2999-01-01", "source": "mine",
            "prices": [{"provider": "p", "item": "i", "service": "s", "unit": "u", "price": "1",
                        "as_of": "2020-01-01"},
                       {"provider": "p", "item": "i", "service": "s", "unit": "u", "price": "2",
                        "from": "2021-01"}],
            "monthly": [{"provider": "p", "item": "i", "quantity": "3", "per": "active-user"}],
            "budgets": [{"name": "mine", "monthly": "5", "provider": "p"}]})");
    CHECK(prices({"check", changed, "--strict"}).exit_code == 0);  // the old one is of the past
    for (const auto* words : {"2021-01", "active user", "provider p"})
        CHECK_THAT(prices({"list", changed}).out, ContainsSubstring(words));
    CHECK(Json::parse(prices({"list", changed, "--json"}).out).at("budgets").at(0).at("provider") ==
          "p");
    const auto why = [&](const std::string& text) {
        return prices({"check", folder.file("odd.json", text)}).err;
    };
    CHECK_THAT(why("{\n\"schema_version\": 1,\n}"), ContainsSubstring("parse error at line 3"));
    CHECK_THAT(
        why(R"({"schema_version": 1, "currency": "USD", "sms": {"p": {"KE": "1", "KE": "2"}}})"),
        ContainsSubstring("it has KE twice in one object"));
    CHECK_THAT(why(R"({"schema_version": 1, "currency": "USD", "sms": {"p": {"KE": []}}})"),
               ContainsSubstring("sms.p.KE must have an amount"));
    const auto steering = folder.file(
        "steering.json",
        R"({"schema_version": 1, "currency": "USD", "name": "a\u001b[31m", "notes": ["b\u001b[2J"],
            "prices": [{"provider": "p\u001b[31m", "item": "i", "service": "s", "unit": "u",
                        "price": "1"}]})");
    for (const auto* command : {"list", "check"})
        CHECK(prices({command, steering}).out.find('\x1b') == std::string::npos);
}
