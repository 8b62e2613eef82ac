// nightshift check-streaks: extend, keep or break streaks.
#include "base/log.hpp"
#include "base/text.hpp"
#include "check_streaks/explain.hpp"
#include "commands.hpp"
#include "job.hpp"
#include "progress.hpp"
#include "streaks/pass.hpp"

#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using streaks::Adopt;
using streaks::PassReport;

struct Options {
    streaks::PassRequest request;
    JobOptions job;
    std::string explain;  // a user's id; empty: a pass
    bool dry_run = false;
};

std::string to_text(const PassReport& report, bool dry_run) {
    std::string text =
        fmt::format("{} streaks as of {}: {} active\n", dry_run ? "would check" : "checked",
                    format_instant(report.as_of), counted(report.active, "user"));
    const auto line = [&text](const std::string& name, std::int64_t count) {
        if (count > 0) text += fmt::format("  {:16} {}\n", name, grouped(count));
    };
    line("new attempts", report.attempts);
    line("started", report.started);
    line("extended", report.extended);
    line("broken", report.broken);
    line("shortened", report.shortened);
    line("mended", report.mended);
    line("milestones", report.milestones);
    line("locked, for later", report.locked);
    line("left", report.left);
    line("refused", report.refused);
    for (const auto& [user_id, why] : report.refused_examples)
        text += fmt::format("    user {}: {}\n", printable(user_id), printable(why));
    line("future attempts", report.future_attempts);
    line("invalid zones", report.invalid_zones);
    for (const auto& [user_id, named] : report.invalid_examples)
        text += fmt::format("    user {}: '{}'\n", printable(user_id), excerpt(named));
    return text;
}

Json to_json(const PassReport& report) {
    Json refused = Json::array();
    for (const auto& [user_id, why] : report.refused_examples)
        refused.push_back({{"user_id", user_id}, {"why", why}});
    Json invalid = Json::array();
    for (const auto& [user_id, named] : report.invalid_examples) {
        invalid.push_back({{"user_id", user_id}, {"timezone", excerpt(named)}});
    }
    return {{"as_of", format_instant(report.as_of)},
            {"first_pass", report.is_first},
            {"new_attempts", report.attempts},
            {"judged", report.judged},
            {"active", report.active},
            {"started", report.started},
            {"extended", report.extended},
            {"broken", report.broken},
            {"shortened", report.shortened},
            {"mended", report.mended},
            {"milestones", report.milestones},
            {"locked", report.locked},
            {"left", report.left},
            {"refused", report.refused},
            {"refused_examples", std::move(refused)},
            {"future_attempts", report.future_attempts},
            {"invalid_zones", report.invalid_zones},
            {"invalid_zone_examples", std::move(invalid)}};
}

ExitCode dry_run(Session& session, const Options& options) {
    const auto preview = streaks::preview(*session.migrated_postgres(), options.request);
    session.output.result(
        [&] {
            auto text = to_text(preview.report, true);
            if (preview.shrinking > 0) {
                const auto& adopt = options.request.adopt;
                text += fmt::format("  {:16} {}{}\n",
                                    adopt == Adopt::keep ? "kept as counted" : "would shrink",
                                    grouped(preview.shrinking),
                                    adopt ? "" : ": a pass needs --adopt keep or recompute");
            }
            if (preview.sample.empty()) return text;
            Table table{{"user", "streak", "would be"}};
            for (const auto& [user_id, before, after] : preview.sample) {
                table.add({printable(user_id), grouped(before), grouped(after)});
            }
            return text + "\n" + table.text();
        },
        [&] {
            auto json = to_json(preview.report);
            json["dry_run"] = true;
            json["would_shrink"] = preview.shrinking;
            json["sample"] = Json::array();
            for (const auto& [user_id, before, after] : preview.sample) {
                json["sample"].push_back(
                    {{"user_id", user_id}, {"before", before}, {"after", after}});
            }
            return json;
        });
    return ExitCode::done;
}

JobEnd pass(Session& session, const Options& options, Job& job) {
    Progress progress{session, "user"};
    const auto report = streaks::check(
        job.postgres, job.run.lease(), options.request,
        {.enough = job.out_of_time,
         .kept =
             [&](auto& transaction, const auto& so_far) {
                 job.run.save_cursor(transaction, Json{{"judged", so_far.judged}}.dump());
             },
         .progress = [&](auto users) { progress.report(streaks::job, users); }});
    progress.clear();
    if (report.refused > 0) {
        session.output.explain(
            {Failure::data,
             "the rows of " + counted(report.refused, "user") + " refuse their streak",
             "user " + report.refused_examples[0].user_id + ": " + report.refused_examples[0].why,
             "let the table take it; the next pass tries again"});
    }
    if (report.left > 0) {
        session.output.explain({Failure::timed_out, "out of time",
                                counted(report.left, "user") + " not judged yet",
                                "what was finished is kept; the next pass goes on"});
    }
    const auto code = report.left > 0      ? ExitCode::timed_out
                      : report.refused > 0 ? ExitCode::partial
                                           : ExitCode::done;
    session.output.result([&] { return to_text(report, false); }, [&] { return to_json(report); },
                          code == ExitCode::done);
    auto counts = to_json(report);
    counts.erase("invalid_zone_examples");
    counts.erase("refused_examples");
    return {code, counts.dump()};
}

// 7,30,100,365
std::vector<int> milestones(const Session& session) {
    const auto setting = session.settings.find("STREAK_MILESTONES");
    if (!setting) return streaks::PassRequest{}.milestones;
    std::vector<int> days;
    std::istringstream list{*setting};
    for (std::string word; std::getline(list, word, ',');) {
        const auto number = parse_integer<int>(word);
        if (!number || *number < 2 || *number > 100'000) {
            throw Error{Failure::configuration, "STREAK_MILESTONES is " + excerpt(*setting),
                        "it must be numbers of days from 2 on, with commas",
                        "set it such as 7,30,100,365"};
        }
        days.push_back(*number);
    }
    return days;
}

ExitCode run(Session& session, Options options) {
    if (!options.explain.empty())
        return explain_streak(session, options.explain, options.request.as_of);
    const auto read_settings = [&] {
        options.request.milestones = milestones(session);
        options.request.default_zone = session.zone();
        jobs::require_zone(options.request.default_zone);
    };
    if (options.dry_run) {
        read_settings();
        return dry_run(session, options);
    }
    const auto settle = [&](postgres::Connection&, JobOptions&) { read_settings(); };
    return run_job(session, options.job, {streaks::job, streaks::job, settle},
                   [&](Job& job) { return pass(session, options, job); });
}

}  // namespace

void add_check_streaks(CLI::App& app, Chosen& chosen) {
    auto* command = app.add_subcommand("check-streaks", "extend, keep or break learners' streaks");
    auto options = std::make_shared<Options>();
    command->fallthrough();
    auto* as_of = add_as_of(*command, options->request.as_of,
                            "judge as of this instant (default: now, by the database's clock)");
    auto* rebuild =
        command->add_flag("--rebuild", options->request.rebuild,
                          "count all days and streaks again from the attempts; no events");
    auto* adopt = command->add_option_function<std::string>(
        "--adopt",
        [options](const std::string& word) {
            options->request.adopt = word == "keep" ? Adopt::keep : Adopt::recompute;
        },
        "in a first pass, where the app has counted more days than the attempts know of");
    adopt->type_name("keep|recompute")->check(CLI::IsMember({"keep", "recompute"}));
    auto* explain = command
                        ->add_option("--explain", options->explain,
                                     "show one user's days, zones and verdict; write nothing")
                        ->type_name("USER")
                        ->check(not_empty)
                        ->excludes(rebuild, adopt);
    add_job_options(*command, options->job, "how long to wait for another pass (default 0)")
        ->excludes(as_of, explain);
    command
        ->add_flag("-n,--dry-run", options->dry_run,
                   "count what would change and show some; write nothing, take no lease")
        ->excludes(explain);
    command->add_flag("--force", options->request.force, "although --as-of lies in the future");
    command->footer(
        "A day counts in the zone that the learner had at the attempt. Run it hourly: midnight is\n"
        "at another time in each zone.\n"
        "\n"
        "Examples:\n"
        "  nightshift check-streaks --once-per hour\n"
        "  nightshift check-streaks --explain 123");
    command->callback([&chosen, options] {
        chosen = {"check-streaks", [options](Session& session) { return run(session, *options); }};
    });
}

}  // namespace nightshift::cmd
