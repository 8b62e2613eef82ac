// nightshift import-attempts: attempts from CSV files into Postgres.
#include "attempts/import.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "shared_options.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using attempts::FileReport;

struct Options {
    attempts::ImportRequest request;
    std::chrono::milliseconds lock_wait{0};
};

std::string to_text(const std::vector<FileReport>& reports) {
    Table table{{"file", "rows", "inserted", "already there", "conflicting", "users created",
                 "questions created"}};
    for (const auto& each : reports) {
        if (each.error) {
            table.add({each.file, "refused", "0", "-", "-", "-", "-"});
            continue;
        }
        table.add({each.file, grouped(each.rows), grouped(each.inserted),
                   grouped(each.already_there), grouped(each.conflicting),
                   grouped(each.users_created), grouped(each.questions_created)});
    }
    return table.text();
}

Json to_json(const std::vector<FileReport>& reports) {
    Json list = Json::array();
    for (const auto& each : reports) {
        Json json{{"file", each.file}};
        if (each.error) {
            json["error"] = {{"message", each.error->what()},
                             {"cause", each.error->cause},
                             {"fix", each.error->hint}};
        } else {
            json.update({{"rows", each.rows},
                         {"inserted", each.inserted},
                         {"already_there", each.already_there},
                         {"conflicting", each.conflicting},
                         {"users_created", each.users_created},
                         {"questions_created", each.questions_created}});
        }
        list.push_back(std::move(json));
    }
    return {{"files", std::move(list)}};
}

ExitCode run(Session& session, const Options& options) {
    const auto connection = session.migrated_postgres();
    const jobs::Lease lease{
        session.unstoppable_postgres(),
        {.job = attempts::import_job, .run_id = session.run_id, .wait = options.lock_wait},
        session.stop};
    const auto reports = attempts::import_files(*connection, lease, options.request, session.stop);
    for (const auto& each : reports) {
        if (each.error) session.output.explain(*each.error);
        if (each.conflicting > 0) {
            log::warning("an event_id came again with other content; the first one stands",
                         {{"file", each.file}, {"rows", std::to_string(each.conflicting)}});
        }
    }
    const bool all_kept = std::none_of(reports.begin(), reports.end(),
                                       [](const auto& each) { return each.error.has_value(); });
    session.output.result([&] { return to_text(reports); }, [&] { return to_json(reports); },
                          all_kept);
    return all_kept ? ExitCode::done : ExitCode::data;
}

}  // namespace

void add_import_attempts(CLI::App& app, Chosen& chosen) {
    auto* command = app.add_subcommand("import-attempts", "import attempts from CSV files");
    auto options = std::make_shared<Options>();
    command->fallthrough();
    command
        ->add_option("FILE", options->request.files,
                     "CSV or CSV.gz with a header; - is standard input")
        ->required();
    command->add_flag("--create-users", options->request.create_users,
                      "create users that are not there, named 'user <id>'");
    command->add_flag("--create-questions", options->request.create_questions,
                      "create questions that are not there");
    command
        ->add_option("--zone", options->request.zone,
                     "the time zone of times without an offset, such as Africa/Banjul")
        ->type_name("ZONE");
    add_lock_wait(*command, options->lock_wait, "how long to wait for another import (default 0)");
    command->footer(
        "Columns: user_id, question_id, is_correct, attempted_at, and if you have them skipped,\n"
        "event_id. Each file is imported whole or not at all; the same file again adds nothing.\n"
        "\n"
        "Examples:\n"
        "  nightshift import-attempts attempts.csv.gz\n"
        "  psql -c \"COPY ... TO STDOUT CSV HEADER\" old | nightshift import-attempts -");
    command->callback([&chosen, options] {
        chosen = {"import-attempts",
                  [options](Session& session) { return run(session, *options); }};
    });
}

}  // namespace nightshift::cmd
