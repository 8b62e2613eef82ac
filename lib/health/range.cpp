#include "health/range.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace nightshift::health {
namespace {

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

}  // namespace

bool Range::alarms(double value) const {
    const bool is_within = value >= start && value <= end;
    return is_within == is_inverted;
}

std::string Range::words(const std::string& unit) const {
    const auto number = [&](double value) {
        return fmt::format("{}{}{}", value, unit.empty() ? "" : " ", unit);
    };
    constexpr auto infinity = std::numeric_limits<double>::infinity();
    if (is_inverted) return fmt::format("outside of {} to {}", start, number(end));
    if (end == infinity) return "at least " + number(start);
    if (start == 0 || start == -infinity) return "at most " + number(end);
    return fmt::format("{} to {}", start, number(end));
}

Range parse_range(const std::string& text) {
    const auto refuse = [&]() -> Error {
        return {Failure::usage, excerpt(text) + " is no range", "",
                "write 10 (0 to 10), 10: (10 or more), ~:10 (10 or less), 10:20 or @10:20"};
    };
    Range range{.text = text};
    std::string_view rest = text;
    if (rest.starts_with('@')) {
        range.is_inverted = true;
        rest.remove_prefix(1);
    }
    const auto colon = rest.find(':');
    const auto start = colon == std::string_view::npos ? std::string_view{} : rest.substr(0, colon);
    const auto end = colon == std::string_view::npos ? rest : rest.substr(colon + 1);
    if (start == "~") {
        range.start = -std::numeric_limits<double>::infinity();
    } else if (!start.empty()) {
        const auto value = number(start);
        if (!value) throw refuse();
        range.start = *value;
    }
    if (!end.empty()) {
        const auto value = number(end);
        if (!value) throw refuse();
        range.end = *value;
    }
    const bool says_nothing = end.empty() && (colon == std::string_view::npos || start.empty());
    if (says_nothing || range.start > range.end) throw refuse();
    return range;
}

}  // namespace nightshift::health
