// Postgres, over one connection. A new question is a file of SQL, whose row says value, said and,
// where there is more to say than the check has, fix; and an entry of json/checks.json.
#pragma once

#include "base/error.hpp"
#include "health/run.hpp"
#include "jobs/schedule.hpp"

#include <string>
#include <vector>

namespace nightshift::health {

struct DatabaseLook {
    std::string url;
    std::vector<jobs::ScheduledJob> schedule = {};  // that jobs are held against
    std::string zone = "UTC";                       // of their periods
};

// Whether Postgres misses what a migration makes.
bool lacks_schema(const Error& error);

// Of what is wanted all that Postgres knows: its own state, and the jobs' in it.
Wanted of_database(const Wanted& wanted);

// Of what is wanted that which is none of the database's is left out.
Probe look_at_database(const DatabaseLook& look, const Wanted& wanted);

}  // namespace nightshift::health
