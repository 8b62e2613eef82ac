// nightshift import-attempts: attempts from CSV or JSON Lines into Postgres.
#include "attempts/import.hpp"
#include "base/log.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "job.hpp"
#include "progress.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using attempts::FileReport;

struct Options {
    attempts::ImportRequest request;
    bool keep_going = false;
    JobOptions job;
};

std::string to_text(const std::vector<FileReport>& reports) {
    Table table{{"file", "rows", "inserted", "already there", "conflicting", "rejected",
                 "users created", "questions created"}};
    for (const auto& each : reports) {
        if (each.error) {
            table.add({each.file, "refused", "0", "-", "-", "-", "-", "-"});
            continue;
        }
        table.add({each.file, grouped(each.rows), grouped(each.inserted),
                   grouped(each.already_there), grouped(each.conflicting), grouped(each.rejected),
                   grouped(each.users_created), grouped(each.questions_created)});
    }
    return table.text();
}

Json to_json(const std::vector<FileReport>& reports, const std::vector<std::string>& left) {
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
                         {"rejected", each.rejected},
                         {"users_created", each.users_created},
                         {"questions_created", each.questions_created}});
        }
        list.push_back(std::move(json));
    }
    return {{"files", std::move(list)}, {"files_left", left}};
}

// A file as the cursor knows it: one that was written anew is another. Null for what is no file and
// may say something else each time.
Json fingerprint(const std::string& file) {
    std::error_code none;
    if (!std::filesystem::is_regular_file(file, none)) return {};
    const auto size = std::filesystem::file_size(file, none);
    const auto written = std::filesystem::last_write_time(file, none).time_since_epoch().count();
    return {{"file", file}, {"size", none ? 0 : size}, {"written", none ? 0 : written}};
}

// A cursor in JSON; a name may be no text.
std::string text_of(const Json& cursor) {
    return cursor.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The files that earlier runs of the same period have finished.
Json finished_files(const jobs::Run& run) {
    auto cursor = run.cursor() ? Json::parse(*run.cursor()) : Json::array();
    return cursor.is_array() ? cursor : Json::array();  // another version's
}

std::vector<std::string> files_left(const std::vector<std::string>& files, const Json& finished) {
    std::vector<std::string> left;
    for (const auto& file : files) {
        const auto print = fingerprint(file);
        const bool known = !print.is_null() &&
                           std::find(finished.begin(), finished.end(), print) != finished.end();
        if (known) {
            log::info("imported by an earlier run of this period", {{"file", file}});
        } else {
            left.push_back(file);
        }
    }
    return left;
}

JobEnd import(Session& session, attempts::ImportRequest request, Job& job) {
    auto finished = finished_files(job.run);
    request.files = files_left(request.files, finished);
    std::map<std::string, Json> before;
    for (const auto& file : request.files) before[file] = fingerprint(file);
    Progress progress{session, "row"};
    const auto reports = attempts::import_files(
        job.postgres, job.run.lease(), request, session.stop,
        {.enough = job.out_of_time,
         .kept =
             [&](auto& transaction, const FileReport& report) {
                 // One that was replaced while it was read is not finished.
                 const auto print = fingerprint(report.file);
                 if (print.is_null() || print != before[report.file]) return;
                 finished.push_back(print);
                 job.run.save_cursor(transaction, text_of(finished));
             },
         .progress = [&](const auto& file, auto rows) { progress.report(file, rows); }});
    progress.clear();
    std::int64_t inserted = 0;
    std::int64_t refused = 0;
    std::int64_t rejected = 0;
    std::optional<std::string> error;
    for (const auto& each : reports) {
        inserted += each.inserted;
        rejected += each.rejected;
        if (each.error) {
            ++refused;
            session.output.explain(*each.error);
            if (!error) error = std::string{each.error->what()} + ": " + each.error->cause;
        }
        if (each.conflicting > 0) {
            log::warning("an event_id came again with other content; the first one stands",
                         {{"file", each.file}, {"rows", std::to_string(each.conflicting)}});
        }
    }
    const std::vector<std::string> left{
        request.files.begin() + static_cast<std::ptrdiff_t>(reports.size()), request.files.end()};
    if (!left.empty()) {
        session.output.explain({Failure::timed_out, "out of time",
                                counted(static_cast<std::int64_t>(left.size()), "file") +
                                    " not begun, the first is " + excerpt(left.front()),
                                "what was finished is kept; run again with the same files"});
    }
    const auto code = !left.empty()  ? ExitCode::timed_out
                      : refused > 0  ? ExitCode::data
                      : rejected > 0 ? ExitCode::partial
                                     : ExitCode::done;
    session.output.result([&] { return to_text(reports); }, [&] { return to_json(reports, left); },
                          code == ExitCode::done);
    const Json counts{{"files", reports.size()},
                      {"refused", refused},
                      {"left", left.size()},
                      {"rejected", rejected},
                      {"inserted", inserted}};
    return {code, counts.dump(), error ? std::optional{redacted(*error)} : std::nullopt};
}

ExitCode run(Session& session, const Options& options) {
    if (options.keep_going == options.request.rejects.empty()) {
        throw Error{Failure::usage, "--keep-going and --rejects FILE belong together",
                    "rows that are left out must go somewhere", "give both, or neither"};
    }
    return run_job(session, options.job, {attempts::import_job, attempts::import_job},
                   [&](Job& job) { return import(session, options.request, job); });
}

}  // namespace

void add_import_attempts(CLI::App& app, Chosen& chosen) {
    auto* command = app.add_subcommand("import-attempts", "import attempts from CSV or JSON Lines");
    auto options = std::make_shared<Options>();
    command->fallthrough();
    command
        ->add_option("FILE", options->request.files,
                     "CSV with a header or JSON Lines, gzip'ed or not; - is standard input")
        ->required();
    command->add_flag("--create-users", options->request.create_users,
                      "create users that are not there, named 'user <id>'");
    command->add_flag("--create-questions", options->request.create_questions,
                      "create questions that are not there");
    command
        ->add_option("--zone", options->request.zone,
                     "the time zone of times without an offset, such as Africa/Banjul")
        ->type_name("ZONE");
    command->add_flag("--keep-going", options->keep_going,
                      "leave out rows that cannot be imported, and exit with 2");
    command
        ->add_option("--rejects", options->request.rejects,
                     "with --keep-going: where these rows go, as JSON Lines")
        ->type_name("FILE");
    add_job_options(*command, options->job, "how long to wait for another import (default 0)");
    command->footer(
        "Columns, or keys: user_id, question_id, is_correct, attempted_at, and if you have them "
        "skipped,\n"
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
