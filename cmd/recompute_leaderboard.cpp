// nightshift recompute-leaderboard: rank everybody, publish the board.
#include "base/log.hpp"
#include "base/text.hpp"
#include "board_table.hpp"
#include "commands.hpp"
#include "leaderboard/rebuild.hpp"
#include "shared_options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    leaderboard::RebuildRequest request;
    std::optional<int> time_to_live_seconds;
    std::chrono::milliseconds lock_wait{0};
    bool dry_run = false;
};

std::string to_text(const leaderboard::RebuildResult& result, bool dry_run) {
    auto text = fmt::format(
        "{} {} board: {} ranked from {} in [{}, {})\n",
        dry_run ? "would publish the" : "published the", name(result.document.period),
        counted(result.users, "user"), counted(result.attempts, "attempt"),
        format_instant(result.window_start), format_instant(result.document.updated_at));
    if (dry_run && !result.document.top.empty()) text += "\n" + board_table(result.document.top);
    return text;
}

Json to_json(const leaderboard::RebuildResult& result, bool dry_run) {
    Json json{{"dry_run", dry_run},
              {"window_start", format_instant(result.window_start)},
              {"as_of", format_instant(result.document.updated_at)},
              {"users_ranked", result.users},
              {"attempts", result.attempts}};
    if (dry_run) json["needs_force"] = result.refusal.has_value();
    json["document"] = leaderboard::to_json(result.document);
    return json;
}

std::chrono::seconds time_to_live(const Session& session, const Options& options) {
    if (options.time_to_live_seconds) return std::chrono::seconds{*options.time_to_live_seconds};
    const auto setting = session.settings.find("LEADERBOARD_TTL_SECONDS");
    if (!setting) return leaderboard::RebuildRequest{}.time_to_live;
    const auto seconds = parse_integer<int>(*setting);
    if (seconds && *seconds >= 60 && *seconds <= 31'536'000) return std::chrono::seconds{*seconds};
    throw Error{Failure::configuration, "LEADERBOARD_TTL_SECONDS is " + excerpt(*setting),
                "it must be a number of seconds from 60 to 31536000", "set it to 86400 for a day"};
}

ExitCode run(Session& session, Options options) {
    auto& request = options.request;
    request.time_to_live = time_to_live(session, options);
    const auto postgres = session.migrated_postgres();

    leaderboard::RebuildResult result;
    if (options.dry_run) {
        result = leaderboard::preview(*postgres, request);
        if (result.refusal && !request.force) {
            log::warning(
                std::string{"without --dry-run this needs --force: "} + result.refusal->what(),
                {{"why", result.refusal->cause}});
        }
    } else {
        const auto redis = session.redis();
        const jobs::Lease lease{session.unstoppable_postgres(),
                                {.job = leaderboard::job(request.period),
                                 .run_id = session.run_id,
                                 .wait = options.lock_wait},
                                session.stop};
        result = leaderboard::rebuild(*postgres, *redis, lease, session.run_id, request);
    }
    session.output.result([&] { return to_text(result, options.dry_run); },
                          [&] { return to_json(result, options.dry_run); });
    return ExitCode::done;
}

}  // namespace

void add_recompute_leaderboard(CLI::App& app, Chosen& chosen) {
    auto* command =
        app.add_subcommand("recompute-leaderboard", "rank everybody and publish a board");
    auto options = std::make_shared<Options>();
    command->fallthrough();
    add_period(*command, options->request.period)->required();
    add_as_of(*command, options->request.as_of,
              "rank the 7 or 30 days before this instant, such as 2026-11-22T00:00:00Z (default: "
              "now, by the database's clock)");
    command
        ->add_option("--top", options->request.top,
                     "how many stand in the document (default 100); everybody gets a rank")
        ->type_name("N")
        ->check(CLI::Range(1, 10000));
    command
        ->add_option("--ttl", options->time_to_live_seconds,
                     "how long the board lives without a rebuild (default LEADERBOARD_TTL_SECONDS, "
                     "else 86400)")
        ->type_name("SECONDS")
        ->check(CLI::Range(60, 31'536'000));
    add_lock_wait(*command, options->lock_wait,
                  "how long to wait for another rebuild of this board (default 0)");
    command->add_flag("--dry-run", options->dry_run, "rank and show; write nothing, take no lease");
    command->add_flag("--force", options->request.force,
                      "publish although the time lies in the future, the live board or another "
                      "run is newer, or Redis may evict keys for it");
    command->footer(
        "The new board is loaded beside the old one and swapped in whole: readers never see a\n"
        "part of it, and a rebuild that fails leaves the old one as it was.\n"
        "\n"
        "Examples:\n"
        "  nightshift recompute-leaderboard --period weekly\n"
        "  nightshift recompute-leaderboard --period monthly --as-of 2026-11-01T00:00:00Z "
        "--dry-run");
    command->callback([&chosen, options] {
        chosen = {"recompute-leaderboard",
                  [options](Session& session) { return run(session, *options); }};
    });
}

}  // namespace nightshift::cmd
