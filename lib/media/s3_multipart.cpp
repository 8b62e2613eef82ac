#include "media/s3_multipart.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <vector>

#include <pugixml.hpp>

namespace nightshift::media {
namespace {

using http::Outcome;
using http::Response;

constexpr std::uint64_t most_parts = 10'000;
constexpr std::uint64_t mebibyte = 1 << 20;

// In quotes or without.
std::string plain_etag(std::string etag) {
    std::erase(etag, '"');
    return etag;
}

pugi::xml_node root_of(pugi::xml_document& document, const Response& response, const char* name) {
    document.load_buffer(response.body.data(), response.body.size());
    return document.child(name);
}

class Upload : public std::enable_shared_from_this<Upload> {
  public:
    Upload(S3Connection& s3, const NewObject& object, bool has_condition,
           S3Connection::Answered stored, std::function<void(const Error&)> failed)
        : s3_{s3},
          object_{object},
          has_condition_{has_condition},
          stored_{std::move(stored)},
          failed_{std::move(failed)} {
        const auto least = (object.content.size + most_parts - 1) / most_parts;
        part_size_ = std::max(s3.options().part_size, (least + mebibyte - 1) / mebibyte * mebibyte);
        etags_.resize((object.content.size + part_size_ - 1) / part_size_);
    }

    void look_for_one() {
        auto wanted = s3_.request("GET", "");
        wanted.query = {{"uploads", ""}, {"prefix", object_.key}};
        ask(std::move(wanted), {}, [this](const Response& response) {
            if (response.outcome != Outcome::answered) {
                stored_(response, calls_);
                return;
            }
            pugi::xml_document document;
            const auto list = root_of(document, response, "ListMultipartUploadsResult");
            std::string newest;
            for (const auto& each : list.children("Upload")) {
                const std::string begun = each.child_value("Initiated");
                if (each.child_value("Key") != object_.key || begun < newest) continue;
                newest = begun;
                id_ = each.child_value("UploadId");
            }
            id_.empty() ? begin() : look_at_parts("");
        });
    }

  private:
    using Done = std::function<void(const Response&)>;

    // Keeps this upload until its answer.
    void ask(http::AwsRequest request, http::Body body, Done done) {
        s3_.ask(std::move(request), std::move(body),
                [self = shared_from_this(), done = std::move(done)](const Response& response,
                                                                    int calls) {
                    self->calls_ += calls;
                    done(response);
                });
    }

    void begin() {
        std::ranges::fill(etags_, "");
        auto wanted = s3_.request("POST", object_.key);
        wanted.query = {{"uploads", ""}};
        wanted.headers = {{"Content-Type", object_.mime_type},
                          {"Cache-Control", object_.cache_control}};
        ask(std::move(wanted), {}, [this](const Response& response) {
            pugi::xml_document document;
            id_ = root_of(document, response, "InitiateMultipartUploadResult")
                      .child_value("UploadId");
            if (response.is_success() && !id_.empty()) {
                is_new_ = true;
                send_parts();
            } else {
                stored_(response, calls_);
            }
        });
    }

    void look_at_parts(const std::string& after) {
        auto wanted = s3_.request("GET", object_.key);
        wanted.query = {{"uploadId", id_}};
        if (!after.empty()) wanted.query.emplace_back("part-number-marker", after);
        ask(std::move(wanted), {}, [this](const Response& response) {
            if (response.outcome != Outcome::answered) {
                stored_(response, calls_);
                return;
            }
            pugi::xml_document document;
            const auto list = root_of(document, response, "ListPartsResult");
            if (!response.is_success() || !list) {  // it has ended meanwhile
                begin();
                return;
            }
            for (const auto& each : list.children("Part")) note_part(each);
            const std::string next = list.child_value("NextPartNumberMarker");
            const bool goes_on = std::string{list.child_value("IsTruncated")} == "true";
            goes_on && !next.empty() ? look_at_parts(next) : take_over(0);
        });
    }

    // That is there already, and may be ours.
    void note_part(const pugi::xml_node& part) {
        const auto number = parse_integer<std::size_t>(part.child_value("PartNumber")).value_or(0);
        if (number < 1 || number > etags_.size()) return;
        if (parse_integer<std::uint64_t>(part.child_value("Size")) != length_of(number - 1)) return;
        etags_[number - 1] = plain_etag(part.child_value("ETag"));
    }

    // Of these parts the ones that have our bytes need not be sent. One after the other, so that a
    // stop comes between.
    void take_over(std::size_t at) {
        while (at < etags_.size() && etags_[at].empty()) ++at;
        if (at == etags_.size()) {
            send_parts();
            return;
        }
        s3_.work(
            [self = shared_from_this(), at] {
                auto& etag = self->etags_[at];
                if (md5_hex(*self->piece(at)) != etag) etag.clear();
            },
            [self = shared_from_this(), at] { self->take_over(at + 1); },
            [self = shared_from_this()](const Error& error) { self->failed_(error); });
    }

    std::uint64_t length_of(std::size_t at) const {
        return std::min(part_size_, object_.content.size - at * part_size_);
    }
    Piece piece(std::size_t at) const {
        return whole_piece(object_.content, at * part_size_, length_of(at));
    }

    void send_parts() {
        while (!has_ended_ && on_the_wire_ < s3_.options().parts_at_once && next_ < etags_.size()) {
            if (etags_[next_].empty()) send_part(next_);
            ++next_;
        }
        if (!has_ended_ && on_the_wire_ == 0) complete();
    }

    void send_part(std::size_t at) {
        auto wanted = s3_.request("PUT", object_.key);
        wanted.query = {{"partNumber", std::to_string(at + 1)}, {"uploadId", id_}};
        wanted.payload_sha256.clear();  // not known yet
        ++on_the_wire_;
        const auto self = shared_from_this();
        const auto answered = [self, at](const Response& response, int calls) {
            self->calls_ += calls;
            self->part_is_sent(at, response);
        };
        const auto failed = [self](const Error& error) {
            --self->on_the_wire_;
            self->end([self, error] { self->failed_(error); });
        };
        s3_.ask_with(
            std::move(wanted), [self, at] { return self->piece(at); }, answered, failed);
    }

    void part_is_sent(std::size_t at, const Response& response) {
        --on_the_wire_;
        if (has_ended_) return;
        etags_[at] = plain_etag(header_of(response, "etag"));
        if (response.is_success() && !etags_[at].empty()) {
            send_parts();
            return;
        }
        const bool is_gone = refusal_of(response).code == "NoSuchUpload";
        if (is_gone && !is_new_) {
            begin_anew();
        } else {
            end([this, response] { stored_(response, calls_); });
        }
    }

    // The one that was gone on with has ended meanwhile.
    void begin_anew() {
        end([self = shared_from_this()] {
            const auto other = std::make_shared<Upload>(
                self->s3_, self->object_, self->has_condition_, self->stored_, self->failed_);
            other->calls_ = self->calls_;
            other->begin();
        });
    }

    void complete() {
        std::string body = "<CompleteMultipartUpload>";
        for (std::size_t at = 0; at < etags_.size(); ++at)
            body += "<Part><PartNumber>" + std::to_string(at + 1) + "</PartNumber><ETag>&quot;" +
                    etags_[at] + "&quot;</ETag></Part>";
        body += "</CompleteMultipartUpload>";
        auto wanted = s3_.request("POST", object_.key, body);
        wanted.query = {{"uploadId", id_}};
        wanted.headers = {{"Content-Type", "application/xml"}};
        if (has_condition_) wanted.headers.emplace_back("If-None-Match", "*");
        ask(std::move(wanted), std::move(body), [this](Response response) {
            // It may begin with 200, and end with an error.
            if (response.is_success() && !refusal_of(response).code.empty()) response.status = 500;
            if (response.status == 412) {
                give_up(response);
                return;
            }
            stored_(response, calls_);
        });
    }

    void give_up(const Response& why) {
        auto wanted = s3_.request("DELETE", object_.key);
        wanted.query = {{"uploadId", id_}};
        ask(std::move(wanted), {}, [this, why](const Response&) { stored_(why, calls_); });
    }

    void end(const std::function<void()>& told) {
        if (has_ended_) return;
        has_ended_ = true;
        told();
    }

    S3Connection& s3_;
    NewObject object_;
    bool has_condition_;
    S3Connection::Answered stored_;
    std::function<void(const Error&)> failed_;
    std::uint64_t part_size_ = 0;
    std::string id_;
    std::vector<std::string> etags_;  // by part; empty: not sent yet
    std::size_t next_ = 0;
    int on_the_wire_ = 0;
    int calls_ = 0;
    bool is_new_ = false;
    bool has_ended_ = false;
};

}  // namespace

void put_in_parts(S3Connection& s3, const NewObject& object, bool has_condition,
                  S3Connection::Answered stored, std::function<void(const Error&)> failed) {
    std::make_shared<Upload>(s3, object, has_condition, std::move(stored), std::move(failed))
        ->look_for_one();
}

std::int64_t abort_uploads(S3Connection& s3, const std::string& prefix, Instant begun_before) {
    const std::string what = "cannot give up old uploads";
    struct Begun {
        std::string key;
        std::string id;
    };
    std::vector<Begun> old;
    std::string key_marker;
    std::string id_marker;
    do {
        auto wanted = s3.request("GET", "");
        wanted.query = {{"uploads", ""}, {"prefix", prefix}};
        if (!key_marker.empty()) {
            wanted.query.emplace_back("key-marker", key_marker);
            wanted.query.emplace_back("upload-id-marker", id_marker);
        }
        const auto response = s3.fetch(std::move(wanted));
        if (!response.is_success()) throw s3.error_of(what, response);
        pugi::xml_document document;
        const auto list = root_of(document, response, "ListMultipartUploadsResult");
        for (const auto& each : list.children("Upload")) {
            const auto begun = parse_instant(each.child_value("Initiated"));
            const std::string key = each.child_value("Key");
            if (begun && *begun < begun_before && key.starts_with(prefix))
                old.push_back({key, each.child_value("UploadId")});
        }
        const bool goes_on = std::string{list.child_value("IsTruncated")} == "true";
        key_marker = goes_on ? list.child_value("NextKeyMarker") : "";
        id_marker = list.child_value("NextUploadIdMarker");
    } while (!key_marker.empty());
    for (const auto& [key, id] : old) {
        auto wanted = s3.request("DELETE", key);
        wanted.query = {{"uploadId", id}};
        const auto response = s3.fetch(std::move(wanted));
        if (!response.is_success() && response.status != 404) throw s3.error_of(what, response);
    }
    return static_cast<std::int64_t>(old.size());
}

}  // namespace nightshift::media
