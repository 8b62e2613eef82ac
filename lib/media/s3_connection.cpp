#include "media/s3_connection.hpp"

#include "base/digest.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

#include <algorithm>

#include <pugixml.hpp>

namespace nightshift::media {
namespace {

using http::AwsRequest;
using http::Outcome;
using http::Response;

// A slow line is no reason to give up; one that is silent is.
constexpr auto most_silence = std::chrono::seconds{120};

// API bucket naming rules: 3 to 63 of a-z 0-9 - ., beginning and ending with a letter or digit.
bool is_bucket(const std::string& name) {
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return name.size() >= 3 && name.size() <= 63 && is_plain(name.front()) &&
           is_plain(name.back()) && std::all_of(name.begin(), name.end(), [&](char c) {
               return is_plain(c) || c == '-' || c == '.';
           });
}

}  // namespace

std::string header_of(const Response& response, const std::string& name) {
    const auto header = response.headers.find(name);
    return header == response.headers.end() ? std::string{} : header->second;
}

S3Refusal refusal_of(const Response& response) {
    pugi::xml_document document;
    document.load_buffer(response.body.data(), response.body.size());
    const auto error = document.child("Error");
    S3Refusal refusal{error.child_value("Code"), error.child_value("Message"),
                      error.child_value("Region")};
    if (refusal.region.empty()) refusal.region = header_of(response, "x-amz-bucket-region");
    return refusal;
}

// A request, until its last answer.
struct S3Connection::Call {
    AwsRequest request;
    http::Body body;
    Answered answered;
    int calls = 0;
    bool had_other_clock = false;
};

S3Connection::S3Connection(http::Client& client, S3Options options)
    : client_{client},
      options_{std::move(options)},
      signer_{options_.credentials, options_.region} {
    remember_secret(options_.credentials.secret_access_key);
    remember_secret(options_.credentials.session_token);
    if (!is_bucket(options_.bucket)) {
        throw Error{Failure::configuration, excerpt(options_.bucket) + " can be no bucket's name",
                    "it has 3 to 63 small letters, digits, - and .",
                    "correct S3_BUCKET_NAME, or --store"};
    }
    auto endpoint = options_.endpoint;
    const bool is_amazon = endpoint.empty();
    if (is_amazon) endpoint = "https://s3." + options_.region + ".amazonaws.com";
    while (endpoint.ends_with('/')) endpoint.pop_back();
    auto why = http::objection(endpoint);
    const auto begin = endpoint.find("://");
    if (why.empty() && endpoint.find_first_of("/?#@", begin + 3) != std::string::npos)
        why = "it has more than a scheme, a host and a port";
    if (!why.empty()) {
        throw Error{Failure::configuration, "S3_ENDPOINT_URL cannot be used", why,
                    "give it as https://host, or http:// to loopback"};
    }
    scheme_ = endpoint.substr(0, begin + 3);
    host_ = endpoint.substr(begin + 3);
    const bool has_dot = options_.bucket.find('.') != std::string::npos;
    if (options_.has_path_style.value_or(!is_amazon || has_dot)) {
        base_ = "/" + options_.bucket;
    } else {
        host_ = options_.bucket + "." + host_;
    }
}

Instant S3Connection::now() const { return nightshift::now() + clock_offset_; }

// No key: of the bucket itself, whose path some servers know without a slash at its end alone.
AwsRequest S3Connection::request(const std::string& method, const std::string& key) const {
    return {.method = method,
            .host = host_,
            .path = key.empty() && !base_.empty() ? base_ : base_ + "/" + key,
            .payload_sha256 = sha256_hex("")};
}

AwsRequest S3Connection::request(const std::string& method, const std::string& key,
                                 const std::string& body) const {
    auto made = request(method, key);
    made.payload_sha256 = sha256_hex(body);
    return made;
}

void S3Connection::ask(AwsRequest request, http::Body body, Answered answered) {
    send(std::make_shared<Call>(Call{std::move(request), std::move(body), std::move(answered)}));
}

void S3Connection::ask_with(AwsRequest request, std::function<http::Body()> read, Answered answered,
                            Failed failed) {
    const auto call = std::make_shared<Call>(Call{std::move(request), {}, std::move(answered)});
    work(
        [call, read = std::move(read)] {
            call->body = read();
            if (call->request.payload_sha256.empty())
                call->request.payload_sha256 = sha256_hex(call->body.bytes());
        },
        [this, call] { send(call); }, std::move(failed));
}

void S3Connection::work(std::function<void()> work, std::function<void()> then, Failed failed) {
    client_.work(std::move(work), [then = std::move(then),
                                   failed = std::move(failed)](const std::exception_ptr& failure) {
        try {
            if (failure) std::rethrow_exception(failure);
        } catch (const Error& error) {
            failed(error);
            return;
        } catch (const std::exception& error) {  // no memory, perhaps; the others go on
            failed({Failure::data, "this object cannot be sent", error.what()});
            return;
        }
        then();
    });
}

void S3Connection::send(const std::shared_ptr<Call>& call) {
    auto signed_now = call->request;
    signed_now.headers.emplace_back("x-amz-content-sha256", signed_now.payload_sha256);
    client_.add({.method = signed_now.method,
                 .url = scheme_ + host_ + http::target(signed_now),
                 .headers = signer_.sign(signed_now, now()),
                 .body = call->body,
                 .timeout = options_.timeout,
                 .most_silence = most_silence,
                 .most_per_second = options_.most_per_second,
                 .retry = options_.retry},
                [this, call](const Response& response) {
                    call->calls += response.attempts;
                    const auto date = http::parse_date(header_of(response, "date"));
                    if (response.status == 403 && !call->had_other_clock && date &&
                        refusal_of(response).code == "RequestTimeTooSkewed") {
                        call->had_other_clock = true;
                        clock_offset_ =
                            std::chrono::round<std::chrono::seconds>(*date - nightshift::now());
                        send(call);
                        return;
                    }
                    if (response.is_success() && call->request.method == "PUT")
                        bytes_taken_ += call->body.bytes().size();
                    call->answered(response, call->calls);
                });
}

Response S3Connection::fetch(AwsRequest request) {
    Response response;
    ask(std::move(request), {}, [&response](const Response& last, int) { response = last; });
    client_.run();
    return response;
}

std::string S3Connection::presigned(const std::string& key, std::chrono::seconds lasts) const {
    auto wanted = request("GET", key);
    wanted.payload_sha256 = http::unsigned_payload;
    return scheme_ + host_ + signer_.presign(wanted, now(), lasts);
}

Error S3Connection::error_of(const std::string& what, const Response& response) const {
    if (response.outcome != Outcome::answered) {
        return {response.outcome == Outcome::untrusted || response.outcome == Outcome::impossible
                    ? Failure::configuration
                    : Failure::unavailable,
                what, response.why, "see that " + host_ + " can be reached"};
    }
    const auto [code, message, region] = refusal_of(response);
    const auto why = excerpt(one_line(redacted(std::to_string(response.status) + " " + code +
                                               (message.empty() ? "" : ": " + message))),
                             300);
    const bool is_elsewhere = !region.empty() && region != options_.region;
    if (is_elsewhere &&
        (response.status == 301 || response.status == 400 || response.status == 307))
        return {Failure::configuration, what,
                "the bucket is in " + excerpt(region) + ", and " + options_.region + " was asked",
                "set AWS_REGION to " + excerpt(region)};
    if (response.status == 404)
        return {Failure::configuration, what, why,
                "create the bucket, or correct S3_BUCKET_NAME or --store"};
    if (response.status == 401 || response.status == 403 || response.status / 100 == 3)
        return {Failure::configuration, what, why,
                "see that the credentials are right and may read, write and list there"};
    if (response.status == 501)
        return {Failure::configuration, what, why, "this server does not offer it"};
    if (response.status / 100 == 5 || response.status == 429 || response.status == 408)
        return {Failure::unavailable, what, why, "try again later"};
    return {Failure::data, what, why, "see what the server says"};
}

}  // namespace nightshift::media
