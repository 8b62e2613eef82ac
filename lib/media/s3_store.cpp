#include "media/s3_store.hpp"

#include "base/text.hpp"
#include "media/s3_multipart.hpp"

#include <algorithm>

#include <pugixml.hpp>

namespace nightshift::media {

using http::Outcome;
using http::Response;

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
    s3_.ask(
        s3_.request("HEAD", it->object.key), {}, [this, it](const Response& response, int calls) {
            it->put.calls += calls;
            const auto what = "cannot store " + excerpt(it->object.key, 200);
            if (response.outcome == Outcome::answered && response.status == 404) {
                if (knows_conditions_) {  // it was there a moment ago
                    it->fail(
                        {Failure::unavailable, what, "it was deleted meanwhile", "run it again"});
                    return;
                }
                store(it);
                return;
            }
            if (!response.is_success()) {
                it->fail(s3_.error_of(what, response));
                return;
            }
            const auto bytes = parse_integer<std::uint64_t>(header_of(response, "content-length"));
            if (bytes != it->object.content.size) {
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
    const auto& object = it->object;
    const auto what = "cannot store " + excerpt(object.key, 200);
    const auto stored = [this, it, what, has_condition = knows_conditions_](
                            const Response& response, int calls) {
        it->put.calls += calls;
        const bool is_answered = response.outcome == Outcome::answered;
        if (response.is_success()) {
            it->end();
        } else if (is_answered && response.status == 412) {
            look_before(it);
        } else if (is_answered && response.status == 409 && it->conflicts++ < most_conflicts) {
            store(it);  // another is writing the same
        } else if (has_condition &&
                   (response.status == 501 || refusal_of(response).code == "NotImplemented")) {
            knows_conditions_ = false;
            look_before(it);
        } else {
            it->fail(s3_.error_of(what, response));
        }
    };
    const auto failed = [it](const Error& error) { it->fail(error); };
    if (object.content.size > s3_.options().part_size) {
        put_in_parts(s3_, object, knows_conditions_, stored, failed);
        return;
    }
    auto wanted = s3_.request("PUT", object.key);
    wanted.payload_sha256 = object.sha256;
    wanted.headers = {{"Content-Type", object.mime_type}, {"Cache-Control", object.cache_control}};
    if (knows_conditions_) wanted.headers.emplace_back("If-None-Match", "*");
    s3_.ask_with(
        std::move(wanted),
        [it] { return whole_piece(it->object.content, 0, it->object.content.size); }, stored,
        failed);
}

std::optional<ObjectInfo> S3Store::object_in(const std::string& key,
                                             const Response& response) const {
    if (response.outcome == Outcome::answered && response.status == 404) return std::nullopt;
    if (!response.is_success())
        throw s3_.error_of("cannot look for " + excerpt(key, 200), response);
    return ObjectInfo{
        key, parse_integer<std::uint64_t>(header_of(response, "content-length")).value_or(0),
        http::parse_date(header_of(response, "last-modified")).value_or(Instant{})};
}

void S3Store::look(const std::string& key, Looked done) {
    try {
        require_key(key);
    } catch (const Error& error) {
        done({.error = error});
        return;
    }
    s3_.ask(s3_.request("HEAD", key), {},
            [this, key, done = std::move(done)](const Response& response, int) {
                Look look;
                try {
                    look.object = object_in(key, response);
                } catch (const Error& error) {
                    look.error = error;
                }
                done(look);
            });
}

std::optional<ObjectInfo> S3Store::find(const std::string& key) {
    require_key(key);
    return object_in(key, s3_.fetch(s3_.request("HEAD", key)));
}

std::optional<std::string> S3Store::read(const std::string& key, std::uint64_t most,
                                         std::uint64_t from) {
    require_key(key);
    auto wanted = s3_.request("GET", key);
    wanted.headers.emplace_back("Range",
                                "bytes=" + std::to_string(from) + "-" +
                                    std::to_string(from + std::max<std::uint64_t>(most, 1) - 1));
    const auto response = s3_.fetch(std::move(wanted));
    if (response.outcome == Outcome::answered && response.status == 404) return std::nullopt;
    if (response.status == 416) return std::string{};  // it has no such byte
    if (!response.is_success() || response.is_cut)
        throw s3_.error_of("cannot read " + excerpt(key, 200), response);
    return response.body.substr(0, most);
}

void S3Store::list(const std::string& prefix, const std::function<void(const ObjectInfo&)>& each) {
    std::string token;
    do {
        auto wanted = s3_.request("GET", "");
        wanted.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", prefix}};
        if (!token.empty()) wanted.query.emplace_back("continuation-token", token);
        const auto response = s3_.fetch(std::move(wanted));
        if (!response.is_success()) throw s3_.error_of("cannot list " + name(), response);
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
    const auto response = s3_.fetch(s3_.request("DELETE", key));
    const bool is_gone = response.outcome == Outcome::answered && response.status == 404 &&
                         refusal_of(response).code != "NoSuchBucket";
    if (!response.is_success() && !is_gone)
        throw s3_.error_of("cannot delete " + excerpt(key, 200), response);
}

std::string S3Store::presigned(const std::string& key, std::chrono::seconds lasts) const {
    require_key(key);
    return s3_.presigned(key, lasts);
}

std::int64_t S3Store::abort_uploads(const std::string& prefix, Instant begun_before) {
    return media::abort_uploads(s3_, prefix, begun_before);
}

}  // namespace nightshift::media
