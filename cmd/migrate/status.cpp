// nightshift migrate status: what stands, and what is pending.
#include "base/text.hpp"
#include "migrate/subcommands.hpp"
#include "schema/built_in.hpp"
#include "schema/up.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using migrations::Entry;
using migrations::State;

Json to_json(const Entry& entry) {
    return {{"version", entry.version},
            {"name", entry.name},
            {"state", word(entry.state)},
            {"checksum", entry.checksum},
            {"applied_at", entry.applied_at ? Json(format_instant(*entry.applied_at)) : Json()},
            {"duration_ms", entry.duration ? Json(entry.duration->count()) : Json()},
            {"applied_by", entry.applied_by ? Json(*entry.applied_by) : Json()}};
}

std::string to_text(const migrations::Status& status, const schema::Adoption& app) {
    Table table{{"version", "name", "state", "applied at", "ms", "by"}};
    for (const auto& entry : status.entries) {
        table.add({std::to_string(entry.version), entry.name, word(entry.state),
                   entry.applied_at ? format_instant(*entry.applied_at) : "-",
                   entry.duration ? std::to_string(entry.duration->count()) : "-",
                   entry.applied_by.value_or("-")});
    }
    auto text = table.text();
    if (app.refusal) return text + "the app's tables: " + app.refusal->error.cause + "\n";
    const auto pending = std::ssize(app.statements);
    if (pending == 0) return text;
    return text + fmt::format(
                      "the app's tables: {} pending, see 'nightshift migrate up "
                      "--dry-run'\n",
                      counted(pending, "statement"));
}

Json to_json(const migrations::Status& status, const schema::Adoption& app) {
    return {{"pending", status.count(State::pending)},
            {"migrations", entries_json(status.entries)},
            {"app_tables",
             {{"pending", app.statements.size()},
              {"refused", app.refusal ? Json(app.refusal->error.cause) : Json()}}}};
}

ExitCode status(Session& session, bool check) {
    const auto connection = session.postgres();
    const auto now = connection->transaction("reading the ledger", [](auto& transaction) {
        return migrations::status(transaction, schema::built_in());
    });
    if (check) migrations::refuse_edited_or_ahead(now);
    const auto app = schema::plan_adoption(*connection, {});
    const bool up_to_date =
        !now.has(State::pending) && app.statements.empty() && !app.refusal.has_value();
    const bool ok = !check || up_to_date;
    session.output.result([&] { return to_text(now, app); }, [&] { return to_json(now, app); }, ok);
    return ok ? ExitCode::done : ExitCode::negative;
}

}  // namespace

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

Json entries_json(const std::vector<Entry>& entries) {
    Json list = Json::array();
    for (const auto& entry : entries) list.push_back(to_json(entry));
    return list;
}

void add_migrate_status(CLI::App& migrate, Chosen& chosen) {
    auto* command = migrate.add_subcommand("status", "list the migrations and their states");
    auto check = std::make_shared<bool>(false);
    command->fallthrough();
    command->add_flag("--check", *check, "exit with 1 when something is pending");
    command->footer(
        "States: applied, pending, edited (its file changed after it was applied), ahead\n"
        "(applied by a later nightshift). What the app's own tables lack is counted below them.\n"
        "\n"
        "Examples:\n"
        "  nightshift migrate status\n"
        "  nightshift migrate status --check || nightshift migrate up");
    command->callback([&chosen, check] {
        chosen = {"migrate status", [check](Session& session) { return status(session, *check); }};
    });
}

}  // namespace nightshift::cmd
