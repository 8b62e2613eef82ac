// nightshift notifications prune, forget: delete what is old, or somebody's.
#include "base/text.hpp"
#include "notifications/history.hpp"
#include "notifications/subcommands.hpp"
#include "shared_options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    int days = 90;
    std::string user_id;
    bool force = false;
};

ExitCode prune(Session& session, const Options& options) {
    const auto before = now() - std::chrono::days{options.days};
    const auto pruned = notifications::prune(*session.migrated_postgres(), before);
    session.output.result(
        [&] {
            return fmt::format("{} planned before {} deleted; their costs stay as daily sums\n",
                               counted(pruned, "notification"), format_instant(before));
        },
        [&] {
            return Json{{"before", format_instant(before)}, {"notifications", pruned}};
        });
    return ExitCode::done;
}

ExitCode forget(Session& session, const Options& options) {
    const auto forgotten =
        notifications::forget(*session.migrated_postgres(), options.user_id, options.force, now());
    session.output.result(
        [&] {
            auto text = fmt::format("{} to user {} deleted; their costs stay as daily sums\n",
                                    counted(forgotten.notifications, "notification"),
                                    printable(options.user_id));
            if (forgotten.suppressions_kept > 0)
                text += fmt::format(
                    "{} of their addresses must not be written to, and stay known as such\n",
                    grouped(forgotten.suppressions_kept));
            return text;
        },
        [&] {
            return Json{{"user_id", options.user_id},
                        {"notifications", forgotten.notifications},
                        {"suppressions_kept", forgotten.suppressions_kept}};
        });
    return ExitCode::done;
}

}  // namespace

void add_notifications_erase(CLI::App& notifications, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* pruning = notifications.add_subcommand("prune", "delete what was said long ago");
    pruning->fallthrough();
    pruning
        ->add_option("--older-than", options->days,
                     "planned more than so many days ago (default 90, at least 14)")
        ->type_name("DAYS")
        ->check(CLI::Range(14, 36'500));
    pruning->footer(
        "Whatever still waits is kept. What messages have cost is added to daily sums.\n"
        "\n"
        "Examples:\n"
        "  nightshift notifications prune --older-than 365");
    pruning->callback([&chosen, options] {
        chosen = {"notifications prune",
                  [options](Session& session) { return prune(session, *options); }};
    });

    auto* forgetting =
        notifications.add_subcommand("forget", "delete everything that was to be said to a user");
    forgetting->fallthrough();
    forgetting->add_option("USER", options->user_id, "the user's id")->required()->check(not_empty);
    forgetting->add_flag("--force", options->force,
                         "although the user still stands: what was said today may be said again");
    forgetting->footer(
        "Addresses that must not be written to stay known: nobody is to write to them again.\n"
        "\n"
        "Examples:\n"
        "  nightshift notifications forget 123");
    forgetting->callback([&chosen, options] {
        chosen = {"notifications forget",
                  [options](Session& session) { return forget(session, *options); }};
    });
}

}  // namespace nightshift::cmd
