// nightshift crontab validate: what cron takes without a word, and does not do.
#include "base/file.hpp"
#include "jobs/crontab_check.hpp"
#include "subcommands.hpp"

#include <filesystem>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using jobs::Finding;

struct Options {
    CrontabChoice choice;
    std::string file;
};

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

// Who alone can have written it: its owner, where nobody else may.
std::optional<uid_t> writer_of(const std::string& file) {
    struct stat about {};
    if (::stat(file.c_str(), &about) != 0 || (about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return std::nullopt;
    return about.st_uid;
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
    const auto writer = options.file.empty() ? uid_t{0} : writer_of(options.file);
    auto findings = check_files(session, options.choice, files, writer);
    if (place.target == jobs::Target::cron_d) {
        const auto folder = place.folder.empty() ? "/etc/cron.d" : place.folder;
        const auto file = options.file.empty() ? folder + "/nightshift" : options.file;
        for (auto& each : look_at_place(file)) findings.push_back(std::move(each));
    }
    session.output.result([&] { return findings_text(findings); },
                          [&] {
                              return Json{{"findings", findings_json(findings)}};
                          },
                          !has_errors(findings));
    return has_errors(findings) ? ExitCode::negative : ExitCode::done;
}

}  // namespace

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
