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

namespace {

CLI::Option* add_instant(CLI::App& command, const std::string& option,
                         std::optional<Instant>& instant, const std::string& purpose) {
    return command
        .add_option_function<std::string>(
            option,
            [option, &instant](const std::string& text) {
                instant = parse_instant(text);
                if (instant) return;
                const auto* why = parse_written_time(text)
                                      ? " has no offset from UTC: write it with Z, such as "
                                      : " is no instant: write it such as ";
                throw CLI::ValidationError{option, excerpt(text) + why + "2026-11-22T00:00:00Z"};
            },
            purpose)
        ->type_name("TIME");
}

std::chrono::milliseconds parse_seconds(const std::string& option, const std::string& text) {
    double seconds = -1;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, seconds);
    if (error != std::errc{} || at != end || !(seconds >= 0 && seconds <= 86400)) {
        throw CLI::ValidationError{option,
                                   excerpt(text) + " is no number of seconds from 0 to 86400"};
    }
    return std::chrono::milliseconds{std::llround(seconds * 1000)};
}

}  // namespace

CLI::Option* add_as_of(CLI::App& command, std::optional<Instant>& as_of,
                       const std::string& purpose) {
    return add_instant(command, "--as-of", as_of, purpose);
}

namespace {

template <typename Length>
CLI::Option* add_length(CLI::App& command, const std::string& option, Length& length,
                        const std::string& purpose) {
    return command
        .add_option_function<std::string>(
            option,
            [option, &length](const std::string& text) { length = parse_seconds(option, text); },
            purpose)
        ->type_name("SECONDS");
}

}  // namespace

CLI::Option* add_seconds(CLI::App& command, const std::string& option,
                         std::chrono::milliseconds& length, const std::string& purpose) {
    return add_length(command, option, length, purpose);
}

CLI::Option* add_seconds(CLI::App& command, const std::string& option,
                         std::optional<std::chrono::milliseconds>& length,
                         const std::string& purpose) {
    return add_length(command, option, length, purpose);
}

CLI::Option* add_job_options(CLI::App& command, JobOptions& options, const std::string& wait) {
    auto* once_per =
        command
            .add_option("--once-per", options.once_per,
                        "do nothing where a run of this quarter-hour, hour, day, week or month, in "
                        "NIGHTSHIFT_ZONE, has succeeded or is at work, on any host")
            ->type_name("PERIOD")
            ->check(CLI::IsMember({"quarter-hour", "hour", "day", "week", "month"}));
    command.add_flag("--rerun", options.rerun, "although the period was done")->needs(once_per);
    add_instant(command, "--for", options.period,
                "the period that began then, as 'runs missed' shows it (default: that of now)")
        ->needs(once_per);
    add_seconds(command, "--lock-wait", options.lock_wait, wait);
    add_seconds(command, "--timeout", options.timeout,
                "begin nothing more after this time, keep what is done, end with 124");
    add_seconds(command, "--hard-timeout", options.hard_timeout,
                "stop in the middle after this time (default: a tenth and 5 seconds after "
                "--timeout)");
    command
        .add_option("--metrics-file", options.metrics_file,
                    "write the ledger's metrics there for Prometheus when the run has ended")
        ->type_name("FILE");
    return once_per;
}

std::string not_empty(const std::string& text) { return text.empty() ? "it is empty" : ""; }

}  // namespace nightshift::cmd
