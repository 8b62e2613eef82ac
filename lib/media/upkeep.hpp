// Looking after what was uploaded: the store against the index, and what stands in it that nobody
// knows.
#pragma once

#include "media/media_index.hpp"
#include "media/object_store.hpp"
#include "media/publish.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace nightshift::media {

struct Trouble {
    std::string path;
    std::string key;
    std::string what;  // missing, another length, another content
};

struct Verified {
    std::int64_t files = 0;
    std::int64_t objects = 0;
    std::vector<Trouble> troubles;
};

// Each object is read and hashed.
Verified verify(ObjectStore& store, postgres::Connection& postgres, const std::string& begin,
                const std::function<void(std::int64_t)>& progress, const std::stop_token& stop);

struct Orphan {
    std::string key;
    std::uint64_t bytes = 0;
    Instant changed_at{};
};

// Objects below a prefix that belong to no file of the index, and that references have not; each is
// told as it is found.
void find_orphans(ObjectStore& store, postgres::Connection& postgres, const std::string& prefix,
                  const std::set<std::string>& references, Instant older_than,
                  const std::function<void(const Orphan&)>& each);

// Its row becomes a tombstone first, then its objects go, where no other file has them. false:
// there is no such file. Safe to repeat.
bool delete_file(ObjectStore& store, postgres::Connection& postgres, const std::string& path,
                 Instant now);

// The smaller pictures of one file, of its original in the store; they are stored and noted. False:
// there is nothing to do: it is no image, has them already, or its original is not kept.
bool rebuild_variants(ObjectStore& store, const std::function<void()>& wait,
                      postgres::Connection& postgres, const StoredFile& file,
                      const PublishRules& rules, ImageWorker& worker, Instant now,
                      const std::string& run_id);

}  // namespace nightshift::media
