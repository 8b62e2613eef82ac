// Amounts of money: decimal and exact to a billionth of the currency's unit, never a double.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nightshift {

// 64 bits of billionths: up to 9,000,000,000 units.
struct Money {
    std::int64_t billionths = 0;

    // Throw Error (data) where it would be more than that.
    Money operator+(Money other) const;
    Money operator-(Money other) const;
    Money operator*(std::int64_t times) const;
    auto operator<=>(const Money&) const = default;
};

// 12, 0.0083, -0.00750. nullopt: none, or with more than nine digits behind the point.
std::optional<Money> parse_money(std::string_view text);

// 0.0083, with two digits behind the point at least: 12.00.
std::string format_money(Money money);

}  // namespace nightshift
