// What jobs note once a day, because it cannot be measured afterwards: the counters by whose pace
// the days that are left are told.
#pragma once

#include "postgres/connection.hpp"

namespace nightshift::health {

// Where today's (UTC) are not there. Throws Error.
void note_counters(postgres::Connection& connection);

}  // namespace nightshift::health
