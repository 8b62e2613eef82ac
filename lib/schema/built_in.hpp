// The schema that this binary brings and needs: its migrations, embedded.
#pragma once

#include "migrations/migration.hpp"
#include "postgres/connection.hpp"

namespace nightshift::schema {

const migrations::Track& built_in();

// Every command that touches tables calls this first. Throws Error (configuration) where the
// database is not exactly at our version: too old names `migrate up`, too new an upgrade.
void require_current(postgres::Connection& connection);

}  // namespace nightshift::schema
