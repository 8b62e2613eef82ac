// The object store: whether it takes an object, gives it back, and lets it be deleted.
#pragma once

#include "health/run.hpp"
#include "http/client.hpp"
#include "media/object_store.hpp"

#include <functional>
#include <memory>
#include <string>

namespace nightshift::health {

struct OpenStore {
    std::shared_ptr<http::Client> client;  // the store's
    std::shared_ptr<media::ObjectStore> store;
};

// Opened beside the others, as credentials may have to be asked for. prefix: where the object's key
// begins; its name is of this look alone.
Probe look_at_store(const std::function<OpenStore()>& open, const std::string& prefix,
                    const Wanted& wanted);

}  // namespace nightshift::health
