// The subcommands of migrate, and how both show a migration.
#pragma once

#include "commands.hpp"
#include "migrations/status.hpp"

#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace nightshift::cmd {

void add_migrate_up(CLI::App& migrate, Chosen& chosen);
void add_migrate_status(CLI::App& migrate, Chosen& chosen);

const char* word(migrations::State state);
nlohmann::ordered_json entries_json(const std::vector<migrations::Entry>& entries);

}  // namespace nightshift::cmd
