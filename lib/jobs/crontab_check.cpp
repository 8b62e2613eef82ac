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
    static const std::regex form{R"(^\s*(["']?)([^"'\s=]+)\1\s*=\s*(.*?)\s*$)"};
    std::smatch parts;
    if (!std::regex_match(line, parts, form)) return std::nullopt;
    auto value = parts[3].str();
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front()) {
        value = value.substr(1, value.size() - 2);
    }
    return std::pair{parts[2].str(), value};
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
        find_nightshift(crontab.entries.back());
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
        if (ticks.empty()) worth_a_look("it never comes round", "correct the day or the month");
        for (const auto firing : {Firing::after_a_gap, Firing::repeated}) {
            const auto odd = std::find_if(ticks.begin(), ticks.end(), [firing](const auto& tick) {
                return tick.firing == firing;
            });
            if (odd == ticks.end() || entry.parsed->by_the_clock) continue;
            worth_a_look(fmt::format("clocks {} its time: {} in {}",
                                     firing == Firing::repeated ? "repeat" : "skip",
                                     local_text(odd->at, cron_zone), cron_zone),
                         "choose a time outside 00:00 to 04:00, or keep cron's machine in UTC");
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
    const auto& words = entry.nightshift;
    if (words.empty()) {
        static const std::regex named{R"((^|[\s/'"])nightshift\s)"};
        if (std::regex_search(entry.command, named)) {
            worth_a_look("it names nightshift in a way that was not understood, nor looked at",
                         "let the line start it by itself, or in a script");
        }
        return findings;
    }
    const auto lacks = [&words](std::string_view option) {
        return std::none_of(words.begin(), words.end(), [option](const std::string& word) {
            return word == option || word.starts_with(std::string{option} + "=");
        });
    };
    if (!words[0].starts_with('/') && !entry.environment.contains("PATH")) {
        worth_a_look("cron's PATH is /usr/bin:/bin alone", "name nightshift by its whole path");
    }
    if (lacks("--quiet") && lacks("-q"))
        worth_a_look("each run prints, and cron mails it", "add --quiet");
    for (const auto* no_job : {"runs", "leaderboard", "migrate", "crontab"}) {
        if (!lacks(no_job)) return findings;
    }
    if (lacks("--once-per"))
        worth_a_look("a second host, or a repeated hour, does it twice", "add --once-per");
    if (lacks("--timeout")) worth_a_look("a run may go on until the next", "add --timeout");
    return findings;
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
