// nightshift migrate: the schema, step by step.
#include "commands.hpp"
#include "migrations/up.hpp"
#include "schema/built_in.hpp"
#include "shared_options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using migrations::Entry;
using migrations::State;

const char* word(State state) {
    switch (state) {
        case State::applied:
            return "applied";
        case State::pending:
            return "pending";
        case State::edited:
            return "edited";
        case State::ahead:
            return "ahead";
    }
    return "";
}

Json to_json(const Entry& entry) {
    return {{"version", entry.version},
            {"name", entry.name},
            {"state", word(entry.state)},
            {"checksum", entry.checksum},
            {"applied_at", entry.applied_at ? Json(format_instant(*entry.applied_at)) : Json()},
            {"duration_ms", entry.duration ? Json(entry.duration->count()) : Json()},
            {"applied_by", entry.applied_by ? Json(*entry.applied_by) : Json()}};
}

Json to_json(const std::vector<Entry>& entries) {
    Json list = Json::array();
    for (const auto& entry : entries) list.push_back(to_json(entry));
    return list;
}

std::string status_text(const migrations::Status& status) {
    Table table{{"version", "name", "state", "applied at", "ms", "by"}};
    for (const auto& entry : status.entries) {
        table.add({std::to_string(entry.version), entry.name, word(entry.state),
                   entry.applied_at ? format_instant(*entry.applied_at) : "-",
                   entry.duration ? std::to_string(entry.duration->count()) : "-",
                   entry.applied_by.value_or("-")});
    }
    return table.text();
}

std::string up_text(const migrations::UpResult& result) {
    std::string text;
    for (const auto& entry : result.applied) {
        text += fmt::format("applied {} {} in {} ms\n", entry.version, entry.name,
                            entry.duration.value_or(std::chrono::milliseconds{0}).count());
    }
    if (!text.empty()) return text;
    return result.waited ? "another run has migrated; nothing left to do\n"
                         : "the schema is up to date\n";
}

struct UpOptions {
    bool dry_run = false;
    std::chrono::milliseconds lock_wait{std::chrono::seconds{60}};
};

ExitCode dry_run(Session& session) {
    const auto connection = session.postgres();
    const auto pending = migrations::plan(*connection, schema::built_in());
    session.output.result(
        [&] {
            std::string text;
            for (const auto& migration : pending) {
                text += fmt::format("-- {} {}: would be applied, in one transaction\n{}\n",
                                    migration.version, migration.name, migration.sql);
            }
            return text.empty() ? "the schema is up to date\n" : text;
        },
        [&] {
            Json list = Json::array();
            for (const auto& migration : pending) {
                list.push_back({{"version", migration.version},
                                {"name", migration.name},
                                {"sql", migration.sql}});
            }
            return Json{{"dry_run", true}, {"pending", list}};
        });
    return ExitCode::done;
}

ExitCode up(Session& session, const UpOptions& options) {
    if (options.dry_run) return dry_run(session);
    const auto result =
        migrations::up(schema::built_in(), {.connect = [&session] { return session.postgres(); },
                                            .lock_wait = options.lock_wait,
                                            .stop = session.stop});
    session.output.result(
        [&] { return up_text(result); },
        [&] {
            return Json{{"applied", to_json(result.applied)}, {"waited", result.waited}};
        });
    return ExitCode::done;
}

ExitCode status(Session& session, bool check) {
    const auto connection = session.postgres();
    const auto now = connection->transaction("reading the ledger", [](auto& transaction) {
        return migrations::status(transaction, schema::built_in());
    });
    if (check) migrations::refuse_edited_or_ahead(now);
    const bool ok = !check || !now.has(State::pending);
    session.output.result([&] { return status_text(now); },
                          [&] {
                              return Json{{"pending", now.count(State::pending)},
                                          {"migrations", to_json(now.entries)}};
                          },
                          ok);
    return ok ? ExitCode::done : ExitCode::negative;
}

}  // namespace

void add_migrate(CLI::App& app, Chosen& chosen) {
    auto* migrate = app.add_subcommand("migrate", "bring the database's schema up to date");
    migrate->require_subcommand(0, 1);
    migrate->fallthrough();
    migrate->footer(
        "Examples:\n"
        "  nightshift migrate up\n"
        "  nightshift migrate status --check && echo nothing pending");

    auto* up_command =
        migrate->add_subcommand("up", "apply every pending migration, each in one transaction");
    auto options = std::make_shared<UpOptions>();
    up_command->fallthrough();
    up_command->add_flag("--dry-run", options->dry_run,
                         "print the SQL that would run; write nothing");
    add_lock_wait(*up_command, options->lock_wait,
                  "how long to wait for another run that migrates (default 60)");
    up_command->footer(
        "Two runs at once are safe: one works, the other waits and finds nothing to do.\n"
        "\n"
        "Examples:\n"
        "  nightshift migrate up --dry-run\n"
        "  nightshift migrate up");
    up_command->callback([&chosen, options] {
        chosen = {"migrate up", [options](Session& session) { return up(session, *options); }};
    });

    auto* status_command =
        migrate->add_subcommand("status", "list the migrations and their states");
    auto check = std::make_shared<bool>(false);
    status_command->fallthrough();
    status_command->add_flag("--check", *check, "exit with 1 when a migration is pending");
    status_command->footer(
        "States: applied, pending, edited (its file changed after it was applied), ahead\n"
        "(applied by a later nightshift).\n"
        "\n"
        "Examples:\n"
        "  nightshift migrate status\n"
        "  nightshift migrate status --check || nightshift migrate up");
    status_command->callback([&chosen, check] {
        chosen = {"migrate status", [check](Session& session) { return status(session, *check); }};
    });
}

}  // namespace nightshift::cmd
