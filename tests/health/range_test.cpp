#include "health/range.hpp"

#include "base/error.hpp"
#include "support/catch.hpp"

using namespace nightshift;
using health::parse_range;

TEST_CASE("a range alarms as the guidelines for monitoring plugins have it") {
    struct Case {
        std::string range;
        std::vector<double> good;
        std::vector<double> bad;
    };
    const std::vector<Case> cases{{"10", {0, 5, 10}, {-1, 10.1}},    {"10:", {10, 1e9}, {-1, 9.9}},
                                  {"~:10", {-1e9, 10}, {10.1}},      {"10:20", {10, 20}, {9, 21}},
                                  {"@10:20", {9, 21}, {10, 15, 20}}, {"0", {0}, {1, -1}},
                                  {"-5:-1", {-5, -1}, {0, -6}},      {"0.5", {0, 0.5}, {0.6}}};
    for (const auto& [text, good, bad] : cases) {
        INFO(text);
        const auto range = parse_range(text);
        for (const auto value : good) CHECK_FALSE(range.alarms(value));
        for (const auto value : bad) CHECK(range.alarms(value));
    }
    for (const auto* text : {"", ":", "a", "10:a", "20:10", "@", "1e3x", "10::20", "~"}) {
        INFO(text);
        CHECK_THROWS_AS(parse_range(text), Error);
    }
}

TEST_CASE("a range is told to people in words") {
    for (const auto& [text, words] :
         std::vector<std::pair<std::string, std::string>>{{"5", "at most 5 %"},
                                                          {"~:0.5", "at most 0.5 %"},
                                                          {"21:", "at least 21 %"},
                                                          {"10:20", "10 to 20 %"},
                                                          {"@10:20", "outside of 10 to 20 %"}})
        CHECK(parse_range(text).words("%") == words);
    CHECK(parse_range("0").words("") == "at most 0");
}
