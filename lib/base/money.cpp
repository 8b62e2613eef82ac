#include "base/money.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace nightshift {
namespace {

constexpr std::int64_t one = 1'000'000'000;
constexpr std::size_t digits_behind = 9;

[[noreturn]] void too_much() {
    throw Error{Failure::data, "an amount of money is too large", "it has no room in 64 bits",
                "see to the prices and the budget"};
}

bool is_digits(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Money Money::operator+(Money other) const {
    Money sum;
    if (__builtin_add_overflow(billionths, other.billionths, &sum.billionths)) too_much();
    return sum;
}

Money Money::operator-(Money other) const {
    Money rest;
    if (__builtin_sub_overflow(billionths, other.billionths, &rest.billionths)) too_much();
    return rest;
}

Money Money::operator*(std::int64_t times) const {
    Money product;
    if (__builtin_mul_overflow(billionths, times, &product.billionths)) too_much();
    return product;
}

std::optional<Money> parse_money(std::string_view text) {
    const bool is_negative = text.starts_with('-');
    if (is_negative) text.remove_prefix(1);
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    std::string behind{point == std::string_view::npos ? "0" : text.substr(point + 1)};
    if (whole.empty() || whole.size() > 9 || behind.empty() || behind.size() > digits_behind ||
        !is_digits(whole) || !is_digits(behind))
        return std::nullopt;
    behind.resize(digits_behind, '0');
    const auto amount =
        *parse_integer<std::int64_t>(whole) * one + *parse_integer<std::int64_t>(behind);
    return Money{is_negative ? -amount : amount};
}

std::string format_money(Money money) {
    const bool is_negative = money.billionths < 0;
    const auto amount = is_negative ? 0 - static_cast<std::uint64_t>(money.billionths)
                                    : static_cast<std::uint64_t>(money.billionths);
    auto behind = std::to_string(amount % one);
    behind.insert(0, digits_behind - behind.size(), '0');
    const auto last = behind.find_last_not_of('0');
    behind.resize(std::max<std::size_t>(last == std::string::npos ? 0 : last + 1, 2));
    return (is_negative ? "-" : "") + std::to_string(amount / one) + "." + behind;
}

}  // namespace nightshift
