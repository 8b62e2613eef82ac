// Redis, over one connection.
#pragma once

#include "health/run.hpp"
#include "redis/address.hpp"

#include <string>

namespace nightshift::health {

// Of what is wanted that which is none of Redis's is left out.
Probe look_at_redis(const redis::Address& address, const Wanted& wanted);

}  // namespace nightshift::health
