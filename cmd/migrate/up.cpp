// nightshift migrate up: the app's tables made to fit, then every pending migration.
#include "schema/up.hpp"

#include "migrate/subcommands.hpp"
#include "schema/built_in.hpp"
#include "shared_options.hpp"

#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using migrations::Statement;

struct Options {
    schema::AdoptionRequest adoption;
    migrations::Patience patience;
    std::chrono::milliseconds lock_wait{std::chrono::seconds{60}};
    bool dry_run = false;
};

std::string lock_words(const Statement& statement, const migrations::Patience& patience) {
    if (statement.lock.empty()) return "new tables: no lock that anybody waits for";
    const auto wait = migrations::longest_wait(statement, patience);
    if (statement.mode == Statement::Mode::briefly) {
        return fmt::format(
            "takes {} on {} for a moment, after a weaker lock behind which the app does not queue; "
            "waits for it {} ms at most, then lets others pass and tries again",
            statement.lock, statement.table, wait.count());
    }
    return fmt::format(
        "takes {} on {}, beside reads and writes; waits {} s at most for older "
        "transactions",
        statement.lock, statement.table,
        std::chrono::duration_cast<std::chrono::seconds>(wait).count());
}

std::string plan_text(const schema::Plan& plan, const migrations::Patience& patience) {
    std::string text;
    for (const auto& statement : plan.adoption.statements) {
        text +=
            fmt::format("-- {}; {}\n{}{}\n\n", statement.purpose, lock_words(statement, patience),
                        statement.sql, statement.sql.ends_with(";\n") ? "" : ";");
    }
    for (const auto& migration : plan.migrations) {
        text += fmt::format("-- {} {}: would be applied, in one transaction\n{}\n{}\n",
                            migration.version, migration.name, migrations::ledger(), migration.sql);
    }
    return text.empty() ? "the schema is up to date\n" : text;
}

Json plan_json(const schema::Plan& plan, const migrations::Patience& patience) {
    Json statements = Json::array();
    for (const auto& each : plan.adoption.statements) {
        statements.push_back(
            {{"purpose", each.purpose},
             {"sql", each.sql},
             {"table", each.table},
             {"lock", each.lock.empty() ? Json() : Json(each.lock)},
             {"concurrently", each.mode == Statement::Mode::concurrently},
             {"waits_at_most_ms", migrations::longest_wait(each, patience).count()}});
    }
    Json pending = Json::array();
    for (const auto& migration : plan.migrations) {
        pending.push_back(
            {{"version", migration.version}, {"name", migration.name}, {"sql", migration.sql}});
    }
    return {{"dry_run", true}, {"app_tables", statements}, {"pending", pending}};
}

// The SQL that somebody has to run first is the result; the reason goes to the log.
ExitCode refuse(const Session& session, const schema::Refusal& refusal) {
    const auto& [error, sql] = refusal;
    const auto code = exit_code(error.failure, 0);
    session.output.explain(error);
    session.output.result(
        [&] {
            std::string text;
            if (!sql.empty()) text = "-- psql --set=ON_ERROR_STOP=1, not --single-transaction\n";
            for (const auto& statement : sql) text += statement + "\n";
            return text;
        },
        [&] {
            return Json{{"error",
                         {{"message", error.what()},
                          {"cause", error.cause},
                          {"fix", error.hint},
                          {"exit_code", static_cast<int>(code)}}},
                        {"sql", sql}};
        },
        false);
    return code;
}

ExitCode dry_run(Session& session, const Options& options) {
    const auto plan = schema::plan(*session.postgres(), options.adoption);
    if (plan.adoption.refusal) return refuse(session, *plan.adoption.refusal);
    session.output.result([&] { return plan_text(plan, options.patience); },
                          [&] { return plan_json(plan, options.patience); });
    return ExitCode::done;
}

std::string to_text(const schema::UpResult& result) {
    std::string text;
    for (const auto& statement : result.statements) {
        text += "done: " + statement.purpose + "\n";
    }
    for (const auto& entry : result.applied) {
        text += fmt::format("applied {} {} in {} ms\n", entry.version, entry.name,
                            entry.duration.value_or(std::chrono::milliseconds{0}).count());
    }
    if (!text.empty()) return text;
    return result.waited ? "another run has migrated; nothing left to do\n"
                         : "the schema is up to date\n";
}

Json to_json(const schema::UpResult& result) {
    Json statements = Json::array();
    for (const auto& each : result.statements) statements.push_back(each.sql);
    return {{"app_tables", statements},
            {"applied", entries_json(result.applied)},
            {"waited", result.waited}};
}

ExitCode up(Session& session, const Options& options) {
    if (options.dry_run) return dry_run(session, options);
    const auto result = schema::up({.run = {.connect = [&session] { return session.postgres(); },
                                            .lock_wait = options.lock_wait,
                                            .stop = session.stop},
                                    .adoption = options.adoption,
                                    .patience = options.patience});
    if (result.refusal) return refuse(session, *result.refusal);
    session.output.result([&] { return to_text(result); }, [&] { return to_json(result); });
    return ExitCode::done;
}

}  // namespace

void add_migrate_up(CLI::App& migrate, Chosen& chosen) {
    auto* command = migrate.add_subcommand(
        "up", "make the app's tables fit, and apply every pending migration");
    auto options = std::make_shared<Options>();
    command->fallthrough();
    command->add_flag("--dry-run", options->dry_run,
                      "print the SQL that would run, and its locks; write nothing");
    static const std::map<std::string, schema::IdType> id_types{{"bigint", schema::IdType::bigint},
                                                                {"uuid", schema::IdType::uuid},
                                                                {"text", schema::IdType::text}};
    command
        ->add_option_function<std::string>(
            "--id-type",
            [options](const std::string& type) { options->adoption.id_type = id_types.at(type); },
            "ids in tables that are made: bigint (default), uuid or text")
        ->type_name("TYPE")
        ->check(CLI::IsMember({"bigint", "uuid", "text"}));
    command
        ->add_option("--role", options->adoption.role,
                     "change the app's tables as this role, of which we are a member")
        ->type_name("ROLE")
        ->check(not_empty);
    add_seconds(*command, "--lock-wait", options->lock_wait,
                "how long to wait for another run that migrates (default 60)");
    add_seconds(*command, "--lock-timeout", options->patience.lock_timeout,
                "how long a statement may wait in front of the app's traffic (default 0.25)");
    command
        ->add_option("--lock-tries", options->patience.tries,
                     "how often it then tries again before giving up (default 100)")
        ->type_name("N")
        ->check(CLI::Range(1, 100'000));
    add_seconds(*command, "--build-wait", options->patience.build_lock_timeout,
                "how long an index build may wait for older transactions (default 1800)");
    command->footer(
        "A database that an app uses already is adopted: columns are added without a\n"
        "rewrite, indexes are built beside reads and writes, nothing is dropped or\n"
        "retyped. What cannot work is found before the first change, and the SQL that mends\n"
        "it is printed. Killed at any moment, the next run goes on. Two at once are safe.\n"
        "\n"
        "Examples:\n"
        "  nightshift migrate up --dry-run\n"
        "  nightshift migrate up\n"
        "  nightshift migrate up --id-type uuid");
    command->callback([&chosen, options] {
        chosen = {"migrate up", [options](Session& session) { return up(session, *options); }};
    });
}

}  // namespace nightshift::cmd
