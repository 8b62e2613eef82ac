#include "jobs/installation.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nightshift::jobs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view our_first_line = "# Made by 'nightshift crontab install'";
constexpr const char* cron_d_name = "nightshift";
constexpr const char* crontab_name = "crontab";
constexpr mode_t our_mode = 0644;
constexpr const char* backup_ending = ".before";  // cron and systemd read no such files

std::string folder_of(const Place& place) {
    if (!place.folder.empty()) return place.folder;
    return place.target == Target::cron_d ? "/etc/cron.d" : "/etc/systemd/system";
}

bool is_unit(const fs::path& path) {
    return path.filename().string().starts_with("nightshift-") &&
           (path.extension() == ".service" || path.extension() == ".timer");
}

// Where systemd reads the folder, and runs.
bool is_live(const Place& place) {
    return place.target == Target::systemd && place.folder.empty() &&
           fs::exists("/run/systemd/system");
}

std::vector<std::string> crontab_of(const std::string& user) {
    std::vector<std::string> words{"crontab"};
    if (user != current_user()) words.insert(words.end(), {"-u", user});
    return words;
}

[[noreturn]] void no_crontab_program() {
    throw Error{Failure::unavailable, "this machine has no crontab(1)", "it is not in PATH",
                "install the package cron, or use --target cron.d or systemd"};
}

void require_good(const ProgramResult& result, const std::string& command) {
    if (result.exit_code == 127) no_crontab_program();
    if (result.exit_code == 0) return;
    throw Error{Failure::unavailable, command + " says no", one_line(result.said()),
                "see crontab(1): the user may not be allowed one"};
}

// For its owner's eyes alone: a crontab may hold passwords.
std::string backup(const std::string& path, const std::string& text) {
    write_file(path + backup_ending, text, 0600);
    return path + backup_ending;
}

Change install_block(const Place& place, const Files& files) {
    const auto before = read_crontab(place.user);
    const auto block = files.find(crontab_name);
    const auto after =
        block == files.end() ? without_block(before) : with_block(before, block->second);
    const ScratchFolder scratch;
    auto words = crontab_of(place.user);
    words.push_back(after.empty() ? "-r" : scratch.add(crontab_name, after));
    Change change;
    if (!before.empty()) {
        const auto* account = ::getpwuid(::geteuid());
        const std::string home = account != nullptr ? account->pw_dir : ".";
        change.backups.push_back(backup(
            ::geteuid() == 0 ? "/var/backups/crontab-" + place.user : home + "/.crontab", before));
    }
    require_good(run_program(words), "crontab");
    (block == files.end() ? change.removed : change.written)
        .push_back("the crontab of " + place.user);
    return change;
}

void systemctl(const std::vector<std::string>& arguments) {
    std::vector<std::string> words{"systemctl", "--quiet"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto result = run_program(words);
    if (result.exit_code == 0) return;
    throw Error{Failure::unavailable,
                "the files are in place, and systemctl " + arguments[0] + " failed",
                one_line(result.said()), "see to what it says, and do it again"};
}

// What stands there with the names of ours; throws where it is somebody else's.
Files standing(const std::string& folder, const Files& files) {
    Files found;
    for (const auto& [name, text] : files) {
        const auto path = folder + "/" + name;
        const auto old = read_file(path);
        if (old && !old->starts_with(our_first_line)) {
            throw Error{Failure::refused, path + " is somebody else's",
                        "it does not begin with '" + std::string{our_first_line} + "'",
                        "move it away; nothing was changed"};
        }
        if (old) found[name] = *old;
    }
    return found;
}

// cron reads no file that others may write.
bool has_our_mode(const std::string& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0 && (about.st_mode & 07777) == our_mode &&
           about.st_uid == ::geteuid();
}

Change install_files(const Place& place, const Files& files) {
    Change change;
    const auto folder = folder_of(place);
    const auto old = standing(folder, files);
    for (const auto& [name, text] : installed(place)) {
        if (files.contains(name)) continue;
        if (is_live(place) && name.ends_with(".timer")) systemctl({"disable", "--now", name});
        const auto path = folder + "/" + name;
        change.backups.push_back(backup(path, text));
        fs::remove(path);
        change.removed.push_back(path);
    }
    for (const auto& [name, text] : files) {
        const auto path = folder + "/" + name;
        const auto before = old.find(name);
        if (before != old.end() && before->second == text && has_our_mode(path)) continue;
        if (before != old.end()) change.backups.push_back(backup(path, before->second));
        write_file(path, text, our_mode);
        change.written.push_back(path);
    }
    if (is_live(place) && (!files.empty() || !change.removed.empty())) {
        // Each time: an installation may have been cut off here, or be of before systemd ran.
        systemctl({"daemon-reload"});
        for (const auto& [name, text] : files) {
            if (name.ends_with(".timer")) systemctl({"enable", "--now", name});
        }
    } else if (place.target == Target::systemd && !change.written.empty()) {
        change.remarks.push_back(
            "systemd does not run from there: systemctl daemon-reload; systemctl enable --now "
            "nightshift-*.timer");
    }
    return change;
}

// Debian's crontab checks with -n, which is another option of cronie's.
std::vector<std::string> crontab_check(const std::string& path) {
    const bool is_cronie = run_program({"crontab", "-V"}).said().starts_with("cronie");
    return {"crontab", is_cronie ? "-T" : "-n", path};
}

void add_said(std::vector<Finding>& findings, const std::string& tool, const std::string& object,
              const ProgramResult& result, bool any_output) {
    if (result.exit_code == 127) {
        findings.push_back(
            {false, 0, tool + " is not on this machine, and has checked nothing", "install it"});
    } else if (result.exit_code != 0 || (any_output && !trimmed(result.said()).empty())) {
        findings.push_back({true, 0,
                            fmt::format("{} of {}: {}", tool, object, one_line(result.said())),
                            "correct what it names"});
    }
}

}  // namespace

Files wanted(const Place& place, const std::vector<PlannedJob>& jobs,
             const CrontabOptions& options) {
    if (place.target == Target::cron_d) return {{cron_d_name, cron_d_text(jobs, options)}};
    if (place.target == Target::user) return {{crontab_name, user_block(jobs, options)}};
    Files files;
    for (const auto& unit : systemd_units(jobs, options)) {
        if (files.emplace(unit.name, unit.text).second) continue;
        throw Error{Failure::configuration, "two jobs of the schedule make the unit " + unit.name,
                    "their names differ in what a unit's name cannot have", "rename one of them"};
    }
    return files;
}

Files installed(const Place& place) {
    Files files;
    if (place.target == Target::user) {
        const auto block = block_of(read_crontab(place.user));
        if (!block.empty()) files[crontab_name] = block;
        return files;
    }
    std::error_code error;
    const fs::directory_iterator entries{folder_of(place), error};
    if (error && error != std::errc::no_such_file_or_directory) {
        throw Error{Failure::data, "cannot read " + folder_of(place), error.message(),
                    "run it as a user who may"};
    }
    for (const auto& entry : entries) {
        const auto name = entry.path().filename().string();
        const bool may_be_ours =
            place.target == Target::cron_d ? name == cron_d_name : is_unit(entry.path());
        if (!may_be_ours) continue;
        const auto text = read_file(entry.path().string()).value_or("");
        if (text.starts_with(our_first_line)) files[name] = text;
    }
    return files;
}

Change install(const Place& place, const Files& files) {
    if (place.target != Target::user) return install_files(place, files);
    return installed(place) == files ? Change{} : install_block(place, files);
}

std::vector<Finding> verify(const Place& place, const Files& files) {
    std::vector<Finding> findings;
    const ScratchFolder scratch;
    std::vector<std::string> paths;
    for (const auto& [name, text] : files) {
        paths.push_back(scratch.add(name, text));
        if (place.target != Target::systemd) {
            add_said(findings, "crontab -n", name, run_program(crontab_check(paths.back())), false);
        }
        const auto at = text.find("OnCalendar=");
        if (place.target == Target::systemd && at != std::string::npos) {
            const auto begin = at + std::string_view{"OnCalendar="}.size();
            const auto calendar = text.substr(begin, text.find('\n', begin) - begin);
            add_said(findings, "systemd-analyze calendar", name,
                     run_program({"systemd-analyze", "calendar", calendar}), false);
        }
    }
    if (place.target == Target::systemd && !paths.empty()) {
        std::vector<std::string> words{"systemd-analyze", "verify"};
        words.insert(words.end(), paths.begin(), paths.end());
        add_said(findings, "systemd-analyze verify", "the units", run_program(words), true);
    }
    return findings;
}

std::string read_crontab(const std::string& user) {
    auto words = crontab_of(user);
    words.emplace_back("-l");
    const auto result = run_program(words);
    if (result.exit_code == 1 && result.said().find("no crontab for") != std::string::npos)
        return "";
    require_good(result, "crontab -l");
    if (result.is_cut) {
        throw Error{Failure::data, "the crontab of " + user + " is too long",
                    "it has more than 1 MiB", "use --target cron.d or systemd"};
    }
    return result.out;
}

std::string current_user() {
    const auto* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

}  // namespace nightshift::jobs
