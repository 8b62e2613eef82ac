#include "shared_options.hpp"

#include "base/text.hpp"

#include <cmath>
#include <map>

namespace nightshift::cmd {

CLI::Option* add_period(CLI::App& command, leaderboard::Period& period) {
    static const std::map<std::string, leaderboard::Period> periods{
        {"weekly", leaderboard::Period::weekly}, {"monthly", leaderboard::Period::monthly}};
    return command
        .add_option_function<std::string>(
            "--period", [&period](const std::string& name) { period = periods.at(name); },
            "weekly (7 days) or monthly (30 days)")
        ->type_name("PERIOD")
        ->check(CLI::IsMember({"weekly", "monthly"}));
}

CLI::Option* add_as_of(CLI::App& command, std::optional<Instant>& as_of,
                       const std::string& purpose) {
    return command
        .add_option_function<std::string>(
            "--as-of",
            [&as_of](const std::string& text) {
                as_of = parse_instant(text);
                if (as_of) return;
                const auto* why = parse_written_time(text)
                                      ? " has no offset from UTC: write it with Z, such as "
                                      : " is no instant: write it such as ";
                throw CLI::ValidationError{"--as-of", excerpt(text) + why + "2026-11-22T00:00:00Z"};
            },
            purpose)
        ->type_name("TIME");
}

CLI::Option* add_lock_wait(CLI::App& command, std::chrono::milliseconds& wait,
                           const std::string& purpose) {
    return add_seconds(command, "--lock-wait", wait, purpose);
}

CLI::Option* add_seconds(CLI::App& command, const std::string& option,
                         std::chrono::milliseconds& length, const std::string& purpose) {
    return command
        .add_option_function<std::string>(
            option,
            [option, &length](const std::string& text) {
                double seconds = -1;
                const auto* end = text.data() + text.size();
                const auto [at, error] = std::from_chars(text.data(), end, seconds);
                if (error != std::errc{} || at != end || !(seconds >= 0 && seconds <= 86400)) {
                    throw CLI::ValidationError{
                        option, excerpt(text) + " is no number of seconds from 0 to 86400"};
                }
                length = std::chrono::milliseconds{std::llround(seconds * 1000)};
            },
            purpose)
        ->type_name("SECONDS");
}

std::string not_empty(const std::string& text) { return text.empty() ? "the id is empty" : ""; }

}  // namespace nightshift::cmd
