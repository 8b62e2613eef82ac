// nightshift crontab validate: what cron takes without a word, and does not do.
#include "base/file.hpp"
#include "base/text.hpp"
#include "jobs/crontab_check.hpp"
#include "jobs/heartbeat.hpp"
#include "jobs/user_look.hpp"
#include "runs/subcommands.hpp"
#include "subcommands.hpp"

#include <filesystem>
#include <regex>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using jobs::CronEntry;
using jobs::Finding;

struct Options {
    CrontabChoice choice;
    std::string file;
};

// The job whose command stands in the line; of several the longest.
const jobs::ScheduledJob* job_of(const CronEntry& entry,
                                 const std::vector<jobs::ScheduledJob>& schedule) {
    const auto& words = entry.nightshift;
    const jobs::ScheduledJob* found = nullptr;
    for (const auto& job : schedule) {
        const auto& command = job.command;
        const bool is_there =
            std::search(words.begin(), words.end(), command.begin(), command.end()) != words.end();
        if (is_there && (found == nullptr || found->command.size() < command.size())) found = &job;
    }
    return found;
}

// ExecStart and User of a unit; and of a timer the times, where the schedule makes such.
CronEntry entry_of_unit(const std::string& text, std::string& zone) {
    static const std::regex form{
        R"(OnCalendar=(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\*-\*-(\*|\d\d) (\d\d):(\d\d):00 (\S+))"};
    CronEntry entry;
    const auto value = [&text](const std::string& name) {
        const auto at = text.find("\n" + name + "=");
        if (at == std::string::npos) return std::string{};
        const auto begin = at + name.size() + 2;
        return text.substr(begin, text.find('\n', begin) - begin);
    };
    entry.user = value("User");
    entry.command = std::regex_replace(value("ExecStart"), std::regex{R"((\$|%)\1)"}, "$1");
    jobs::find_nightshift(entry);
    std::smatch parts;
    if (!std::regex_search(text, parts, form)) return entry;
    const auto number = [&parts](std::size_t i) { return std::stoi(parts[i].str()); };
    entry.parsed = jobs::parse_cron_times(
        fmt::format("{} {} {} * {}", number(4), number(3), parts[2] == "*" ? "*" : parts[2].str(),
                    parts[1].matched ? lowered(parts[1].str()) : "*"));
    zone = parts[5];
    return entry;
}

// Whether the line's words are such as this program understands.
std::vector<Finding> look_at_command(const CronEntry& entry) {
    if (!jobs::is_this_program(entry)) return {};
    const auto& words = entry.nightshift;
    const bool is_open = std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return word.find_first_of("$`*?") != std::string::npos;  // a shell makes more of it
    });
    const auto why = is_open ? "" : objection_to({words.begin() + 1, words.end()});
    if (why.empty()) return {};
    return {{true, entry.line, "it would end with 64 each time: " + why,
             "correct the command: see nightshift --help"}};
}

// What a job's user is to find; what is set here is compared.
jobs::SettingsLook settings_of(const Session& session, const jobs::ScheduledJob* job) {
    jobs::SettingsLook look;
    look.needs = job != nullptr ? job->needs : jobs::ScheduledJob{}.needs;
    look.same = {
        {"NIGHTSHIFT_ZONE", session.zone()},
        {"NIGHTSHIFT_SCHEDULE", session.settings.find("NIGHTSHIFT_SCHEDULE").value_or("")}};
    std::vector<std::string> also{"HEARTBEAT_URL", "SENTRY_DSN", "NIGHTSHIFT_METRICS_FILE",
                                  "NIGHTSHIFT_HOST"};
    if (job != nullptr) also.push_back(jobs::setting_of(job->job));
    for (const auto& name : also) {
        if (session.settings.find_secret(name)) look.also.push_back(name);
    }
    return look;
}

void add(std::vector<Finding>& all, std::vector<Finding> more) {
    for (auto& each : more) all.push_back(std::move(each));
}

// Whether the job usually takes longer than until its next run.
std::vector<Finding> compare_durations(const Session& session, const std::vector<CronEntry>& all,
                                       const std::vector<jobs::ScheduledJob>& schedule,
                                       const std::string& zone) {
    std::vector<Finding> findings;
    try {
        const auto postgres = session.migrated_postgres();
        for (const auto& entry : all) {
            const auto* job = job_of(entry, schedule);
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

std::vector<Finding> look_at_place(const std::string& file) {
    const std::filesystem::path path{file};
    const bool is_there = path.parent_path().filename() == "cron.d";
    std::vector<Finding> findings;
    if (!jobs::is_cron_d_name(path.filename().string())) {
        findings.push_back(
            {is_there, 0, "cron reads no file of that name in cron.d: " + path.filename().string(),
             "use letters, digits, - and _ alone"});
    }
    struct stat about {};
    if (!is_there || ::stat(file.c_str(), &about) != 0) return findings;
    if (about.st_uid != 0 || (about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        findings.push_back({true, 0, "cron reads no file that others than root may write",
                            "chown root:root " + file + "; chmod 644 " + file});
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

ExitCode validate(Session& session, const Options& options) {
    const auto place = place_of(options.choice);
    jobs::Files files;
    if (options.file.empty()) {
        files = jobs::installed(place);
    } else if (const auto text = read_file(options.file)) {
        files[std::filesystem::path{options.file}.filename()] = *text;
    }
    if (files.empty()) {
        throw Error{Failure::data,
                    options.file.empty() ? "no schedule of ours is installed there"
                                         : "there is no file " + options.file,
                    "", "see 'nightshift crontab print', and 'nightshift crontab install'"};
    }
    auto findings = check_files(session, options.choice, files);
    if (place.target == jobs::Target::cron_d) {
        const auto folder = place.folder.empty() ? "/etc/cron.d" : place.folder;
        add(findings, look_at_place(options.file.empty() ? folder + "/nightshift" : options.file));
    }
    session.output.result([&] { return findings_text(findings); },
                          [&] {
                              return Json{{"findings", findings_json(findings)}};
                          },
                          !has_errors(findings));
    return has_errors(findings) ? ExitCode::negative : ExitCode::done;
}

}  // namespace

std::vector<Finding> check_files(const Session& session, const CrontabChoice& choice,
                                 const jobs::Files& files) {
    const auto place = place_of(choice);
    const auto schedule = declared_schedule(session);
    auto zone = cron_zone_of(choice);
    std::vector<Finding> findings = jobs::verify(place, files);
    std::vector<CronEntry> entries;
    for (const auto& [name, text] : files) {
        if (place.target == jobs::Target::systemd) {
            auto unit_zone = zone;
            entries.push_back(entry_of_unit(text, unit_zone));
            if (entries.back().parsed)
                add(findings, jobs::look_at(entries.back(), unit_zone, now()));
            continue;
        }
        auto crontab = parsed(place, text);
        add(findings, std::move(crontab.findings));
        for (auto& entry : crontab.entries) {
            add(findings, jobs::look_at(entry, zone, now()));
            entries.push_back(std::move(entry));
        }
    }
    for (const auto& entry : entries) {
        const auto* job = job_of(entry, schedule);
        add(findings, look_at_command(entry));
        add(findings, jobs::look_as_user(entry, entry.user.empty() ? place.user : entry.user,
                                         settings_of(session, job)));
    }
    add(findings, compare_durations(session, entries, schedule, zone));
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

void add_crontab_validate(CLI::App& crontab, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* command = crontab.add_subcommand("validate", "find what cron does not");
    command->fallthrough();
    add_target(*command, options->choice);
    command
        ->add_option("--cron-zone", options->choice.cron_zone,
                     "in which cron's clock is (default: this machine's)")
        ->type_name("ZONE");
    command->add_option("FILE", options->file, "a crontab (default: what is installed)");
    command->footer(
        "Exits with 1 where something is wrong; what is only worth a look is printed.\n"
        "\n"
        "Examples:\n"
        "  sudo nightshift crontab validate --user app\n"
        "  nightshift crontab validate --target cron.d --user app my-crontab");
    command->callback([&chosen, options] {
        chosen = {"crontab validate",
                  [options](Session& session) { return validate(session, *options); }};
    });
}

}  // namespace nightshift::cmd
