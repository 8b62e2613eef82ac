// Signed requests to one bucket of S3, and what their answers mean. For the S3 store alone.
#pragma once

#include "base/error.hpp"
#include "http/aws_signature.hpp"
#include "http/client.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

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
    // What is larger goes in parts of this size, or of a ten-thousandth of it; so many at once.
    std::uint64_t part_size = std::uint64_t{8} << 20;
    int parts_at_once = 6;
    std::uint64_t most_per_second = 0;  // bytes of one request; 0: as fast as they go
    http::Milliseconds timeout = std::chrono::hours{6};  // of one request; a slow line has time
};

class S3Connection {
  public:
    using Answered = std::function<void(const http::Response&, int calls)>;
    using Failed = std::function<void(const Error&)>;

    S3Connection(http::Client& client, S3Options options);

    const S3Options& options() const { return options_; }
    std::uint64_t bytes_taken() const { return bytes_taken_; }  // of bodies that were put
    // No key: of the bucket itself.
    http::AwsRequest request(const std::string& method, const std::string& key) const;
    // With the body's hash in it, which the server checks.
    http::AwsRequest request(const std::string& method, const std::string& key,
                             const std::string& body) const;

    // Answered while the client's loop runs. What is busy or was cut off is tried again, and a
    // clock that differs from the server's is set by it.
    void ask(http::AwsRequest request, http::Body body, Answered answered);
    // Of a body that is read, and where the request has no hash of it hashed, beside the loop.
    // failed: what read threw.
    void ask_with(http::AwsRequest request, std::function<http::Body()> read, Answered answered,
                  Failed failed);
    // Beside the loop; then in it, unless it threw.
    void work(std::function<void()> work, std::function<void()> then, Failed failed);
    http::Response fetch(http::AwsRequest request);
    std::string presigned(const std::string& key, std::chrono::seconds lasts) const;

    // Of an answer that is no success: what failed, why, and what to do.
    Error error_of(const std::string& what, const http::Response& response) const;

  private:
    struct Call;

    Instant now() const;
    void send(const std::shared_ptr<Call>& call);

    http::Client& client_;
    S3Options options_;
    http::AwsSigner signer_;
    std::string scheme_;
    std::string host_;
    std::string base_;                      // of each path
    std::chrono::seconds clock_offset_{0};  // the server's clock less ours
    std::uint64_t bytes_taken_ = 0;
};

// <Error><Code>NoSuchBucket</Code>...; all empty: it says nothing of the kind.
struct S3Refusal {
    std::string code;
    std::string message;
    std::string region;  // where the bucket is
};
S3Refusal refusal_of(const http::Response& response);

// Empty: there is none of that name.
std::string header_of(const http::Response& response, const std::string& name);

}  // namespace nightshift::media
