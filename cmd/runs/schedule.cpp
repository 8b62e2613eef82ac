// nightshift runs schedule: what should run, and when.
#include "base/log.hpp"
#include "base/text.hpp"
#include "subcommands.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

constexpr std::size_t longest_schedule = 1 << 20;

std::string schedule_text(const Session& session) {
    const auto path = session.settings.find("NIGHTSHIFT_SCHEDULE");
    if (!path) return std::string{jobs::default_schedule()};
    std::error_code unreadable;
    if (std::filesystem::is_regular_file(*path, unreadable) &&
        std::filesystem::file_size(*path, unreadable) < longest_schedule) {
        std::ifstream file{*path};
        if (file) return {std::istreambuf_iterator<char>{file}, {}};
    }
    throw Error{
        Failure::configuration, "cannot read the schedule " + excerpt(*path),
        "NIGHTSHIFT_SCHEDULE names it; it must be a file below 1 MiB that this user may read",
        "correct the path, or leave it unset"};
}

ExitCode show_schedule(Session& session) {
    const auto text = schedule_text(session);
    const auto count = declared_schedule(session).size();  // refuses what cannot be used
    log::debug("read the schedule", {{"jobs", std::to_string(count)}});
    session.output.result(
        [&] { return text; },
        [&] {
            return nlohmann::ordered_json{{"schedule", nlohmann::ordered_json::parse(text)}};
        });
    return ExitCode::done;
}

}  // namespace

std::vector<jobs::ScheduledJob> declared_schedule(const Session& session, const LeftOut& left_out) {
    auto jobs = jobs::parse_schedule(
        schedule_text(session),
        session.settings.find("NIGHTSHIFT_SCHEDULE").value_or("the program itself"));
    std::erase_if(jobs, [&](const jobs::ScheduledJob& job) {
        const bool is_out =
            !job.where_any.empty() &&
            std::none_of(job.where_any.begin(), job.where_any.end(),
                         [&session](const auto& name) { return session.settings.has(name); });
        if (is_out && left_out) left_out(job);
        return is_out;
    });
    return jobs;
}

void add_runs_schedule(CLI::App& runs, Chosen& chosen) {
    auto* command = runs.add_subcommand("schedule", "print the schedule, as JSON");
    command->fallthrough();
    command->footer(
        "The product's own, or the file that NIGHTSHIFT_SCHEDULE names.\n"
        "\n"
        "Examples:\n"
        "  nightshift runs schedule > schedule.json\n"
        "  NIGHTSHIFT_SCHEDULE=schedule.json nightshift runs schedule");
    command->callback([&chosen] {
        chosen = {"runs schedule", [](Session& session) { return show_schedule(session); }};
    });
}

}  // namespace nightshift::cmd
