#include "jobs/user_look.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace nightshift::jobs {
namespace {

constexpr int unavailable = 69;

// --env-file FILE or --env-file=FILE, as the line has it.
std::vector<std::string> env_file_of(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].starts_with("--env-file=")) return {words[i]};
        if (words[i] == "--env-file" && i + 1 < words.size()) return {words[i], words[i + 1]};
    }
    return {};
}

constexpr const char* cron_path = "/usr/bin:/bin";

// That the line's shell has.
std::map<std::string, std::string> environment_of(const CronEntry& entry, const Started& started) {
    auto all = entry.environment;
    for (const auto& [name, value] : started.environment) all[name] = value;
    all.insert({{"PATH", cron_path}, {"SHELL", "/bin/sh"}});
    return all;
}

// Where its shell finds it; empty: nowhere.
std::string program_of(const CronEntry& entry, const Started& started) {
    const auto& name = started.words.at(0);
    if (name.find('/') != std::string::npos) return name;
    std::istringstream folders{environment_of(entry, started).at("PATH")};
    for (std::string folder; std::getline(folders, folder, ':');) {
        auto program = folder + "/" + name;
        if (::access(program.c_str(), X_OK) == 0) return program;
    }
    return "";
}

// Its --env-file has a name that a shell makes more of.
bool is_expanded(const std::vector<std::string>& env_file) {
    return std::any_of(env_file.begin(), env_file.end(), [](const std::string& word) {
        return word.find_first_of("$`") != std::string::npos || word.starts_with('~');
    });
}

// Of the hidden command that is asked instead of the job.
std::vector<std::string> arguments_of(const SettingsLook& settings) {
    std::vector<std::string> words{"crontab", "settings"};
    for (const auto& name : settings.needs) words.insert(words.end(), {"--need", name});
    for (const auto& [name, value] : settings.same)
        words.insert(words.end(), {"--same", name + "=" + value});
    for (const auto& name : settings.also) words.insert(words.end(), {"--also", name});
    return words;
}

std::string words_said(const ProgramResult& result, const std::string& program) {
    auto said = one_line(result.said());
    if (said.empty() && result.exit_code != 0)
        return program + " cannot be started: it is not there, or not for this user";
    if (said.starts_with("nightshift: ")) said.erase(0, std::string_view{"nightshift: "}.size());
    return said.substr(0, said.find(" fix: "));
}

}  // namespace

std::vector<Finding> look_for_user(const CronEntry& entry, const std::string& user) {
    if (::getpwnam(user.c_str()) != nullptr) return {};
    return {{true, entry.line, fmt::format("this machine has no user {}", excerpt(user)),
             entry.user.empty() ? "create it, or give another by --user"
                                : "create it, or name another before the command; cron drops a "
                                  "file of cron.d in which one is unknown"}};
}

bool is_this_program(const CronEntry& entry, const Started& started) {
    std::error_code unknown;
    return std::filesystem::equivalent(program_of(entry, started), "/proc/self/exe", unknown);
}

std::vector<Finding> UserLook::look(const CronEntry& entry, const Started& started,
                                    const std::string& user, const SettingsLook& settings) {
    const auto finding = [&entry](bool is_error, const std::string& what, const std::string& fix) {
        return std::vector<Finding>{{is_error, entry.line, what, fix}};
    };
    const auto* account = ::getpwnam(user.c_str());
    if (account == nullptr) return {};
    const auto env_file = env_file_of(started.words);
    if (!started.is_plain || is_expanded(env_file)) {
        return finding(false, "what it finds was not looked at",
                       "the line changes its user, folder or settings: try it by hand");
    }
    if (writer_ != 0 && writer_ != account->pw_uid) {
        return finding(false, fmt::format("what {} would find was not looked at", user),
                       "the file must be root's or theirs, and writable for nobody else");
    }
    const bool is_own = account->pw_uid == ::geteuid();
    if (!is_own && ::geteuid() != 0) {
        return finding(false, fmt::format("what {} would find was not looked at", user),
                       fmt::format("run it as root or as {}", user));
    }
    const auto program = program_of(entry, started);
    if (program.empty()) {
        return finding(true, fmt::format("{} is not in its PATH", excerpt(started.words[0])),
                       "name it by its whole path");
    }
    // Nothing else is started: the line may be anybody's.
    if (!is_this_program(entry, started)) {
        return finding(false,
                       fmt::format("{} is not this program, and was not tried", excerpt(program)),
                       "validate by the program that the line names");
    }
    // Whatever stands in the crontab, such as LD_PRELOAD, counts for that user alone.
    auto environment = environment_of(entry, started);
    environment.insert({{"HOME", account->pw_dir}});
    environment["LOGNAME"] = user;
    environment["LOG_FORMAT"] = "plain";
    Launch launch{.words = {program},
                  .environment = std::vector<std::string>{},
                  .user = is_own ? "" : user,
                  .folder = environment.at("HOME"),
                  .group = Launch::Group::session};  // our terminal is not for it
    for (const auto& word : env_file) launch.words.push_back(word);
    for (const auto& word : arguments_of(settings)) launch.words.push_back(word);
    for (const auto& [name, value] : environment) launch.environment->push_back(name + "=" + value);

    auto key = launch.words;
    key.push_back(user);
    auto [seen, is_new] = seen_.try_emplace({key, *launch.environment});
    if (is_new) seen->second = run_program(launch, stop_);
    if (stop_.stop_requested())
        throw Error{Failure::interrupted, "stopped while looking as " + user};
    const auto& result = seen->second;
    const auto said = words_said(result, program);
    if (said.empty()) return {};
    return finding(result.exit_code != unavailable && result.exit_code != 0,
                   fmt::format("as {}: {}", user, said),
                   "see that this user may run it, and reaches and may read what it needs");
}

}  // namespace nightshift::jobs
