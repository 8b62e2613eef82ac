#include "costs/quantity.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace nightshift::costs {
namespace {

__extension__ using Wide = __int128;  // of a product

constexpr std::int64_t one = 1'000'000;
constexpr std::size_t digits_behind = 6;
constexpr std::size_t digits_before = 12;

[[noreturn]] void too_much() {
    throw Error{Failure::data, "a quantity is too large", "it has no room in 64 bits",
                "see to the quantities and the prices"};
}

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Money money(Wide billionths) {
    if (billionths > std::numeric_limits<std::int64_t>::max() ||
        billionths < std::numeric_limits<std::int64_t>::min())
        too_much();
    return {static_cast<std::int64_t>(billionths)};
}

}  // namespace

Quantity Quantity::operator+(Quantity other) const {
    Quantity sum;
    if (__builtin_add_overflow(millionths, other.millionths, &sum.millionths)) too_much();
    return sum;
}

Quantity Quantity::operator-(Quantity other) const {
    Quantity rest;
    if (__builtin_sub_overflow(millionths, other.millionths, &rest.millionths)) too_much();
    return rest;
}

Quantity whole(std::int64_t count) {
    Quantity quantity;
    if (__builtin_mul_overflow(count, one, &quantity.millionths)) too_much();
    return quantity;
}

std::optional<Quantity> parse_quantity(std::string_view text) {
    const auto point = text.find('.');
    const auto before = text.substr(0, point);
    std::string behind{point == std::string_view::npos ? "0" : text.substr(point + 1)};
    if (!is_digits(before) || before.size() > digits_before || !is_digits(behind) ||
        behind.size() > digits_behind)
        return std::nullopt;
    behind.resize(digits_behind, '0');
    return whole(*parse_integer<std::int64_t>(before)) +
           Quantity{*parse_integer<std::int64_t>(behind)};
}

std::string format_quantity(Quantity quantity) {
    const bool is_negative = quantity.millionths < 0;
    const auto amount = is_negative ? 0 - static_cast<std::uint64_t>(quantity.millionths)
                                    : static_cast<std::uint64_t>(quantity.millionths);
    auto text = std::to_string(amount / one);
    auto behind = std::to_string(amount % one);
    behind.insert(0, digits_behind - behind.size(), '0');
    behind.resize(behind.find_last_not_of('0') + 1);
    if (!behind.empty()) text += "." + behind;
    return (is_negative ? "-" : "") + text;
}

namespace {

constexpr std::array<std::string_view, 4> bases{"measured", "provider-reported", "estimated",
                                                "assumed"};

}  // namespace

std::string name(Basis basis) { return std::string{bases.at(static_cast<std::size_t>(basis))}; }

std::optional<Basis> parse_basis(std::string_view name) {
    const auto found = std::find(bases.begin(), bases.end(), name);
    if (found == bases.end()) return std::nullopt;
    return static_cast<Basis>(found - bases.begin());
}

Money cost_of(Quantity quantity, Money each) {
    const auto exact = static_cast<Wide>(quantity.millionths) * each.billionths;
    const auto half = exact < 0 ? -one / 2 : one / 2;
    return money((exact + half) / one);
}

Quantity in_proportion(Quantity quantity, std::int64_t part, std::int64_t all) {
    const auto exact = Wide{quantity.millionths} * part / all;
    if (exact > std::numeric_limits<std::int64_t>::max()) too_much();
    return {static_cast<std::int64_t>(exact)};
}

Money share_of(Money amount, Quantity part, Quantity all) {
    return money(static_cast<Wide>(amount.billionths) * part.millionths / all.millionths);
}

}  // namespace nightshift::costs
