// How much of something: decimal and exact to a millionth, never a double; and how that is known.
#pragma once

#include "base/money.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nightshift::costs {

// 64 bits of millionths: up to 9,000,000,000,000.
struct Quantity {
    std::int64_t millionths = 0;

    // Throw Error (data) where it would be more than that.
    Quantity operator+(Quantity other) const;
    Quantity operator-(Quantity other) const;
    auto operator<=>(const Quantity&) const = default;
};

Quantity whole(std::int64_t count);

// 12, 0.000001, 1500000. nullopt: none, or with more than six digits behind the point, or below 0.
std::optional<Quantity> parse_quantity(std::string_view text);

// Without zeros at the end: 12, 0.5.
std::string format_quantity(Quantity quantity);

// From the surest: counted by us; told by who bills it; reckoned from what was counted; taken for
// granted.
enum class Basis { measured, reported, estimated, assumed };
std::string name(Basis basis);  // provider-reported
std::optional<Basis> parse_basis(std::string_view name);

// So much of what costs so much each, rounded half away from zero to a billionth. Throws Error
// (data) where it has no room.
Money cost_of(Quantity quantity, Money each);

// quantity * part / all, rounded down to a millionth. all: over 0. Throws Error (data) where it has
// no room.
Quantity in_proportion(Quantity quantity, std::int64_t part, std::int64_t all);

// What a part has of an amount for all: rounded down to a billionth. all: over 0.
Money share_of(Money amount, Quantity part, Quantity all);

}  // namespace nightshift::costs
