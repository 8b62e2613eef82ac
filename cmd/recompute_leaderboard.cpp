// nightshift recompute-leaderboard: rank everybody, publish the board.
#include "base/log.hpp"
#include "base/text.hpp"
#include "board_table.hpp"
#include "commands.hpp"
#include "job.hpp"
#include "leaderboard/closing.hpp"
#include "leaderboard/rebuild.hpp"
#include "progress.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    leaderboard::RebuildRequest request;
    std::optional<int> time_to_live_seconds;
    JobOptions job;
    std::string week;  // to close; empty: no close
    bool dry_run = false;
};

// What --close without a week means.
constexpr const char* latest_week = "latest";

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

std::chrono::seconds time_to_live(const Session& session, const Options& options) {
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

// The close is a run of its own, for the week that it closes; it writes what a rebuild writes, and
// so holds the same lease.
ExitCode close(Session& session, Options options, Progress& progress) {
    const auto& request = options.request;
    if (request.period != leaderboard::Period::weekly) {
        throw Error{Failure::usage, "only the weekly board has a close", "--period is monthly",
                    "give --period weekly"};
    }
    const bool other_period = !options.job.once_per.empty() && options.job.once_per != "week";
    if (other_period || (options.job.period && options.week != latest_week)) {
        throw Error{Failure::usage, "a close is once per week, of the week that is named once",
                    "--once-per or --for says otherwise", "give --close and the week alone"};
    }
    const auto zone = session.settings.find("NIGHTSHIFT_ZONE").value_or("UTC");
    jobs::refuse_offset(zone);
    const auto week = leaderboard::closing_week(
        *session.migrated_postgres(),
        {options.week == latest_week ? "" : options.week, options.job.period, zone});
    options.job.once_per = "week";
    options.job.period = week.began;
    return run_job(
        session, options.job, leaderboard::closing_job, leaderboard::job(request.period),
        [&](Job& job) -> JobEnd {
            const auto writer = session.postgres();
            const auto closing = leaderboard::close_week(job.postgres, *writer, job.run.lease(),
                                                         session.run_id, week, request.top);
            const bool publish = leaderboard::is_newer_than_live(job.postgres, closing.as_of);
            if (publish) {
                leaderboard::publish_closing(job.postgres, *session.redis(), job.run.lease(),
                                             session.run_id, closing, request);
            }
            progress.clear();
            session.output.result(
                [&] {
                    return fmt::format("closed the week {} as of {}: {} ranked{}\n", closing.week,
                                       format_instant(closing.as_of),
                                       counted(closing.users, "user"),
                                       publish ? ", and published it" : "");
                },
                [&] {
                    return Json{{"week", closing.week},
                                {"as_of", format_instant(closing.as_of)},
                                {"closed_at", format_instant(closing.closed_at)},
                                {"users_ranked", closing.users},
                                {"published", publish}};
                });
            return {ExitCode::done, Json{{"users", closing.users}}.dump()};
        });
}

ExitCode rebuild(Session& session, const Options& options, Progress& progress) {
    const auto& request = options.request;
    const auto board = leaderboard::job(request.period);
    return run_job(session, options.job, board, board, [&](Job& job) -> JobEnd {
        const auto ranking = leaderboard::rebuild(job.postgres, *session.redis(), job.run.lease(),
                                                  session.run_id, request);
        progress.clear();
        session.output.result([&] { return to_text(ranking, false); },
                              [&] { return to_json(ranking, std::nullopt); });
        const Json counts{{"users", ranking.users}, {"attempts", ranking.attempts}};
        return {ExitCode::done, counts.dump()};
    });
}

ExitCode run(Session& session, Options options) {
    options.request.time_to_live = time_to_live(session, options);
    if (options.dry_run) return dry_run(session, options.request);
    Progress progress{session, "user"};
    options.request.progress = [&](auto users) {
        progress.report(leaderboard::job(options.request.period), users);
    };
    return options.week.empty() ? rebuild(session, options, progress)
                                : close(session, options, progress);
}

}  // namespace

void add_recompute_leaderboard(CLI::App& app, Chosen& chosen) {
    auto* command =
        app.add_subcommand("recompute-leaderboard", "rank everybody and publish a board");
    auto options = std::make_shared<Options>();
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
            ->type_name("WEEK")
            ->expected(0, 1)
            ->default_str(latest_week)
            ->excludes(as_of);
    add_job_options(*command, options->job,
                    "how long to wait for another rebuild of this board (default 0)")
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
