// nightshift runs unlock, prune: an operator's last word.
#include "base/text.hpp"
#include "subcommands.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct UnlockOptions {
    std::string lease;
    bool yes = false;
};

// A typo must not pass for a lease that is free.
void refuse_unknown(postgres::Connection& postgres, const std::string& lease) {
    const auto known = jobs::leases(postgres);
    if (std::find(known.begin(), known.end(), lease) != known.end()) return;
    throw Error{
        Failure::data, "no lease is called " + excerpt(lease),
        known.empty() ? "no job has run yet" : fmt::format("there are {}", fmt::join(known, ", ")),
        "the close of the weekly board has that board's lease"};
}

ExitCode unlock(Session& session, const UnlockOptions& options) {
    const auto& lease = options.lease;
    const auto postgres = session.migrated_postgres();
    refuse_unknown(*postgres, lease);
    const auto holder = jobs::holder(*postgres, lease);
    if (holder && !options.yes) {
        throw Error{Failure::refused, lease + " is held by run " + holder->run_id,
                    fmt::format("on {}, pid {}, since {}; it renewed its lease {} s ago or less",
                                holder->host, holder->pid, format_instant(holder->since), 20),
                    "see that it is dead; then --yes takes the lease away, and should the run be "
                    "alive after all it can write nothing more"};
    }
    const bool unlocked = holder && jobs::unlock(*postgres, lease, *holder);
    session.output.result(
        [&] {
            if (!holder) return "nobody holds " + lease + "\n";
            return unlocked ? fmt::format("took {} away from run {} on {}\n", lease, holder->run_id,
                                          holder->host)
                            : lease + " has changed hands meanwhile; nothing was done\n";
        },
        [&] {
            return Json{{"lease", lease},
                        {"unlocked", unlocked},
                        {"holder", holder ? Json(holder->run_id) : Json()}};
        });
    return ExitCode::done;
}

struct PruneOptions {
    int days = 90;
    bool dry_run = false;
};

ExitCode prune(Session& session, const PruneOptions& options) {
    const auto postgres = session.migrated_postgres();
    const auto pruned = jobs::prune(*postgres, std::chrono::days{options.days}, options.dry_run);
    session.output.result(
        [&] {
            return fmt::format("{} {} that ended before {}\n",
                               options.dry_run ? "would forget" : "forgot",
                               counted(pruned.runs, "run"), format_instant(pruned.before));
        },
        [&] {
            return Json{{"dry_run", options.dry_run},
                        {"before", format_instant(pruned.before)},
                        {"pruned", pruned.runs}};
        });
    return ExitCode::done;
}

}  // namespace

void add_runs_unlock(CLI::App& runs, Chosen& chosen) {
    auto unlock_options = std::make_shared<UnlockOptions>();
    auto* unlock_command = runs.add_subcommand("unlock", "take a lease away from a dead run");
    unlock_command->fallthrough();
    unlock_command->add_option("LEASE", unlock_options->lease, "often the job's own name")
        ->required();
    unlock_command->add_flag("-y,--yes", unlock_options->yes,
                             "do it; without, the holder is shown (77)");
    unlock_command->footer(
        "A lease ends by itself 20 seconds after its run was last heard of: there is rarely a\n"
        "need. A run that loses its lease can write nothing more.\n"
        "\n"
        "Examples:\n"
        "  nightshift runs unlock import-attempts\n"
        "  nightshift runs unlock import-attempts --yes");
    unlock_command->callback([&chosen, unlock_options] {
        chosen = {"runs unlock",
                  [unlock_options](Session& session) { return unlock(session, *unlock_options); }};
    });

    auto prune_options = std::make_shared<PruneOptions>();
    auto* prune_command = runs.add_subcommand("prune", "forget runs that ended long ago");
    prune_command->fallthrough();
    prune_command
        ->add_option("--days", prune_options->days,
                     "older than so many days, 7 at least (default 90)")
        ->type_name("N")
        ->check(CLI::Range(7, 36'500));
    prune_command->add_flag("-n,--dry-run", prune_options->dry_run, "count; forget nothing");
    prune_command->footer(
        "The latest success of each job stays. What was missed before that time is forgotten\n"
        "with the runs.\n"
        "\n"
        "Examples:\n"
        "  nightshift runs prune --dry-run\n"
        "  nightshift runs prune --days 30");
    prune_command->callback([&chosen, prune_options] {
        chosen = {"runs prune",
                  [prune_options](Session& session) { return prune(session, *prune_options); }};
    });
}

}  // namespace nightshift::cmd
