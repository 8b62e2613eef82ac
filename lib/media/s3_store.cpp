#include "media/s3_store.hpp"

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

constexpr auto put_timeout = std::chrono::seconds{120};

std::string header_of(const Response& response, const std::string& name) {
    const auto header = response.headers.find(name);
    return header == response.headers.end() ? std::string{} : header->second;
}

struct Refusal {
    std::string code;
    std::string message;
    std::string region;
};

// <Error><Code>NoSuchBucket</Code>...
Refusal refusal_of(const Response& response) {
    pugi::xml_document document;
    document.load_buffer(response.body.data(), response.body.size());
    const auto error = document.child("Error");
    Refusal refusal{error.child_value("Code"), error.child_value("Message"),
                    error.child_value("Region")};
    if (refusal.region.empty()) refusal.region = header_of(response, "x-amz-bucket-region");
    return refusal;
}

// API bucket naming rules: 3 to 63 of a-z 0-9 - ., beginning and ending with a letter or digit.
bool is_bucket(const std::string& name) {
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return name.size() >= 3 && name.size() <= 63 && is_plain(name.front()) &&
           is_plain(name.back()) && std::all_of(name.begin(), name.end(), [&](char c) {
               return is_plain(c) || c == '-' || c == '.';
           });
}

}  // namespace

// A request, until its last answer.
struct S3Store::Call {
    AwsRequest request;
    std::string body;
    Answered answered;
    int calls = 0;
    bool had_other_clock = false;
};

struct S3Store::Putting {
    NewObject object;
    Done done;
    Put put{};
    int conflicts = 0;

    void end() { done(put); }
    void fail(Error error) {
        put.error = std::move(error);
        end();
    }
};

S3Store::S3Store(http::Client& client, S3Options options)
    : client_{client},
      options_{std::move(options)},
      signer_{options_.credentials, options_.region} {
    remember_secret(options_.credentials.secret_access_key);
    remember_secret(options_.credentials.session_token);
    if (!is_bucket(options_.bucket)) {
        throw Error{Failure::configuration, excerpt(options_.bucket) + " can be no bucket's name",
                    "it has 3 to 63 small letters, digits, - and .", "correct S3_BUCKET_NAME"};
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

Instant S3Store::now() const { return nightshift::now() + clock_offset_; }

// No key: of the bucket itself, whose path some servers know without a slash at its end alone.
AwsRequest S3Store::request(const std::string& method, const std::string& key) const {
    return {.method = method,
            .host = host_,
            .path = key.empty() && !base_.empty() ? base_ : base_ + "/" + key,
            .payload_sha256 = sha256_hex("")};
}

void S3Store::ask(AwsRequest request, std::string body, Answered answered) {
    send(std::make_shared<Call>(Call{std::move(request), std::move(body), std::move(answered)}));
}

void S3Store::send(const CallPtr& call) {
    auto signed_now = call->request;
    signed_now.headers.emplace_back("x-amz-content-sha256", signed_now.payload_sha256);
    client_.add({.method = signed_now.method,
                 .url = scheme_ + host_ + http::target(signed_now),
                 .headers = signer_.sign(signed_now, now()),
                 .body = call->body,
                 .timeout = put_timeout,
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
                    call->answered(response, call->calls);
                });
}

Response S3Store::fetch(AwsRequest request) {
    Response response;
    ask(std::move(request), "", [&response](const Response& last, int) { response = last; });
    client_.run();
    return response;
}

void S3Store::put(NewObject object, Done done) {
    const auto it = std::make_shared<Putting>(Putting{std::move(object), std::move(done)});
    try {
        require_key(it->object.key);
    } catch (const Error& error) {
        it->fail(error);
        return;
    }
    knows_conditions_ ? store(it) : look_before(it);
}

// Of a store that knows no conditions; and of one that says that there is an object.
void S3Store::look_before(const std::shared_ptr<Putting>& it) {
    ask(request("HEAD", it->object.key), "", [this, it](const Response& response, int calls) {
        it->put.calls += calls;
        const auto what = "cannot store " + excerpt(it->object.key, 200);
        if (response.outcome == Outcome::answered && response.status == 404) {
            if (knows_conditions_) {  // it was there a moment ago
                it->fail({Failure::unavailable, what, "it was deleted meanwhile", "run it again"});
                return;
            }
            store(it);
            return;
        }
        if (!response.is_success()) {
            it->fail(error_of(what, response));
            return;
        }
        const auto bytes = parse_integer<std::uint64_t>(header_of(response, "content-length"));
        if (bytes != it->object.bytes.size()) {
            it->fail({Failure::refused, what,
                      "another object of " + (bytes ? std::to_string(*bytes) : "unknown") +
                          " bytes stands under its name",
                      "objects are named by what is in them: see who has written it"});
            return;
        }
        it->put.was_there = true;
        it->end();
    });
}

void S3Store::store(const std::shared_ptr<Putting>& it) {
    constexpr int most_conflicts = 3;
    auto wanted = request("PUT", it->object.key);
    wanted.payload_sha256 = it->object.sha256;
    wanted.headers = {{"Content-Type", it->object.mime_type},
                      {"Cache-Control", it->object.cache_control}};
    const bool has_condition = knows_conditions_;
    if (has_condition) wanted.headers.emplace_back("If-None-Match", "*");
    ask(std::move(wanted), it->object.bytes,
        [this, it, has_condition](const Response& response, int calls) {
            it->put.calls += calls;
            if (response.is_success()) {
                it->end();
            } else if (response.outcome == Outcome::answered && response.status == 412) {
                look_before(it);
            } else if (response.outcome == Outcome::answered && response.status == 409 &&
                       it->conflicts++ < most_conflicts) {
                store(it);  // another is writing the same
            } else if (has_condition &&
                       (response.status == 501 || refusal_of(response).code == "NotImplemented")) {
                knows_conditions_ = false;
                look_before(it);
            } else {
                it->fail(error_of("cannot store " + excerpt(it->object.key, 200), response));
            }
        });
}

std::optional<ObjectInfo> S3Store::find(const std::string& key) {
    require_key(key);
    const auto response = fetch(request("HEAD", key));
    if (response.outcome == Outcome::answered && response.status == 404) return std::nullopt;
    if (!response.is_success()) throw error_of("cannot look for " + excerpt(key, 200), response);
    return ObjectInfo{
        key, parse_integer<std::uint64_t>(header_of(response, "content-length")).value_or(0),
        http::parse_date(header_of(response, "last-modified")).value_or(Instant{})};
}

std::optional<std::string> S3Store::read(const std::string& key, std::uint64_t most) {
    require_key(key);
    auto wanted = request("GET", key);
    if (most > 0) wanted.headers.emplace_back("Range", "bytes=0-" + std::to_string(most - 1));
    const auto response = fetch(std::move(wanted));
    if (response.outcome == Outcome::answered && response.status == 404) return std::nullopt;
    if (response.status == 416) return std::string{};  // an empty object has no first byte
    if (!response.is_success() || response.is_cut)
        throw error_of("cannot read " + excerpt(key, 200), response);
    return response.body.substr(0, most);
}

void S3Store::list(const std::string& prefix, const std::function<void(const ObjectInfo&)>& each) {
    std::string token;
    do {
        auto wanted = request("GET", "");
        wanted.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", prefix}};
        if (!token.empty()) wanted.query.emplace_back("continuation-token", token);
        const auto response = fetch(std::move(wanted));
        if (!response.is_success()) throw error_of("cannot list " + name(), response);
        pugi::xml_document document;
        const auto result = document.load_buffer(response.body.data(), response.body.size())
                                ? document.child("ListBucketResult")
                                : pugi::xml_node{};
        if (!result || response.is_cut) {
            throw Error{Failure::unavailable, "cannot list " + name(),
                        "the answer is no list of objects", "see that S3_ENDPOINT_URL is right"};
        }
        for (const auto& found : result.children("Contents")) {
            std::string key = found.child_value("Key");
            if (std::string{result.child_value("EncodingType")} == "url") {
                std::replace(key.begin(), key.end(), '+', ' ');
                key = percent_decoded(key).value_or(key);
            }
            each({key, parse_integer<std::uint64_t>(found.child_value("Size")).value_or(0),
                  parse_instant(found.child_value("LastModified")).value_or(Instant{})});
        }
        token = std::string{result.child_value("IsTruncated")} == "true"
                    ? result.child_value("NextContinuationToken")
                    : "";
    } while (!token.empty());
}

void S3Store::remove(const std::string& key) {
    require_key(key);
    const auto response = fetch(request("DELETE", key));
    const bool is_gone = response.outcome == Outcome::answered && response.status == 404 &&
                         refusal_of(response).code != "NoSuchBucket";
    if (!response.is_success() && !is_gone)
        throw error_of("cannot delete " + excerpt(key, 200), response);
}

std::string S3Store::presigned(const std::string& key, std::chrono::seconds lasts) const {
    require_key(key);
    auto wanted = request("GET", key);
    wanted.payload_sha256 = http::unsigned_payload;
    return scheme_ + host_ + signer_.presign(wanted, now(), lasts);
}

Error S3Store::error_of(const std::string& what, const Response& response) const {
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
        return {Failure::configuration, what, why, "create the bucket, or correct S3_BUCKET_NAME"};
    if (response.status == 401 || response.status == 403 || response.status / 100 == 3)
        return {Failure::configuration, what, why,
                "see that the credentials are right and may read, write and list there"};
    if (response.status / 100 == 5 || response.status == 429 || response.status == 408)
        return {Failure::unavailable, what, why, "try again later"};
    return {Failure::data, what, why, "see what the server says"};
}

}  // namespace nightshift::media
