// Small questions about text that more than one module asks.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift {

// Without blanks, tabs and line ends at both ends.
std::string_view trimmed(std::string_view text);

// ASCII only: keywords, column names, booleans.
std::string lowered(std::string_view text);

// The whole text as a decimal integer, or nothing.
template <typename Integer>
std::optional<Integer> parse_integer(std::string_view text) {
    Integer value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// What Postgres accepts as text: well-formed UTF-8 (RFC 3629) and no NUL.
bool is_database_text(std::string_view text);

// Of UTF-8; what is none becomes U+FFFD.
std::u32string code_points(std::string_view text);
// The same text, well-formed.
std::string well_formed(std::string_view text);

// RFC 3986: all but letters, digits and -._~ as %41.
std::string percent_encoded(std::string_view text, std::string_view digits = "0123456789ABCDEF");

// %41 becomes A. nullopt: a % that two hexadecimal digits do not follow.
std::optional<std::string> percent_decoded(std::string_view text);

// 1234567 becomes 1,234,567.
std::string grouped(std::int64_t number);

// 1 user, 2,140 users.
std::string counted(std::int64_t number, std::string_view thing);

// The lines of a text in one, each different one once: servers say long things in many lines.
std::string one_line(std::string_view text);

// As a field of CSV (RFC 4180): in quotes, and each of its own twice.
std::string csv_quoted(std::string_view text);

// For a terminal: control characters, which could steer it, and those that turn the direction of
// writing become ?.
std::string printable(std::string_view text);

// The name among `known` that was probably meant; empty where none is near.
std::string closest(const std::string& word, const std::vector<std::string>& known);

// For a message: at most `length` bytes, unprintable ones replaced, ... where it was cut.
std::string excerpt(std::string_view text, std::size_t length = 60);

}  // namespace nightshift
