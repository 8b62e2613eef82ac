#include "jobs/crontab_check.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cctype>
#include <regex>

#include <fmt/format.h>

namespace nightshift::jobs {
namespace {

using std::chrono::days;

constexpr std::size_t most_ticks = 100'000;
constexpr std::size_t longest_line = 1000;  // MAX_COMMAND, MAX_ENVSTR

// Takes the first word off.
std::string_view take_word(std::string_view& rest) {
    rest = trimmed(rest);
    const auto end = std::min(rest.find_first_of(" \t"), rest.size());
    const auto word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
}

// NAME=value, with or without quotes, as load_env of cron has it.
std::optional<std::pair<std::string, std::string>> assignment(const std::string& line) {
    static const std::regex form{R"re(^\s*(?:"([^"]+)"|'([^']+)'|([^"'\s=]+))\s*=\s*(.*?)\s*$)re"};
    std::smatch parts;
    if (!std::regex_match(line, parts, form)) return std::nullopt;
    auto value = parts[4].str();
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front()) {
        value = value.substr(1, value.size() - 2);
    }
    return std::pair{parts[1].str() + parts[2].str() + parts[3].str(), value};
}

// What the shell gets: up to the first % that no backslash escapes; the rest is its input. As
// do_command.c of Debian's cron has it: a backslash escapes whatever follows, and goes only before
// a %.
std::string before_percent(std::string_view command, bool& is_cut) {
    std::string text;
    bool is_escaped = false;
    for (const char letter : command) {
        if (letter == '%' && !is_escaped) {
            is_cut = true;
            break;
        }
        if (letter == '%') text.pop_back();
        text += letter;
        is_escaped = !is_escaped && letter == '\\';
    }
    return text;
}

CronEntry parse_entry(std::string_view line, std::size_t number, CrontabKind kind,
                      std::vector<Finding>& findings) {
    CronEntry entry;
    entry.line = number;
    auto rest = trimmed(line);
    const int words = rest.starts_with('@') ? 1 : 5;
    for (int i = 0; i < words; ++i)
        entry.times += (i == 0 ? "" : " ") + std::string{take_word(rest)};
    if (kind == CrontabKind::cron_d) entry.user = take_word(rest);
    try {
        if (entry.times != "@reboot") entry.parsed = parse_cron_times(entry.times);
    } catch (const Error& error) {
        findings.push_back({true, number, error.what(), error.cause});
    }
    bool is_cut = false;
    entry.command = before_percent(trimmed(rest), is_cut);
    if (is_cut) {
        findings.push_back({true, number,
                            "an unescaped % ends the command, and the rest becomes its input",
                            "write it as \\%"});
    }
    if (entry.command.empty())
        findings.push_back({true, number, "there is no command", "give one, or drop the line"});
    return entry;
}

bool has(const std::vector<std::string>& words, std::string_view option) {
    return std::any_of(words.begin(), words.end(), [option](const std::string& word) {
        return word == option || word.starts_with(std::string{option} + "=");
    });
}

// worth_a_look(what, fix).
template <typename Finds>
void look_at_words(const Started& started, const CronEntry& entry, const Finds& worth_a_look) {
    const auto& words = started.words;
    if (!words[0].starts_with('/') && !entry.environment.contains("PATH") &&
        !started.environment.contains("PATH") && started.is_plain) {
        worth_a_look("cron's PATH is /usr/bin:/bin alone", "name nightshift by its whole path");
    }
    for (const auto* no_job : {"leaderboard", "migrate", "crontab", "completion", "help"}) {
        if (has(words, no_job)) return;
    }
    if (has(words, "--version") || has(words, "--help")) return;
    if (!has(words, "--quiet") && !has(words, "-q"))
        worth_a_look("each run prints, and cron mails it", "add --quiet");
    if (has(words, "runs")) return;
    if (!has(words, "--once-per"))
        worth_a_look("a second host, or a repeated hour, does it twice", "add --once-per");
    if (!has(words, "--timeout")) worth_a_look("a run may go on until the next", "add --timeout");
}

}  // namespace

Crontab parse_crontab(std::string_view text, CrontabKind kind) {
    Crontab crontab;
    std::map<std::string, std::string> environment;
    if (!text.empty() && !text.ends_with('\n')) {
        crontab.findings.push_back({true, 0, "the last line has no line end: cron leaves it out",
                                    "end the file with a line end"});
    }
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string line{text.substr(0, end)};
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto content = trimmed(line);
        if (content.empty() || content.starts_with('#')) continue;
        if (content.find('\0') != std::string_view::npos || line.ends_with('\r')) {
            crontab.findings.push_back({true, number,
                                        "it ends in a carriage return, or holds a NUL",
                                        "end lines as Unix does"});
        }
        if (line.size() >= longest_line) {
            crontab.findings.push_back({true, number, "cron cuts lines of 1000 characters and more",
                                        "put it into a script, or a settings file"});
            continue;
        }
        if (const auto set = assignment(line)) {
            environment[set->first] = set->second;
            continue;
        }
        crontab.entries.push_back(parse_entry(line, number, kind, crontab.findings));
        crontab.entries.back().environment = environment;
        crontab.entries.back().started = started_by(crontab.entries.back().command);
    }
    return crontab;
}

std::vector<Finding> look_at(const CronEntry& entry, const std::string& cron_zone, Instant now) {
    std::vector<Finding> findings;
    const auto worth_a_look = [&](const std::string& what, const std::string& fix) {
        findings.push_back({false, entry.line, what, fix});
    };
    if (entry.parsed) {
        const auto ticks = next_ticks(*entry.parsed, cron_zone, now, most_ticks, days{366});
        if (next_ticks(*entry.parsed, cron_zone, now, 1, days{366 * 8 + 1}).empty())
            worth_a_look("it never comes round", "correct the day or the month");
        for (const auto firing : {Firing::after_a_gap, Firing::repeated}) {
            const auto odd = std::find_if(ticks.begin(), ticks.end(), [firing](const auto& tick) {
                return tick.firing == firing;
            });
            if (odd == ticks.end() || entry.parsed->by_the_clock) continue;
            worth_a_look(fmt::format("clocks {} its time: {} in {}",
                                     firing == Firing::repeated ? "repeat" : "skip",
                                     local_text(odd->at, cron_zone), cron_zone),
                         "choose a time outside 00:00 to 04:00, or a clock in UTC");
        }
        if (!entry.parsed->any_day && !entry.parsed->any_weekday) {
            worth_a_look("day of month and day of week are both given: it runs on either",
                         "give one of them and * for the other");
        }
    }
    if (entry.environment.contains("CRON_TZ")) {
        worth_a_look("Debian's cron does not read CRON_TZ: its times are by the machine's clock",
                     "drop it; for cronie, which reads it, validate with --cron-zone");
    }
    for (const auto& each : entry.started) look_at_words(each, entry, worth_a_look);
    return findings;
}

CronEntry parse_units(std::string_view service, std::string_view timer, std::string& zone) {
    const auto value = [](std::string_view text, const std::string& name) {
        const auto at = text.find("\n" + name + "=");
        if (at == std::string_view::npos) return std::string{};
        const auto begin = at + name.size() + 2;
        return std::string{text.substr(begin, text.find('\n', begin) - begin)};
    };
    CronEntry entry;
    entry.user = value(service, "User");
    entry.command =
        std::regex_replace(value(service, "ExecStart"), std::regex{R"((\$|%)\1)"}, "$1");
    entry.started = started_by(entry.command);
    if (const auto times = parse_calendar(value(timer, "OnCalendar"))) {
        entry.parsed = times->first;
        zone = times->second;
    }
    return entry;
}

std::optional<std::pair<CronTimes, std::string>> parse_calendar(const std::string& calendar) {
    static const std::regex form{
        R"((?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\*-\*-(\*|\d\d) (\*|\d\d):([\d,]+):00 (\S+))"};
    std::smatch parts;
    if (!std::regex_match(calendar, parts, form)) return std::nullopt;
    return std::pair{parse_cron_times(fmt::format(
                         "{} {} {} * {}", parts[4].str(), parts[3].str(), parts[2].str(),
                         parts[1].matched ? lowered(parts[1].str()) : "*")),
                     parts[5].str()};
}

std::optional<std::chrono::seconds> shortest_interval(const CronTimes& times,
                                                      const std::string& cron_zone, Instant now) {
    const auto ticks = next_ticks(times, cron_zone, now, most_ticks, days{14});
    std::optional<std::chrono::seconds> shortest;
    for (std::size_t i = 1; i < ticks.size(); ++i) {
        const auto interval =
            std::chrono::floor<std::chrono::seconds>(ticks[i].at - ticks[i - 1].at);
        shortest = std::min(shortest.value_or(interval), interval);
    }
    return shortest;
}

bool is_cron_d_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_';
    });
}

}  // namespace nightshift::jobs
