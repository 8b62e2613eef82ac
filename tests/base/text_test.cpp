#include "base/text.hpp"

#include "support/catch.hpp"

#include <limits>

using namespace nightshift;
using namespace std::string_literals;

TEST_CASE("blanks, tabs and line ends go from both ends and stay inside") {
    CHECK(trimmed("").empty());
    CHECK(trimmed(" \t\r\n").empty());
    CHECK(trimmed("a") == "a");
    CHECK(trimmed("\t a \n b\r\n") == "a \n b");
    CHECK(trimmed("\va") == "\va");
}

TEST_CASE("only ASCII letters are lowered") {
    CHECK(lowered("TRUE Question_ID 42 @[`{") == "true question_id 42 @[`{");
    CHECK(lowered("\u00C4\u0130") == "\u00C4\u0130");
}

TEST_CASE("an integer is the whole text and fits its type") {
    CHECK(parse_integer<int>("0") == 0);
    CHECK(parse_integer<int>("-17") == -17);
    CHECK(parse_integer<int>("007") == 7);
    CHECK(parse_integer<std::int64_t>("-9223372036854775808") ==
          std::numeric_limits<std::int64_t>::min());
    CHECK(parse_integer<std::uint16_t>("65535") == 65535);
    for (const std::string_view text :
         {"", " 1", "1 ", "+1", "1.0", "1e3", "0x10", "--1", "-", "9223372036854775808", "1\n"}) {
        INFO(text);
        CHECK_FALSE(parse_integer<std::int64_t>(text));
    }
    CHECK_FALSE(parse_integer<std::uint16_t>("65536"));
    CHECK_FALSE(parse_integer<std::uint16_t>("-1"));
}

TEST_CASE("Postgres takes well-formed UTF-8 and no NUL") {
    for (const auto& text : {""s, "plain"s, "\x7F"s, "\xC2\x80"s, "\xDF\xBF"s, "\xE0\xA0\x80"s,
                             "\xED\x9F\xBF"s, "\xEE\x80\x80"s, "\xEF\xBF\xBF"s, "\xF0\x90\x80\x80"s,
                             "\xF4\x8F\xBF\xBF"s, "a\u00E9\u6F22\U0001F642z"s}) {
        INFO(text);
        CHECK(is_database_text(text));
    }
    for (const auto& text : {
             "a\0b"s,                                // NUL
             "\x80"s, "\xBF"s,                       // a continuation by itself
             "\xC0\x80"s, "\xC1\xBF"s,               // longer than needed
             "\xE0\x9F\xBF"s,                        //
             "\xF0\x8F\xBF\xBF"s,                    //
             "\xED\xA0\x80"s, "\xED\xBF\xBF"s,       // surrogates
             "\xF4\x90\x80\x80"s,                    // beyond U+10FFFF
             "\xF5\x80\x80\x80"s, "\xFF"s,           //
             "\xC3"s, "\xE6\xBC"s, "\xF0\x9F\x99"s,  // cut short
             "\xC3("s, "\xE6\xBC("s, "\xE6(\xA2"s,   // something else follows
         }) {
        INFO(text);
        CHECK_FALSE(is_database_text(text));
        CHECK_FALSE(is_database_text("before " + text + " behind"));
    }
}

TEST_CASE("percent escapes are decoded, a broken one makes it nothing") {
    CHECK(percent_decoded("") == "");
    CHECK(percent_decoded("plain+text") == "plain+text");
    CHECK(percent_decoded("%41%6a%6A%25") == "Ajj%");
    CHECK(percent_decoded("p%40ss%2Fword") == "p@ss/word");
    CHECK(percent_decoded("%00%ff") == "\0\xFF"s);
    for (const std::string_view text :
         {"%", "a%", "%4", "a%4", "%4g", "%g4", "%%41", "% 4", "%-1"}) {
        INFO(text);
        CHECK_FALSE(percent_decoded(text));
    }
}

TEST_CASE("a number is grouped by thousands") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(123456) == "123,456");
    CHECK(grouped(1234567) == "1,234,567");
    CHECK(grouped(-1) == "-1");
    CHECK(grouped(-999) == "-999");
    CHECK(grouped(-123456) == "-123,456");
    CHECK(grouped(-1234567) == "-1,234,567");
    CHECK(grouped(std::numeric_limits<std::int64_t>::min()) == "-9,223,372,036,854,775,808");
}

TEST_CASE("a thing is counted in the singular only once") {
    CHECK(counted(0, "user") == "0 users");
    CHECK(counted(1, "user") == "1 user");
    CHECK(counted(2'140, "user") == "2,140 users");
    CHECK(counted(-1, "user") == "-1 users");
}

TEST_CASE("the lines of a text become one, each different one once") {
    CHECK(one_line("").empty());
    CHECK(one_line("\n \r\n").empty());
    CHECK(one_line("one") == "one");
    CHECK(one_line("  one\r\n\n\ttwo words \n") == "one two words");
    CHECK(one_line("try 1: refused\nis it running?\ntry 2: refused\n is it running?\n") ==
          "try 1: refused is it running? try 2: refused");
}

TEST_CASE("an excerpt shows what can be shown and where it was cut") {
    CHECK(excerpt("short") == "short");
    CHECK(excerpt("exactly", 7) == "exactly");
    CHECK(excerpt("one more", 7) == "one mor...");
    CHECK(excerpt(std::string(61, 'x')) == std::string(60, 'x') + "...");
    CHECK(excerpt("tab\tbell\adelete\x7F line\n") == "tab?bell?delete? line?");
    CHECK(excerpt("caf\u00E9") == "caf\u00E9");
    CHECK(excerpt("caf\xE9") == "caf?");
    CHECK(excerpt("nul\0!"s) == "nul?!");
}

TEST_CASE("an excerpt never ends in half a character") {
    const auto text = "a\u00E9\u6F22\U0001F642\u00E9"s;
    for (std::size_t length = 0; length < text.size(); ++length) {
        const auto cut = excerpt(text, length);
        INFO(length << ": " << cut);
        CHECK(is_database_text(cut));
        CHECK(cut.find('?') == std::string::npos);
        CHECK(cut.ends_with("..."));
        CHECK(cut.size() <= length + 3);
        CHECK(text.starts_with(cut.substr(0, cut.size() - 3)));
    }
    CHECK(excerpt(text, 1 + 2 + 3) == "a\u00E9\u6F22...");
}
