// Points in time. An Instant is UTC with microseconds, as Postgres keeps a timestamptz.
// Text follows RFC 3339; a blank may stand for the T, and +01 or +0100 for +01:00.
// Only the proleptic Gregorian calendar from year 1 to 9999 is accepted: 2026-02-30, 24:00:00
// and a leap second are no times.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace nightshift {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

inline constexpr Instant earliest_instant{
    std::chrono::sys_days{std::chrono::year{1} / std::chrono::January / 1}};

// A time as it was written: without an offset it is no instant until somebody names the zone.
struct WrittenTime {
    std::chrono::local_time<std::chrono::microseconds> local;
    std::optional<std::chrono::minutes> offset;  // east of Greenwich is positive
};

// Digits past the sixth of a fraction are rounded half up. nullopt: not a time.
std::optional<WrittenTime> parse_written_time(std::string_view text);

// nullopt: not a time, or one without an offset.
std::optional<Instant> parse_instant(std::string_view text);

// 2026-11-21T23:00:00Z, with .ffffff only where the microseconds are not 0.
std::string format_instant(Instant instant);

// 2026-11-21 23:00:00.000000, appended: what Postgres reads fastest. The caller adds the offset.
void append_timestamp(std::string& out, std::chrono::local_time<std::chrono::microseconds> local);

// For backoff, the log and main; domain code gets its time as a parameter.
Instant now();

}  // namespace nightshift
