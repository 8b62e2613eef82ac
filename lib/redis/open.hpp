// A connection to Redis as it is hosted: behind Sentinels, in a Cluster, or just starting.
#pragma once

#include "redis/address.hpp"
#include "redis/connection.hpp"

#include <memory>
#include <stop_token>
#include <string>

namespace nightshift::redis {

// Sentinels are asked one after the other who the master is, and it must say so itself. Of a
// Cluster it is the node that has key's slot: other keys can be reached there only where they share
// it ({...}). A server that is starting, or a failover that is on its way, is given some seconds.
// Throws Error as Connection does.
std::unique_ptr<Connection> open(const Address& address, const std::string& key,
                                 const std::stop_token& stop = {});

}  // namespace nightshift::redis
