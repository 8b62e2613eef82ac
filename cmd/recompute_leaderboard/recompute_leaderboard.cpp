// nightshift recompute-leaderboard: rank everybody, publish the board.
#include "base/log.hpp"
#include "base/text.hpp"
#include "board_table.hpp"
#include "commands.hpp"
#include "job.hpp"
#include "recompute_leaderboard/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

std::string to_text(const leaderboard::Ranking& ranking, bool dry_run) {
    const auto& document = ranking.document;
    auto text =
        fmt::format("{} {} board: {} ranked from {} in [{}, {})\n",
                    dry_run ? "would publish the" : "published the", name(document.period),
                    counted(ranking.users, "user"), counted(ranking.attempts, "attempt"),
                    format_instant(ranking.window_start), format_instant(document.updated_at));
    if (dry_run && !document.top.empty()) text += "\n" + board_table(document.top);
    return text;
}

Json to_json(const leaderboard::Ranking& ranking, std::optional<bool> needs_force) {
    Json json{{"dry_run", needs_force.has_value()},
              {"window_start", format_instant(ranking.window_start)},
              {"as_of", format_instant(ranking.document.updated_at)},
              {"users_ranked", ranking.users},
              {"attempts", ranking.attempts}};
    if (needs_force) json["needs_force"] = *needs_force;
    json["document"] = leaderboard::to_json(ranking.document);
    return json;
}

std::chrono::seconds time_to_live(const Session& session, const RecomputeOptions& options) {
    if (options.time_to_live_seconds) return std::chrono::seconds{*options.time_to_live_seconds};
    const auto setting = session.settings.find("LEADERBOARD_TTL_SECONDS");
    if (!setting) return leaderboard::RebuildRequest{}.time_to_live;
    const auto seconds = parse_integer<int>(*setting);
    if (seconds && *seconds >= 60 && *seconds <= 31'536'000) return std::chrono::seconds{*seconds};
    throw Error{Failure::configuration, "LEADERBOARD_TTL_SECONDS is " + excerpt(*setting),
                "it must be a number of seconds from 60 to 31536000", "set it to 86400 for a day"};
}

ExitCode dry_run(Session& session, const leaderboard::RebuildRequest& request) {
    const auto [ranking, refusal] = leaderboard::preview(*session.migrated_postgres(), request);
    if (refusal && !request.force) {
        log::warning(std::string{"without --dry-run this needs --force: "} + refusal->what(),
                     {{"why", refusal->cause}});
    }
    session.output.result([&, &ranking = ranking] { return to_text(ranking, true); },
                          [&, &ranking = ranking, &refusal = refusal] {
                              return to_json(ranking, refusal.has_value());
                          });
    return ExitCode::done;
}

ExitCode rebuild(Session& session, RecomputeOptions& options, Progress& progress) {
    auto& request = options.request;
    const auto board = leaderboard::job(request.period);
    const auto settle = [&](postgres::Connection&, JobOptions&) {
        request.time_to_live = time_to_live(session, options);
    };
    return run_job(session, options.job, {board, board, settle}, [&](Job& job) -> JobEnd {
        const auto redis = session.redis(leaderboard::Keys{request.period}.document);
        const auto ranking =
            leaderboard::rebuild(job.postgres, *redis, job.run.lease(), session.run_id, request);
        progress.clear();
        session.output.result([&] { return to_text(ranking, false); },
                              [&] { return to_json(ranking, std::nullopt); });
        const Json counts{{"users", ranking.users}, {"attempts", ranking.attempts}};
        return {ExitCode::done, counts.dump()};
    });
}

ExitCode run(Session& session, RecomputeOptions options) {
    if (options.dry_run || options.week)
        options.request.time_to_live = time_to_live(session, options);
    if (options.dry_run) return dry_run(session, options.request);
    Progress progress{session, "user"};
    options.request.progress = [&](auto users) {
        progress.report(leaderboard::job(options.request.period), users);
    };
    return !options.week ? rebuild(session, options, progress)
                         : close_week(session, options, progress);
}

}  // namespace

void add_recompute_leaderboard(CLI::App& app, Chosen& chosen) {
    auto* command =
        app.add_subcommand("recompute-leaderboard", "rank everybody and publish a board");
    auto options = std::make_shared<RecomputeOptions>();
    command->fallthrough();
    add_period(*command, options->request.period)->required();
    auto* as_of = add_as_of(
        *command, options->request.as_of,
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
    auto* close =
        command
            ->add_option("--close", options->week,
                         "keep the week for good, as of its Sunday 23:00 in NIGHTSHIFT_ZONE, once "
                         "(default: the latest that has closed)")
            ->type_name("[WEEK]")
            ->expected(0, 1)
            ->default_str(latest_week)
            ->excludes(as_of);
    add_job_options(*command, options->job,
                    "how long to wait for another rebuild of this board (default 0; 600 with "
                    "--close)")
        ->excludes(as_of);
    command->add_flag("--dry-run", options->dry_run, "rank and show; write nothing, take no lease")
        ->excludes(close);
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
