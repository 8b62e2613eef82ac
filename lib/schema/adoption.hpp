// What it takes to make the app's tables fit, found before the first change.
//
// The plan comes from the catalog alone: what is there already is not in it. So a run that was
// killed anywhere goes on by planning anew, and SQL that somebody else ran counts as done.
// Reads only; nothing of the app's is ever dropped, retyped or rewritten.
#pragma once

#include "base/error.hpp"
#include "migrations/statement.hpp"
#include "postgres/connection.hpp"
#include "schema/app_tables.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::schema {

struct AdoptionRequest {
    std::optional<IdType> id_type = std::nullopt;  // of tables that are made; default bigint
    std::string role = {};                         // that owns the app's tables
};

// Why nothing can be done, and the SQL with which somebody can mend it.
struct Refusal {
    Error error;
    std::vector<std::string> sql;
};

struct Adoption {
    std::optional<Refusal> refusal;  // data: what the tables lack; configuration: rights, views
    std::vector<migrations::Statement> statements;  // in their order
    std::vector<std::string> warnings;              // what works, but perhaps not as was meant
};

// Throws Error: usage where id_type is not that of tables that stand, configuration for the role.
Adoption plan_adoption(postgres::Connection& connection, const AdoptionRequest& request);

}  // namespace nightshift::schema
