#include "jobs/user_look.hpp"

#include "base/process.hpp"
#include "base/text.hpp"

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

// Where its shell finds it; empty: nowhere.
std::string program_of(const CronEntry& entry) {
    const auto& name = entry.nightshift.at(0);
    if (name.find('/') != std::string::npos) return name;
    const auto path = entry.environment.find("PATH");
    std::istringstream folders{path != entry.environment.end() ? path->second : cron_path};
    for (std::string folder; std::getline(folders, folder, ':');) {
        auto program = folder + "/" + name;
        if (::access(program.c_str(), X_OK) == 0) return program;
    }
    return "";
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

}  // namespace

bool is_this_program(const CronEntry& entry) {
    std::error_code unknown;
    return !entry.nightshift.empty() &&
           std::filesystem::equivalent(program_of(entry), "/proc/self/exe", unknown);
}

std::vector<Finding> look_as_user(const CronEntry& entry, const std::string& user,
                                  const SettingsLook& settings) {
    const auto finding = [&entry](bool is_error, const std::string& what, const std::string& fix) {
        return std::vector<Finding>{{is_error, entry.line, what, fix}};
    };
    const auto* account = ::getpwnam(user.c_str());
    if (account == nullptr) {
        return finding(true, fmt::format("this machine has no user {}", excerpt(user)),
                       entry.user.empty() ? "create it, or give another by --user"
                                          : "a line in cron.d names its user before the command, "
                                            "and cron drops the file where one is unknown");
    }
    if (entry.nightshift.empty()) return {};
    const bool is_own = account->pw_uid == ::geteuid();
    if (!is_own && ::geteuid() != 0) {
        return finding(false, fmt::format("what {} would find was not looked at", user),
                       fmt::format("run it as root or as {}", user));
    }
    const auto program = program_of(entry);
    if (program.empty()) {
        return finding(true, fmt::format("{} is not in its PATH", excerpt(entry.nightshift[0])),
                       "name it by its whole path");
    }
    // Nothing else is started: the line may be anybody's.
    if (!is_this_program(entry)) {
        return finding(false,
                       fmt::format("{} is not this program, and was not tried", excerpt(program)),
                       "validate by the program that the line names");
    }
    std::error_code unknown;
    std::vector<std::string> command;
    if (!is_own) command = {"runuser", "-u", user, "--"};
    const std::string home = account->pw_dir;
    command.insert(
        command.end(),
        {"env", "-C", std::filesystem::is_directory(home, unknown) ? home : "/", program});
    for (const auto& word : env_file_of(entry.nightshift)) command.push_back(word);
    for (const auto& word : arguments_of(settings)) command.push_back(word);
    // Not by env(1): an argument is for everybody to read.
    std::map<std::string, std::string> environment{
        {"HOME", home}, {"LOGNAME", user}, {"SHELL", "/bin/sh"}, {"PATH", cron_path}};
    for (const auto& [name, value] : entry.environment) environment[name] = value;
    environment["LOG_FORMAT"] = "plain";
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);

    const auto result = run_program(command, variables);
    auto said = one_line(result.said());
    if (said.empty() && result.exit_code == 0) return {};
    if (said.starts_with("nightshift: ")) said.erase(0, std::string_view{"nightshift: "}.size());
    said = said.substr(0, said.find(" fix: "));
    return finding(result.exit_code != unavailable && result.exit_code != 0,
                   fmt::format("as {}: {}", user, said),
                   "see that this user may run it, and reaches and may read what it needs");
}

}  // namespace nightshift::jobs
