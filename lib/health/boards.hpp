// Whether Redis serves the leaderboards that Postgres knows as published: by their count of users
// and the checksum of the document, never by ranking anew.
#pragma once

#include "health/run.hpp"
#include "redis/address.hpp"

#include <string>

namespace nightshift::health {

Probe look_at_boards(const std::string& url, const redis::Address& address, const Wanted& wanted);

}  // namespace nightshift::health
