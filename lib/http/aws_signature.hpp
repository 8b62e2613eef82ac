// AWS Signature Version 4, as S3 has it: the path is encoded once, and neither dot segments nor
// doubled slashes are taken out of it.
// (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and
// sigv4-query-string-auth.html; libcurl's own signer encodes differently from one version to the
// next.)
//
// What is signed is what must be sent: the target by target(), the headers as sign() returns them.
#pragma once

#include "base/instant.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace nightshift::http {

struct AwsCredentials {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token = {};  // of credentials that end; empty: they do not
};

using NameValues = std::vector<std::pair<std::string, std::string>>;

// The hash of a body that is not known before it is sent; over https alone.
inline constexpr const char* unsigned_payload = "UNSIGNED-PAYLOAD";

struct AwsRequest {
    std::string method = "GET";
    std::string host;        // with its port, where that is not the scheme's own
    std::string path = "/";  // bytes as they are, not encoded
    NameValues query = {};   // the same
    // That are signed: content-type, x-amz-*; but for those that proxies touch (Content-Length,
    // Expect, User-Agent).
    NameValues headers = {};
    std::string payload_sha256;  // of the body, in hexadecimal; or unsigned_payload
};

// Path and query, each byte but A-Z a-z 0-9 - . _ ~ (and / in the path) as %41, the query sorted.
std::string target(const AwsRequest& request);

class AwsSigner {
  public:
    AwsSigner(AwsCredentials credentials, std::string region, std::string service = "s3")
        : credentials_{std::move(credentials)},
          region_{std::move(region)},
          service_{std::move(service)} {}

    // The headers to send, "Name: value": the request's own, x-amz-date, x-amz-security-token and
    // Authorization. At: when it is sent; a server takes 15 minutes of difference.
    std::vector<std::string> sign(const AwsRequest& request, Instant at) const;

    // The target of a url that anybody may ask for so long, a week at most; host alone is signed
    // beside it.
    std::string presign(const AwsRequest& request, Instant at, std::chrono::seconds lasts) const;

  private:
    struct SignedHeaders;

    std::string scope(const std::string& day) const;
    std::string signature(const AwsRequest& request, const std::string& query,
                          const SignedHeaders& headers, const std::string& time) const;

    AwsCredentials credentials_;
    std::string region_;
    std::string service_;
};

}  // namespace nightshift::http
