#include "costs/dialling.hpp"
#include "costs/price_book.hpp"
#include "costs/segments.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

using namespace nightshift;
using namespace nightshift::costs;
using namespace nightshift::test;

TEST_CASE("a number's country is told by its longest known prefix") {
    for (const auto& [number, country] : {std::pair{"+14155550100", "US"},
                                          {"+15145550100", "CA"},
                                          {"+18765550100", "JM"},
                                          {"+16495550100", "TC"},
                                          {"+17875550100", "PR"},
                                          {"+254711000001", "KE"},
                                          {"+447700900123", "GB"},
                                          {"+447624000000", "IM"},
                                          {"+77010000000", "KZ"},
                                          {"+79160000000", "RU"},
                                          {"+491700000000", "DE"},
                                          {"+5997000000", "BQ"},
                                          {"+59995000000", "CW"},
                                          {"+2207000000", "GM"}}) {
        INFO(number);
        CHECK(country_of(number) == country);
    }
    for (const auto* number :
         {"", "+", "14155550100", "+18005550100", "+19005550100", "+0", "+999", "+1"}) {
        INFO(number);
        CHECK(country_of(number).empty());
    }
    CHECK(country_of("+1415x") == "US");  // its first digits tell
}

TEST_CASE("segments are counted by GSM-7, its escapes, and UCS-2") {
    const auto count = [](const std::string& text) { return segments_of(text).count; };
    const auto times = [](int n, const std::string& text) {
        std::string all;
        for (int i = 0; i < n; ++i) all += text;
        return all;
    };
    CHECK(count("") == 1);
    CHECK(count(times(160, "a")) == 1);
    CHECK(count(times(161, "a")) == 2);
    CHECK(count(times(306, "a")) == 2);
    CHECK(count(times(307, "a")) == 3);
    CHECK(segments_of("Zoé àèìòù ÄÖÑÜ§ß ΔΦΓΛΩΠΨΣΘΞ @£$¥\n").alphabet == Alphabet::gsm7);
    CHECK(count(times(80, "€")) == 1);  // two septets each
    CHECK(count(times(81, "€")) == 2);
    CHECK(count(times(152, "a") + "€" + times(152, "a")) == 3);  // an escape is not parted
    CHECK(segments_of("it’s").alphabet == Alphabet::ucs2);
    CHECK(segments_of("Zoë").alphabet == Alphabet::ucs2);
    CHECK(count(times(70, "ë")) == 1);
    CHECK(count(times(71, "ë")) == 2);
    CHECK(count(times(35, "🔥")) == 1);
    CHECK(count(times(36, "🔥")) == 2);
    CHECK(count(times(66, "ë") + "🔥" + times(66, "ë")) == 3);  // nor is a pair
    CHECK(segments_of("\xff").alphabet == Alphabet::ucs2);
}

TEST_CASE("a price book is read strictly, and prices what it knows") {
    CHECK(read_price_book().sms_price("twilio", "US", "2026-10").has_value());
    CHECK_FALSE(read_price_book().sms_price("twilio", "KE", "2026-10"));
    CHECK_FALSE(read_price_book().sms_price("pigeon", "US", "2026-10"));
    const TemporaryFolder folder;
    const auto read = [&](const std::string& text) {
        return read_price_book(folder.file("prices.json", text));
    };
    const auto book =
        read(R"({"schema_version":1,"currency":"KES","sms":{"twilio":{"KE":"0.80"}}})");
    CHECK(book.currency == "KES");
    CHECK(format_money(book.sms_price("twilio", "KE", "2026-10").value()) == "0.80");
    for (const auto& [text, why] :
         {std::pair{"[]", "no JSON object"},
          {R"({"schema_version":2})", "schema_version"},
          {R"({"schema_version":1,"currency":"usd"})", "currency"},
          {R"({"schema_version":1,"currency":"USD","sms":[]})", "sms must be an object"},
          {R"({"schema_version":1,"currency":"USD","sms":{"twilio":{"KE":0.8}}})", "in quotes"},
          {R"({"schema_version":1,"currency":"USD","sms":{"twilio":{"KE":"-1"}}})", "in quotes"},
          {R"({"schema_version":1,"currency":"USD","sms":{"twilio":{"Kenya":"1"}}})",
           "two letters"}}) {
        const auto error = error_of([&, text = text] { read(text); });
        CHECK(error.failure == Failure::configuration);
        CHECK_THAT(error.cause, ContainsSubstring(why));
    }
}
