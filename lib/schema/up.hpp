// The whole way to the schema that this binary needs: the app's tables made to fit, then our own
// migrations. Everything that cannot work is found before the first change; three sessions (the
// lock, the work, a build) are open by then.
// Killed anywhere, it goes on when it is called again.
#pragma once

#include "migrations/statement.hpp"
#include "migrations/up.hpp"
#include "schema/adoption.hpp"

#include <optional>
#include <vector>

namespace nightshift::schema {

struct UpRequest {
    migrations::UpRequest run;
    AdoptionRequest adoption = {};
    migrations::Patience patience = {};
};

struct UpResult {
    std::optional<Refusal> refusal;                 // set: nothing was changed
    std::vector<migrations::Statement> statements;  // that changed the app's tables
    std::vector<migrations::Entry> applied;
    bool waited = false;  // another run was migrating
};

// Throws Error as migrations::up(), plan_adoption() and migrations::run() do.
UpResult up(const UpRequest& request);

// What up() would do; writes nothing and takes no lock.
struct Plan {
    Adoption adoption;
    std::vector<migrations::Migration> migrations;
};
Plan plan(postgres::Connection& connection, const AdoptionRequest& request);

}  // namespace nightshift::schema
