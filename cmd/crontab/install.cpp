// nightshift crontab install, uninstall, diff.
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "subcommands.hpp"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using jobs::Files;

struct Options {
    CrontabChoice choice;
    bool dry_run = false;
    bool force = false;
};

// Unified, by diff(1); empty: they are the same.
std::string difference(const Files& before, const Files& after) {
    std::set<std::string> names;
    for (const auto& [name, text] : before) names.insert(name);
    for (const auto& [name, text] : after) names.insert(name);
    const ScratchFolder scratch;
    std::string all;
    for (const auto& name : names) {
        const auto content = [&name](const Files& files) {
            const auto found = files.find(name);
            return found == files.end() ? std::string{} : found->second;
        };
        const auto said = run_program({"diff", "-u", "--label", name + " (installed)", "--label",
                                       name + " (schedule)", scratch.add("before", content(before)),
                                       scratch.add("after", content(after))});
        if (said.exit_code > 1) {
            throw Error{Failure::unavailable, "diff(1) does not work here", one_line(said.err),
                        "install the package diffutils"};
        }
        all += said.out;
    }
    return all;
}

ExitCode show_difference(Session& session, const Options& options, const Files& wanted) {
    const auto installed = jobs::installed(place_of(options.choice));
    const auto text = difference(installed, wanted);
    session.output.result(
        [&] { return text.empty() ? "the same as the schedule\n" : text; },
        [&] {
            return Json{{"same", text.empty()}, {"diff", text}, {"dry_run", options.dry_run}};
        },
        text.empty() || options.dry_run);
    return text.empty() || options.dry_run ? ExitCode::done : ExitCode::negative;
}

std::string to_text(const jobs::Change& change) {
    std::string text;
    for (const auto& each : change.written) text += "wrote " + each + "\n";
    for (const auto& each : change.removed) text += "removed ours from " + each + "\n";
    for (const auto& each : change.backups) text += "what was there before: " + each + "\n";
    for (const auto& each : change.remarks) text += each + "\n";
    return change.written.empty() && change.removed.empty() ? "nothing to do\n" : text;
}

ExitCode make_so(Session& session, const Options& options, const Files& files,
                 const std::vector<jobs::Finding>& findings) {
    const auto change = jobs::install(place_of(options.choice), files);
    session.output.result(
        [&] { return (findings.empty() ? "" : findings_text(findings)) + to_text(change); },
        [&] {
            return Json{{"written", change.written},
                        {"removed", change.removed},
                        {"backups", change.backups},
                        {"remarks", change.remarks},
                        {"findings", findings_json(findings)}};
        });
    return ExitCode::done;
}

ExitCode install(Session& session, const Options& options) {
    const auto wanted = wanted_files(session, options.choice);
    if (options.dry_run) return show_difference(session, options, wanted);
    const auto findings = check_files(session, options.choice, wanted);
    if (has_errors(findings) && !options.force) {
        for (auto each = findings.begin() + 1; each != findings.end() && each->is_error; ++each)
            log::warning(each->what, {{"fix", each->fix}});
        const auto& first = findings.front();
        throw Error{Failure::refused, "the jobs would not run as they should; nothing was changed",
                    first.what, first.fix + "; --force installs all the same"};
    }
    return make_so(session, options, wanted, findings);
}

ExitCode uninstall(Session& session, Options options) {
    if (options.choice.user.empty() && options.choice.target != "user")
        options.choice.user = jobs::current_user();
    if (options.dry_run) return show_difference(session, options, {});
    return make_so(session, options, {}, {});
}

}  // namespace

void add_crontab_install(CLI::App& crontab, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* command = crontab.add_subcommand("install", "put the schedule there, and nothing else");
    command->fallthrough();
    add_target(*command, options->choice);
    add_machine(*command, options->choice);
    command->add_flag("-n,--dry-run", options->dry_run, "show what would change; change nothing");
    command->add_flag("--force", options->force, "although something is wrong with it");
    command->footer(
        "Validates first. Safe to repeat; keeps what was there in a file beside it.\n"
        "\n"
        "Examples:\n"
        "  sudo nightshift crontab install --user app\n"
        "  sudo nightshift crontab install --user app --target systemd\n"
        "  nightshift crontab install --target user");
    command->callback([&chosen, options] {
        chosen = {"crontab install",
                  [options](Session& session) { return install(session, *options); }};
    });

    auto* diff = crontab.add_subcommand("diff", "compare what is installed with the schedule");
    diff->fallthrough();
    add_target(*diff, options->choice);
    add_machine(*diff, options->choice);
    diff->footer(
        "Exits with 1 where they differ.\n\nExamples:\n  nightshift crontab diff --user app");
    diff->callback([&chosen, options] {
        chosen = {"crontab diff", [options](Session& session) {
                      return show_difference(session, *options,
                                             wanted_files(session, options->choice));
                  }};
    });

    auto* remove = crontab.add_subcommand("uninstall", "take the schedule away again");
    remove->fallthrough();
    add_target(*remove, options->choice);
    remove->add_flag("-n,--dry-run", options->dry_run, "show what would change; change nothing");
    remove->footer("Examples:\n  sudo nightshift crontab uninstall");
    remove->callback([&chosen, options] {
        chosen = {"crontab uninstall",
                  [options](Session& session) { return uninstall(session, *options); }};
    });
}

}  // namespace nightshift::cmd
