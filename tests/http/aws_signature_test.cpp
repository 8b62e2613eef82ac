// AWS Signature Version 4 as S3 has it.
#include "http/aws_signature.hpp"

#include "base/digest.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace nightshift;
using namespace nightshift::http;
using namespace std::chrono_literals;

namespace {

const AwsCredentials example{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
const Instant evening = parse_instant("2015-08-30T12:36:00Z").value();

AwsRequest get(const std::string& path, const NameValues& query = {}) {
    return {.host = "bucket.s3.amazonaws.com",
            .path = path,
            .query = query,
            .payload_sha256 = sha256_hex("")};
}

std::string authorization(const AwsSigner& signer, const AwsRequest& request) {
    return signer.sign(request, evening).back();
}

}  // namespace

// The examples of the documentation: sig-v4-header-based-auth.html.
TEST_CASE("S3's documented examples are signed as they stand there") {
    const AwsSigner signer{{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
                           "us-east-1"};
    const auto at = parse_instant("2013-05-24T00:00:00Z").value();
    const auto empty = sha256_hex("");
    AwsRequest request{.host = "examplebucket.s3.amazonaws.com",
                       .path = "/test.txt",
                       .headers = {{"Range", "bytes=0-9"}, {"x-amz-content-sha256", empty}},
                       .payload_sha256 = empty};
    CHECK(signer.sign(request, at).back() ==
          "Authorization: AWS4-HMAC-SHA256 "
          "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
          "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
          "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    const auto body = sha256_hex("Welcome to Amazon S3.");
    request = {.method = "PUT",
               .host = "examplebucket.s3.amazonaws.com",
               .path = "/test$file.text",
               .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                           {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                           {"x-amz-content-sha256", body}},
               .payload_sha256 = body};
    CHECK(signer.sign(request, at)
              .back()
              .ends_with(
                  "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
    request = {.host = "examplebucket.s3.amazonaws.com",
               .query = {{"lifecycle", ""}},
               .headers = {{"x-amz-content-sha256", empty}},
               .payload_sha256 = empty};
    CHECK(target(request) == "/?lifecycle=");
    CHECK(signer.sign(request, at)
              .back()
              .ends_with(
                  "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
    request.query = {{"prefix", "J"}, {"max-keys", "2"}};
    CHECK(signer.sign(request, at)
              .back()
              .ends_with(
                  "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
    // sigv4-query-string-auth.html
    const AwsRequest shared{.host = "examplebucket.s3.amazonaws.com",
                            .path = "/test.txt",
                            .payload_sha256 = unsigned_payload};
    CHECK(signer.presign(shared, at, 24h) ==
          "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F"
          "20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires="
          "86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
          "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST_CASE("a key of any bytes is encoded once, and neither its dots nor its slashes are touched") {
    CHECK(target(get("/a b+c=d~e(f)")) == "/a%20b%2Bc%3Dd~e%28f%29");
    CHECK(target(get("/é/%41")) == "/%C3%A9/%2541");
    CHECK(target(get("/a/../b//./c/")) == "/a/../b//./c/");
    CHECK(target(get("/k", {{"uploadId", "a/b+c"}, {"partNumber", "1"}})) ==
          "/k?partNumber=1&uploadId=a%2Fb%2Bc");
    CHECK(target(get("/", {{"uploads", ""}})) == "/?uploads=");
    // By their encoded bytes: %C3 stands before A.
    CHECK(target(get("/", {{"A", "1"}, {"é", "2"}, {"a", "0"}})) == "/?%C3%A9=2&A=1&a=0");
}

TEST_CASE("headers are signed by name, whatever their order, case and blanks") {
    const AwsSigner signer{example, "us-east-1"};
    auto request = get("/k");
    request.headers = {{"x-amz-meta-a", "1"}, {"x-amz-meta-a-b", "2  3 "}};
    const auto signed_once = authorization(signer, request);
    CHECK_THAT(signed_once, ContainsSubstring("host;x-amz-date;x-amz-meta-a;x-amz-meta-a-b,"));
    request.headers = {{"X-Amz-Meta-A-B", " 2 3"}, {"X-AMZ-META-A", "1"}};
    CHECK(authorization(signer, request) == signed_once);
}

TEST_CASE("a day, a region, a token and a secret each make another signature") {
    const auto request = get("/k");
    const auto plain = authorization(AwsSigner{example, "us-east-1"}, request);
    CHECK(authorization(AwsSigner{example, "eu-west-1"}, request) != plain);
    auto other = example;
    other.secret_access_key += "x";
    CHECK(authorization(AwsSigner{other, "us-east-1"}, request) != plain);
    other = example;
    other.session_token = "t/o=";
    const AwsSigner of_a_session{other, "us-east-1"};
    CHECK_THAT(authorization(of_a_session, request), ContainsSubstring("x-amz-security-token"));
    const auto headers = of_a_session.sign(request, evening);
    CHECK(std::find(headers.begin(), headers.end(), "x-amz-security-token: t/o=") != headers.end());
    CHECK_THAT(of_a_session.presign(request, evening, 1h),
               ContainsSubstring("X-Amz-Security-Token=t%2Fo%3D"));
    CHECK(AwsSigner(example, "us-east-1").sign(request, evening + 24h).back() != plain);
    CHECK(plain.find(example.secret_access_key) == std::string::npos);
}
