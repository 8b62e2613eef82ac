#include "base/instant.hpp"

#include <array>
#include <cstdint>

namespace nightshift {
namespace {

using namespace std::chrono;

// Reads exactly `width` digits off the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t width) {
    if (text.size() < width) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, width)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(width);
    return value;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<microseconds> take_fraction(std::string_view& text) {
    std::int64_t micros = 0;
    std::size_t digits = 0;
    bool round_up = false;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        const int digit = text.front() - '0';
        if (digits < 6) micros = micros * 10 + digit;
        if (digits == 6) round_up = digit >= 5;
        ++digits;
        text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (std::size_t i = digits; i < 6; ++i) micros *= 10;
    return microseconds{micros + (round_up ? 1 : 0)};
}

// Z, +hh, +hhmm, +hh:mm; the whole rest of the text.
std::optional<minutes> take_offset(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) return minutes{0};
    const bool west = !text.empty() && text.front() == '-';
    if (!west && (text.empty() || text.front() != '+')) return std::nullopt;
    text.remove_prefix(1);
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23) return std::nullopt;
    std::optional<int> minute = 0;
    if (!text.empty()) {
        take(text, ':');
        minute = take_number(text, 2);
        if (!minute || *minute > 59) return std::nullopt;
    }
    const minutes offset{*hour * 60 + *minute};
    return west ? -offset : offset;
}

void append_digits(std::string& out, std::int64_t value, std::size_t width) {
    std::array<char, 8> digits{};
    for (std::size_t i = width; i-- > 0; value /= 10) {
        digits[i] = static_cast<char>('0' + value % 10);
    }
    out.append(digits.data(), width);
}

}  // namespace

std::optional<WrittenTime> parse_written_time(std::string_view text) {
    const auto y = take_number(text, 4);
    if (!y || *y == 0 || !take(text, '-')) return std::nullopt;
    const auto m = take_number(text, 2);
    if (!m || !take(text, '-')) return std::nullopt;
    const auto d = take_number(text, 2);
    if (!d) return std::nullopt;
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                              day{static_cast<unsigned>(*d)}};
    if (!date.ok()) return std::nullopt;
    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;

    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
    const auto second = take_number(text, 2);
    if (!second || *second > 59) return std::nullopt;
    microseconds fraction{0};
    if (take(text, '.')) {
        const auto micros = take_fraction(text);
        if (!micros) return std::nullopt;
        fraction = *micros;
    }

    WrittenTime time{
        local_days{date} + hours{*hour} + minutes{*minute} + seconds{*second} + fraction,
        std::nullopt};
    if (!text.empty()) {
        time.offset = take_offset(text);
        if (!time.offset || !text.empty()) return std::nullopt;
    }
    // Rounded, and in UTC, it must still be a time that can be written.
    const auto utc = time.local - time.offset.value_or(minutes{0});
    const int utc_year{year_month_day{floor<days>(utc)}.year()};
    if (utc_year < 1 || utc_year > 9999) return std::nullopt;
    return time;
}

std::optional<Instant> parse_instant(std::string_view text) {
    const auto written = parse_written_time(text);
    if (!written || !written->offset) return std::nullopt;
    return Instant{written->local.time_since_epoch() - *written->offset};
}

std::string format_instant(Instant instant) {
    std::string out;
    append_timestamp(out, local_time<microseconds>{instant.time_since_epoch()});
    out[10] = 'T';
    if (out.ends_with(".000000")) out.resize(19);
    return out + 'Z';
}

void append_timestamp(std::string& out, local_time<microseconds> local) {
    const auto midnight = floor<days>(local);
    const year_month_day date{midnight};
    const hh_mm_ss time{local - midnight};
    append_digits(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += ' ';
    append_digits(out, time.hours().count(), 2);
    out += ':';
    append_digits(out, time.minutes().count(), 2);
    out += ':';
    append_digits(out, time.seconds().count(), 2);
    out += '.';
    append_digits(out, time.subseconds().count(), 6);
}

Instant now() { return floor<microseconds>(system_clock::now()); }

}  // namespace nightshift
