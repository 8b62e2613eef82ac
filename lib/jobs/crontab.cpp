#include "jobs/crontab.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "jobs/cron_times.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace nightshift::jobs {
namespace {

constexpr std::string_view block_begin = "# --- nightshift: begin";
constexpr std::string_view block_end = "# --- nightshift: end";
constexpr int day = 24 * 60;  // minutes, as all that follow
constexpr std::array<std::string_view, 7> weekdays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

// FNV-1a of 64 bits: the same on every machine, which std::hash does not promise.
std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char letter : text) {
        hash ^= static_cast<unsigned char>(letter);
        hash *= 1099511628211U;
    }
    return hash;
}

int modulo(int number, int length) { return ((number % length) + length) % length; }

int length_of(const std::string& unit) { return static_cast<int>(shortest(unit).count()); }

// In minutes after the period's begin: as it is declared and up to a quarter of an hour later, or
// at any minute of an hour that is to have no other; never at :00, :15, :30, :45 or beside them.
int minute_of(const ScheduledJob& job, const std::string& host) {
    const int at = static_cast<int>(job.at.count());
    const int window = job.every == "hour" && at == 0 ? 60 : 15;
    std::vector<int> candidates;
    for (int minute = at; minute < std::min(at + window, length_of(job.every)); ++minute) {
        if (minute % 15 >= 2 && minute % 15 <= 13) candidates.push_back(minute);
    }
    if (candidates.empty()) return at;
    return candidates[hash_of(host + "/" + job.job) % candidates.size()];
}

// An hour later where clocks skip that time of day, as systemd leaves out what falls into a gap;
// but not where that is in the next period: rather one is left out, which a catch-up makes up for.
int outside_gaps(int minute, int length, const std::string& zone, Instant now) {
    auto later = minute;
    while (later < length && skips(zone, std::chrono::minutes{modulo(later, day)}, now))
        later += 60;
    return later < length ? later : minute;
}

std::string quarters(int minute) {
    return fmt::format("{:02},{:02},{:02},{:02}", minute, minute + 15, minute + 30, minute + 45);
}

// minute: of the period, on the clock that the crontab goes by; it may lie before its begin.
std::string cron_times(const ScheduledJob& job, int minute) {
    if (job.every == "quarter-hour") {
        minute = modulo(minute, 15);
        return fmt::format("{},{},{},{} * * * *", minute, minute + 15, minute + 30, minute + 45);
    }
    const int time = modulo(minute, day);
    if (job.every == "hour") return fmt::format("{} * * * *", modulo(minute, 60));
    if (job.every == "day") return fmt::format("{} {} * * *", time % 60, time / 60);
    if (job.every == "week") {
        const int weekday = modulo(minute, 7 * day) / day;  // 0 is Monday
        return fmt::format("{} {} * * {}", time % 60, time / 60, (weekday + 1) % 7);
    }
    // The last day of a month cannot be said: rather on the first, a little later.
    const int of_month = minute < 0 ? 1 : 1 + minute / day;
    if (of_month > 28) {
        throw Error{Failure::configuration, job.job + " cannot stand in a crontab",
                    "on cron's clock it would be on day " + std::to_string(of_month) +
                        ", which not every month has",
                    "let it be earlier in the month, or use --target systemd"};
    }
    return fmt::format("{} {} {} * *", time % 60, time / 60, of_month);
}

std::string calendar(const ScheduledJob& job, int minute, const std::string& zone, int to_utc) {
    if (job.every == "quarter-hour")
        return fmt::format("*-*-* *:{}:00 UTC", quarters(modulo(minute, 15)));
    if (job.every == "hour")
        return fmt::format("*-*-* *:{:02}:00 UTC", modulo(minute + to_utc, 60));
    const auto time = fmt::format("{:02}:{:02}:00 {}", minute % day / 60, minute % 60, zone);
    if (job.every == "day") return "*-*-* " + time;
    if (job.every == "week")
        return fmt::format("{} *-*-* {}", weekdays[static_cast<std::size_t>(minute / day)], time);
    return fmt::format("*-*-{:02} {}", 1 + minute / day, time);
}

// Seconds: well before the next run; the hard limit comes a tenth and 5 seconds later.
int time_limit(const std::string& unit) {
    return unit == "quarter-hour" ? 600 : unit == "hour" ? 3000 : 21600;
}

bool has(const std::vector<std::string>& words, const std::string& option) {
    return std::any_of(words.begin(), words.end(), [&option](const auto& word) {
        return word == option || word.starts_with(option + "=");
    });
}

// Makes up for what was missed; it is no job of the ledger's itself.
const ScheduledJob catch_up{"catch-up", {"runs", "catch-up"}, "hour"};

std::vector<std::string> command_of(const ScheduledJob& job, const CrontabOptions& options) {
    std::vector<std::string> words{options.program};
    if (!options.env_file.empty()) {
        words.emplace_back("--env-file");
        words.push_back(options.env_file);
    }
    words.insert(words.end(), job.command.begin(), job.command.end());
    if (!has(words, "--quiet")) words.emplace_back("--quiet");
    if (job.command != catch_up.command) {
        words.insert(words.end(), {"--once-per", job.every});
        if (!has(words, "--timeout"))
            words.insert(words.end(), {"--timeout", std::to_string(time_limit(job.every))});
    }
    for (const auto& word : words) {
        if (std::any_of(word.begin(), word.end(), [](unsigned char c) { return c < ' '; })) {
            throw Error{Failure::configuration, job.job + " cannot stand in a crontab",
                        "its command has a word with a line end or another control character: " +
                            excerpt(word),
                        "correct the schedule"};
        }
    }
    return words;
}

bool is_plain(const std::string& word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view{"_./:=@,+-"}.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

// For /bin/sh, behind cron, which makes of a % a line end. Of \\% cron takes the two strokes
// together, and the % is bare: '' keeps them apart.
std::string for_cron(const std::string& word) {
    if (is_plain(word)) return word;
    std::string quoted = "'";
    for (const char letter : word) {
        if (letter == '%' && quoted.ends_with('\\')) quoted += "''";
        if (letter == '\'') {
            quoted += "'\\''";
        } else if (letter == '%') {
            quoted += "\\%";
        } else {
            quoted += letter;
        }
    }
    return quoted + "'";
}

// systemd.service(5), "Command lines".
std::string for_systemd(const std::string& word) {
    if (is_plain(word)) return word;
    std::string quoted = "\"";
    for (const char letter : word) {
        if (letter == '"' || letter == '\\') quoted += '\\';
        if (letter == '$' || letter == '%') quoted += letter;
        quoted += letter;
    }
    return quoted + "\"";
}

std::string joined(const std::vector<std::string>& words,
                   std::string (*quoted)(const std::string&)) {
    std::string line;
    for (const auto& word : words) line += (line.empty() ? "" : " ") + quoted(word);
    return line;
}

std::string clock_remark(const CrontabOptions& options) {
    return fmt::format("# For cron on {}, whose clock is {}; the schedule's is {}.\n", options.host,
                       options.cron_zone, options.zone);
}

std::string lines(const std::vector<PlannedJob>& jobs, const std::string& user_column) {
    std::string text;
    for (const auto& each : jobs) {
        text += fmt::format("# {}, every {}\n{} {}{}\n", each.job.job, each.job.every, each.times,
                            user_column, joined(each.words, for_cron));
    }
    return text;
}

// It would be read as something else of the line, or as another line.
void refuse_odd(const std::string& name, const std::string& what) {
    const bool is_odd =
        std::any_of(name.begin(), name.end(), [](unsigned char c) { return c <= ' ' || c == 127; });
    if (!is_odd && !name.empty()) return;
    throw Error{Failure::configuration, what + " " + excerpt(name) + " cannot stand in a crontab",
                "it has a blank or a control character, or is empty", "give another name"};
}

struct BlockPlace {
    std::size_t begin = std::string_view::npos;
    std::size_t end = std::string_view::npos;  // behind its last line end
};

// Throws where it cannot be told which lines are ours.
BlockPlace find_block(std::string_view crontab) {
    BlockPlace place;
    std::size_t at = 0;
    int begins = 0;
    int ends = 0;
    while (at < crontab.size()) {
        const auto end = std::min(crontab.find('\n', at), crontab.size() - 1) + 1;
        const auto line = crontab.substr(at, end - at);
        if (line.starts_with(block_begin) && ++begins == 1) place.begin = at;
        if (line.starts_with(block_end) && ++ends == 1 && begins == 1) place.end = end;
        at = end;
    }
    if (begins == 0 && ends == 0) return {};
    if (begins == 1 && ends == 1 && place.end != std::string_view::npos) return place;
    throw Error{Failure::refused, "our block in this crontab is cut, or there twice",
                fmt::format("{} of its lines '{}' and {} of '{}' stand there", begins, block_begin,
                            ends, block_end),
                "delete by 'crontab -e' what stands between them, and them"};
}

}  // namespace

std::vector<PlannedJob> plan(const std::vector<ScheduledJob>& schedule,
                             const CrontabOptions& options, Instant now) {
    const int latest = static_cast<int>(most_ahead(options.cron_zone, options.zone, now).count());
    const int earliest =
        -static_cast<int>(most_ahead(options.zone, options.cron_zone, now).count());
    const int to_utc = static_cast<int>(most_ahead("UTC", options.zone, now).count());
    std::vector<PlannedJob> jobs;
    refuse_odd(options.user, "the user");
    refuse_odd(options.host, "the host");
    auto wanted = schedule;
    wanted.push_back(catch_up);
    for (const auto& job : wanted) {
        const int minute = minute_of(job, options.host);
        const int length = length_of(job.every);
        const int on_cron = minute + latest;
        const int on_timer =
            length < day ? minute : outside_gaps(minute, length, options.zone, now);
        jobs.push_back({job, cron_times(job, on_cron),
                        calendar(job, on_timer, options.zone, to_utc), command_of(job, options),
                        length >= day && on_cron - earliest >= length});
    }
    return jobs;
}

std::string cron_d_text(const std::vector<PlannedJob>& jobs, const CrontabOptions& options) {
    return "# Made by 'nightshift crontab install'; 'nightshift crontab diff' shows what "
           "changed.\n" +
           clock_remark(options) + lines(jobs, options.user + " ");
}

std::string user_block(const std::vector<PlannedJob>& jobs, const CrontabOptions& options) {
    return fmt::format("{}, made by 'nightshift crontab install'\n{}{}{}\n", block_begin,
                       clock_remark(options), lines(jobs, ""), block_end);
}

std::string block_of(std::string_view crontab) {
    const auto place = find_block(crontab);
    if (place.begin == std::string_view::npos) return "";
    return std::string{crontab.substr(place.begin, place.end - place.begin)};
}

std::string without_block(std::string_view crontab) {
    const auto place = find_block(crontab);
    if (place.begin == std::string_view::npos) return std::string{crontab};
    return std::string{crontab.substr(0, place.begin)} + std::string{crontab.substr(place.end)};
}

std::string with_block(std::string_view crontab, const std::string& block) {
    const auto place = find_block(crontab);
    if (place.begin != std::string_view::npos) {
        return std::string{crontab.substr(0, place.begin)} + block +
               std::string{crontab.substr(place.end)};
    }
    std::string text{crontab};
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    return text + block;
}

std::vector<Unit> systemd_units(const std::vector<PlannedJob>& jobs,
                                const CrontabOptions& options) {
    constexpr std::string_view service = R"(# Made by 'nightshift crontab install'.
[Unit]
Description=nightshift: {0}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={1}
ExecStart={2}
# Another run is at work: no failure.
SuccessExitStatus=75
# The process that delivers heartbeats outlives the job a little.
KillMode=process
)";
    // Persistent: what was missed while the machine was down comes once, when it is up.
    constexpr std::string_view timer = R"(# Made by 'nightshift crontab install'.
[Unit]
Description=nightshift: {0}, every {1}

[Timer]
OnCalendar={2}
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
)";
    std::vector<Unit> units;
    for (const auto& each : jobs) {
        auto title = each.job.job;  // a stroke at a line's end would take in the next line
        std::replace(title.begin(), title.end(), '\\', '/');
        for (auto at = title.find('%'); at != std::string::npos; at = title.find('%', at + 2))
            title.insert(at, 1, '%');
        auto name = "nightshift-" + each.job.job;
        std::replace_if(
            name.begin(), name.end(),
            [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; }, '-');
        units.push_back({name + ".service", fmt::format(service, title, options.user,
                                                        joined(each.words, for_systemd))});
        units.push_back(
            {name + ".timer", fmt::format(timer, title, each.job.every, each.calendar)});
    }
    return units;
}

}  // namespace nightshift::jobs
