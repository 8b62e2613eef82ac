// What is looked at beyond Postgres and Redis, as the settings name it: providers of messages, the
// object store, the certificates of the servers that stand in urls.
#pragma once

#include "health/run.hpp"
#include "session.hpp"

#include <vector>

namespace nightshift::cmd {

void add_service_probes(const Session& session, const health::Wanted& wanted,
                        std::vector<health::Probe>& probes);

}  // namespace nightshift::cmd
