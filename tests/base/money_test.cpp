#include "base/money.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"

using namespace nightshift;
using nightshift::test::error_of;

TEST_CASE("amounts are read and written exactly") {
    for (const auto* text : {"0.00", "12.00", "0.0083", "-0.0075", "999999999.999999999", "0.10"})
        CHECK(format_money(parse_money(text).value()) == text);
    CHECK(format_money(parse_money("25").value()) == "25.00");
    for (const auto* text : {"", "-", ".5", "1.", "1,5", "1e3", "0.0000000001", "1234567890", "+1",
                             "--1", " 1", "0x1"}) {
        INFO(text);
        CHECK_FALSE(parse_money(text));
    }
}

TEST_CASE("sums of amounts lose nothing, and one that has no room is an error") {
    const auto cent = parse_money("0.1").value();
    CHECK(cent + cent + cent == parse_money("0.3").value());
    CHECK(format_money(parse_money("0.0083").value() * 3) == "0.0249");
    CHECK(format_money(Money{} - cent) == "-0.10");
    const auto most = parse_money("999999999").value();
    CHECK(error_of([&] { most * 10; }).failure == Failure::data);
}
