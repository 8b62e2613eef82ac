// What is to be said of crontabs and units, of their lines and of what these start.
#include "base/redaction.hpp"
#include "base/text.hpp"
#include "jobs/crontab_check.hpp"
#include "jobs/heartbeat.hpp"
#include "jobs/user_look.hpp"
#include "runs/subcommands.hpp"
#include "subcommands.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using jobs::CronEntry;
using jobs::Finding;
using jobs::Started;

const std::vector<std::string> default_needs = jobs::ScheduledJob{}.needs;

// The job whose command is started; of several the longest.
const jobs::ScheduledJob* job_of(const Started& started,
                                 const std::vector<jobs::ScheduledJob>& schedule) {
    const auto& words = started.words;
    const jobs::ScheduledJob* found = nullptr;
    for (const auto& job : schedule) {
        const auto& command = job.command;
        const bool is_there =
            std::search(words.begin(), words.end(), command.begin(), command.end()) != words.end();
        if (is_there && (found == nullptr || found->command.size() < command.size())) found = &job;
    }
    return found;
}

// Whether the words are such as this program understands, up to one that a shell makes more of.
std::vector<Finding> look_at_command(const CronEntry& entry, const Started& started) {
    if (!jobs::is_this_program(entry, started)) return {};
    const auto open = std::find_if(
        started.words.begin() + 1, started.words.end(),
        [](const std::string& word) { return word.find_first_of("$`*?") != std::string::npos; });
    const bool goes_on = open != started.words.end();
    std::vector<std::string> words{started.words.begin() + 1, open};
    if (goes_on && !words.empty() && words.back().starts_with('-')) words.pop_back();
    for (const auto& word : words) {
        if (word.find("://") != std::string::npos) remember_secret(word);  // it may be one
    }
    const auto why = objection_to(words, goes_on);
    if (why.empty()) return {};
    return {{true, entry.line, "it would end with 64 each time: " + why,
             "correct the command: see nightshift --help"}};
}

// What a job's user is to find; what is set here is compared.
jobs::SettingsLook settings_of(const Session& session, const Started& started,
                               const jobs::ScheduledJob* job) {
    jobs::SettingsLook look;
    const auto& words = started.words;
    static const std::set<std::string> without{"crontab", "completion", "migrate",   "help",
                                               "--help",  "-h",         "--version", "-V"};
    const bool is_job = std::none_of(words.begin(), words.end(),
                                     [](const auto& word) { return without.contains(word); });
    if (job != nullptr || is_job) look.needs = job != nullptr ? job->needs : default_needs;
    look.same = {
        {"NIGHTSHIFT_ZONE", session.zone()},
        {"NIGHTSHIFT_SCHEDULE", session.settings.find("NIGHTSHIFT_SCHEDULE").value_or("")}};
    std::vector<std::string> also{"HEARTBEAT_URL", "SENTRY_DSN", "NIGHTSHIFT_METRICS_FILE",
                                  "NIGHTSHIFT_HOST"};
    if (job != nullptr) {
        also.push_back(jobs::setting_of(job->job));
        also.insert(also.end(), job->where_any.begin(), job->where_any.end());
    }
    for (const auto& name : also) {
        if (session.settings.has(name)) look.also.push_back(name);
    }
    return look;
}

void add(std::vector<Finding>& all, std::vector<Finding> more) {
    for (auto& each : more) all.push_back(std::move(each));
}

// Whether the job usually takes longer than until its next run, by its times in their zone.
std::vector<Finding> compare_durations(const Session& session,
                                       const std::vector<std::pair<CronEntry, std::string>>& all,
                                       const std::vector<jobs::ScheduledJob>& schedule) {
    std::vector<Finding> findings;
    try {
        const auto postgres = session.migrated_postgres();
        for (const auto& [entry, zone] : all) {
            const auto* job = entry.started.empty() ? nullptr : job_of(entry.started[0], schedule);
            if (job == nullptr || !entry.parsed) continue;
            const auto usual = jobs::usual_duration(*postgres, job->job);
            const auto interval = jobs::shortest_interval(*entry.parsed, zone, now());
            if (!usual || !interval || *usual < *interval) continue;
            findings.push_back(
                {false, entry.line,
                 fmt::format("{} comes every {} s, and its runs take {} s", job->job,
                             interval->count(), usual->count() / 1000),
                 "let it come more rarely; a run that finds another at work ends with 75"});
        }
    } catch (const Error& error) {
        findings.push_back({false, 0,
                            fmt::format("how long jobs take was not looked up: {}",
                                        one_line(error.what() + ("\n" + error.cause))),
                            "set DATABASE_URL for this look too"});
    }
    return findings;
}

// Of our block in a user's crontab its lines alone, with what those above it set.
jobs::Crontab parsed(const jobs::Place& place, const std::string& text) {
    if (place.target == jobs::Target::cron_d)
        return jobs::parse_crontab(text, jobs::CrontabKind::cron_d);
    if (jobs::block_of(text) != text) return jobs::parse_crontab(text, jobs::CrontabKind::user);
    const auto whole = jobs::with_block(jobs::read_crontab(place.user), text);
    auto crontab = jobs::parse_crontab(whole, jobs::CrontabKind::user);
    const auto lines_of = [](std::string_view part) {
        return static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    };
    const auto above = lines_of(std::string_view{whole}.substr(0, whole.find(text)));
    const auto is_theirs = [above, ours = lines_of(text)](const auto& each) {
        return each.line != 0 && (each.line <= above || each.line > above + ours);
    };
    std::erase_if(crontab.entries, is_theirs);
    std::erase_if(crontab.findings, is_theirs);
    return crontab;
}

std::vector<Finding> look_at_started(const Session& session, const CronEntry& entry,
                                     const std::string& user,
                                     const std::vector<jobs::ScheduledJob>& schedule,
                                     jobs::UserLook& eyes) {
    auto findings = jobs::look_for_user(entry, user);
    for (const auto& started : entry.started) {
        add(findings, look_at_command(entry, started));
        add(findings, eyes.look(entry, started, user,
                                settings_of(session, started, job_of(started, schedule))));
    }
    return findings;
}

// A service with its timer, where that is among the files.
CronEntry entry_of_units(const jobs::Files& files, const std::string& service, std::string& zone) {
    auto timer = service;
    timer.replace(timer.rfind('.'), std::string::npos, ".timer");
    const auto found = files.find(timer);
    return jobs::parse_units(files.at(service), found != files.end() ? found->second : "", zone);
}

}  // namespace

std::vector<Finding> check_files(const Session& session, const CrontabChoice& choice,
                                 const jobs::Files& files, std::optional<uid_t> writer) {
    const auto place = place_of(choice);
    const auto schedule = declared_schedule(session);
    const auto cron_zone = cron_zone_of(session, choice);
    std::vector<Finding> findings = jobs::verify(place, files);
    jobs::UserLook eyes{session.stop, writer};
    std::vector<std::pair<CronEntry, std::string>> timed;
    for (const auto& [name, text] : files) {
        const bool is_unit = place.target == jobs::Target::systemd;
        if (is_unit && !name.ends_with(".service")) continue;
        auto zone = cron_zone;
        auto read =
            is_unit ? jobs::Crontab{{entry_of_units(files, name, zone)}, {}} : parsed(place, text);
        auto of_file = std::move(read.findings);
        for (auto& entry : read.entries) {
            const auto user = entry.user.empty() ? place.user : entry.user;
            add(of_file, jobs::look_at(entry, zone, now()));
            add(of_file, look_at_started(session, entry, user, schedule, eyes));
            timed.emplace_back(std::move(entry), zone);
        }
        for (auto& each : of_file) {
            if (is_unit) each.what = name + ": " + each.what;
            each.what = redacted(each.what);
        }
        add(findings, std::move(of_file));
    }
    add(findings, compare_durations(session, timed, schedule));
    if (session.stop.stop_requested())
        throw Error{Failure::interrupted, "stopped", "", "nothing was changed"};
    std::stable_sort(findings.begin(), findings.end(), [](const auto& one, const auto& other) {
        return one.is_error && !other.is_error;
    });
    return findings;
}

bool has_errors(const std::vector<Finding>& findings) {
    return std::any_of(findings.begin(), findings.end(),
                       [](const auto& each) { return each.is_error; });
}

std::string findings_text(const std::vector<Finding>& findings) {
    std::string text;
    std::set<std::string> said;  // of ten lines with the same fault one
    for (const auto& each : findings) {
        if (!said.insert(each.what).second) continue;
        text += fmt::format("{}: {}{}\n  fix: {}\n", each.is_error ? "error" : "look",
                            each.line > 0 ? fmt::format("line {}: ", each.line) : "",
                            printable(each.what), printable(each.fix));
    }
    return text.empty() ? "nothing is wrong with it\n" : text;
}

Json findings_json(const std::vector<Finding>& findings) {
    Json list = Json::array();
    for (const auto& each : findings) {
        list.push_back({{"severity", each.is_error ? "error" : "look"},
                        {"line", each.line > 0 ? Json(each.line) : Json()},
                        {"what", each.what},
                        {"fix", each.fix}});
    }
    return list;
}

}  // namespace nightshift::cmd
