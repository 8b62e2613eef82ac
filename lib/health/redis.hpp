// Redis, over one connection.
#pragma once

#include "health/run.hpp"
#include "redis/address.hpp"
#include "redis/connection.hpp"

#include <memory>
#include <string>

namespace nightshift::health {

// One that is starting is given no time: it is not ready, and that is the news. In a Cluster to
// the node that has the key. Throws as redis::Connection does.
std::unique_ptr<redis::Connection> connect_to_look(const redis::Address& address,
                                                   const std::string& key);

// Of what is wanted that which is none of Redis's is left out.
Probe look_at_redis(const redis::Address& address, const Wanted& wanted);

}  // namespace nightshift::health
