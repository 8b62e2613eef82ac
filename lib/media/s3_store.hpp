// Objects in S3, MinIO, and what else speaks like them
// (docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, API_HeadObject.html,
// API_GetObject.html, API_ListObjectsV2.html, API_DeleteObject.html).
//
// Each request is signed (aws_signature.hpp) with the hash of its body, which the server checks. An
// object is put where there is none (If-None-Match: *); a store that does not know that is asked
// for it first, from then on. What is busy (500, 503 SlowDown) or was cut off is tried again. A
// clock that differs from the server's is set by it.
#pragma once

#include "media/object_store.hpp"
#include "media/s3_connection.hpp"

#include <memory>

namespace nightshift::media {

class S3Store : public ObjectStore {
  public:
    // The client must outlive it. Throws Error (configuration) for an endpoint or a bucket's name
    // that can be none.
    S3Store(http::Client& client, S3Options options) : s3_{client, std::move(options)} {}

    std::string name() const override { return "s3:" + s3_.options().bucket; }
    std::uint64_t bytes_taken() const override { return s3_.bytes_taken(); }
    void put(NewObject object, Done done) override;
    void look(const std::string& key, Looked done) override;
    std::optional<ObjectInfo> find(const std::string& key) override;
    std::optional<std::string> read(const std::string& key, std::uint64_t most,
                                    std::uint64_t from) override;
    void list(const std::string& prefix,
              const std::function<void(const ObjectInfo&)>& each) override;
    void remove(const std::string& key) override;

    // A url at which anybody may read it for so long.
    std::string presigned(const std::string& key, std::chrono::seconds lasts) const;

    // Gives up uploads in parts that were begun before, below a prefix: their parts are billed, and
    // no list shows them. How many.
    std::int64_t abort_uploads(const std::string& prefix, Instant begun_before);

  private:
    struct Putting;

    void look_before(const std::shared_ptr<Putting>& it);
    void store(const std::shared_ptr<Putting>& it);
    std::optional<ObjectInfo> object_in(const std::string& key,
                                        const http::Response& response) const;

    S3Connection s3_;
    bool knows_conditions_ = true;
};

}  // namespace nightshift::media
