// nightshift migrate: the schema, the app's tables included.
#include "commands.hpp"
#include "migrate/subcommands.hpp"

namespace nightshift::cmd {

void add_migrate(CLI::App& app, Chosen& chosen) {
    auto* migrate = app.add_subcommand("migrate", "bring the database's schema up to date");
    migrate->require_subcommand(0, 1);
    migrate->fallthrough();
    migrate->footer(
        "Examples:\n"
        "  nightshift migrate up\n"
        "  nightshift migrate status --check && echo nothing pending");
    add_migrate_up(*migrate, chosen);
    add_migrate_status(*migrate, chosen);
}

}  // namespace nightshift::cmd
