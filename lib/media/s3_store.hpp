// Objects in S3, MinIO, and what else speaks like them
// (docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, API_HeadObject.html,
// API_GetObject.html, API_ListObjectsV2.html, API_DeleteObject.html).
//
// Each request is signed (aws_signature.hpp) with the hash of its body, which the server checks. An
// object is put where there is none (If-None-Match: *); a store that does not know that is asked
// for it first, from then on. What is busy (500, 503 SlowDown) or was cut off is tried again. A
// clock that differs from the server's is set by it.
#pragma once

#include "http/aws_signature.hpp"
#include "http/client.hpp"
#include "media/object_store.hpp"

#include <memory>

namespace nightshift::media {

struct S3Options {
    std::string endpoint = {};  // https://minio.example:9000; empty: Amazon's, of the region
    std::string region = "us-east-1";
    std::string bucket;
    http::AwsCredentials credentials;
    // The bucket in the path; else it is part of the host's name. Without a word: where the
    // endpoint is not Amazon's, or the bucket's name has a dot in it, which no certificate covers.
    std::optional<bool> has_path_style = {};
    http::Retry retry{.most = 5, .of_unknown = true};
};

class S3Store : public ObjectStore {
  public:
    // The client must outlive it. Throws Error (configuration) for an endpoint or a bucket's name
    // that can be none.
    S3Store(http::Client& client, S3Options options);

    std::string name() const override { return "s3:" + options_.bucket; }
    void put(NewObject object, Done done) override;
    std::optional<ObjectInfo> find(const std::string& key) override;
    std::optional<std::string> read(const std::string& key, std::uint64_t most) override;
    void list(const std::string& prefix,
              const std::function<void(const ObjectInfo&)>& each) override;
    void remove(const std::string& key) override;

    // A url at which anybody may read it for so long.
    std::string presigned(const std::string& key, std::chrono::seconds lasts) const;

  private:
    struct Call;
    struct Putting;
    using CallPtr = std::shared_ptr<Call>;
    using Answered = std::function<void(const http::Response&, int calls)>;

    Instant now() const;
    http::AwsRequest request(const std::string& method, const std::string& key) const;
    void ask(http::AwsRequest request, std::string body, Answered answered);
    void send(const CallPtr& call);
    http::Response fetch(http::AwsRequest request);
    void put_where_none_is(const std::shared_ptr<Putting>& it);
    void look_before(const std::shared_ptr<Putting>& it);
    void store(const std::shared_ptr<Putting>& it);
    Error error_of(const std::string& what, const http::Response& response) const;

    http::Client& client_;
    S3Options options_;
    http::AwsSigner signer_;
    std::string scheme_;
    std::string host_;
    std::string base_;                      // of each path
    std::chrono::seconds clock_offset_{0};  // the server's clock less ours
    bool knows_conditions_ = true;
};

}  // namespace nightshift::media
