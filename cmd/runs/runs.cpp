// nightshift runs: the ledger of what ran, and what was missed.
#include "subcommands.hpp"

namespace nightshift::cmd {

void add_runs(CLI::App& app, Chosen& chosen) {
    auto* runs = app.add_subcommand("runs", "what ran, what was missed, and catching up");
    runs->require_subcommand(0, 1);
    runs->fallthrough();
    runs->footer(
        "Examples:\n"
        "  nightshift runs list --job recompute-leaderboard/weekly\n"
        "  nightshift runs missed");
    add_runs_list(*runs, chosen);
    add_runs_missed(*runs, chosen);
    add_runs_catch_up(*runs, chosen);
    add_runs_unlock(*runs, chosen);
    add_runs_schedule(*runs, chosen);
    add_runs_metrics(*runs, chosen);
}

}  // namespace nightshift::cmd
