// nightshift leaderboard close show: a Sunday close, as it was kept.
#include "base/text.hpp"
#include "board_table.hpp"
#include "leaderboard/closing.hpp"
#include "subcommands.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

ExitCode show(Session& session, const std::string& week) {
    const auto closing = leaderboard::read_closing(*session.migrated_postgres(), week);
    session.output.result(
        [&] {
            if (!closing) {
                return (week.empty() ? std::string{"no week was closed yet"}
                                     : "the week " + week + " was not closed") +
                       "; 'nightshift recompute-leaderboard --period weekly --close" +
                       (week.empty() ? "" : " " + week) + "' closes it\n";
            }
            const auto document = leaderboard::parse_document(closing->document);
            auto text =
                fmt::format("week {} closed as of {}, {} ranked\n", closing->week,
                            format_instant(closing->as_of), counted(closing->users, "user"));
            return document.top.empty() ? text : text + board_table(document.top);
        },
        [&] {
            if (!closing) {
                return Json{{"closed", false}, {"week", week.empty() ? Json() : Json(week)}};
            }
            return Json{{"closed", true},
                        {"week", closing->week},
                        {"as_of", format_instant(closing->as_of)},
                        {"closed_at", format_instant(closing->closed_at)},
                        {"closed_by", closing->run_id},
                        {"users_ranked", closing->users},
                        {"document", Json::parse(closing->document)}};
        },
        closing.has_value());
    return closing ? ExitCode::done : ExitCode::negative;
}

}  // namespace

void add_leaderboard_close(CLI::App& leaderboard, Chosen& chosen) {
    auto* close = leaderboard.add_subcommand("close", "the Sunday close of a week");
    close->require_subcommand(0, 1);
    close->fallthrough();
    close->footer(
        "Examples:\n"
        "  nightshift leaderboard close show\n"
        "  nightshift leaderboard close show 2026-W47");
    auto week = std::make_shared<std::string>();
    auto* command = close->add_subcommand("show", "show a close");
    command->fallthrough();
    command->add_option("WEEK", *week, "such as 2026-W47 (default: the latest that was closed)");
    command->footer(
        "Exits with 1 when the week was not closed.\n"
        "\n"
        "Examples:\n"
        "  nightshift leaderboard close show\n"
        "  nightshift leaderboard close show 2026-W47 --json");
    command->callback([&chosen, week] {
        chosen = {"leaderboard close show",
                  [week](Session& session) { return show(session, *week); }};
    });
}

}  // namespace nightshift::cmd
