#include "jobs/user_look.hpp"

#include "base/process.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <filesystem>

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

}  // namespace

std::vector<Finding> look_as_user(const CronEntry& entry, const std::string& user,
                                  const std::vector<std::string>& needs) {
    const auto finding = [&entry](bool is_error, const std::string& what, const std::string& fix) {
        return std::vector<Finding>{{is_error, entry.line, what, fix}};
    };
    const auto* account = ::getpwnam(user.c_str());
    if (account == nullptr) {
        return finding(true, fmt::format("this machine has no user {}", excerpt(user)),
                       "create it, or give another by --user");
    }
    const bool is_own = account->pw_uid == ::geteuid();
    if (!is_own && ::geteuid() != 0) {
        return finding(false, fmt::format("what {} would find was not looked at", user),
                       fmt::format("run it as root or as {}", user));
    }
    const auto words = shell_words(entry.command);
    // Nothing else is started: the line may be anybody's.
    std::error_code unknown;
    if (words.empty() || !std::filesystem::equivalent(words[0], "/proc/self/exe", unknown)) {
        return finding(false,
                       fmt::format("{} is not this program, and was not tried",
                                   excerpt(words.empty() ? "" : words[0])),
                       "validate by the program that the line names");
    }
    std::vector<std::string> command;
    if (!is_own) command = {"runuser", "-u", user, "--"};
    const std::string home = account->pw_dir;
    command.insert(
        command.end(),
        {"env", "-C", std::filesystem::is_directory(home, unknown) ? home : "/", words[0]});
    for (const auto& word : env_file_of(words)) command.push_back(word);
    command.insert(command.end(), {"crontab", "settings"});
    command.insert(command.end(), needs.begin(), needs.end());
    // Not by env(1): an argument is for everybody to read.
    std::vector<std::string> environment{"HOME=" + home, "LOGNAME=" + user, "SHELL=/bin/sh",
                                         "PATH=/usr/bin:/bin", "LOG_FORMAT=plain"};
    for (const auto& [name, value] : entry.environment) environment.push_back(name + "=" + value);

    const auto result = run_program(command, environment);
    if (result.exit_code == 0) return {};
    auto said = one_line(result.said());
    if (said.starts_with("nightshift: ")) said.erase(0, std::string_view{"nightshift: "}.size());
    said = said.substr(0, said.find(" fix: "));
    return finding(result.exit_code != unavailable, fmt::format("as {}: {}", user, said),
                   "see that this user may run it, and reaches and may read what it needs");
}

}  // namespace nightshift::jobs
