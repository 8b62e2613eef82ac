#include "support/s3_server.hpp"

#include "base/digest.hpp"
#include "base/instant.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <ctime>
#include <sstream>

namespace nightshift::test {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::istringstream stream{text};
    for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
    return parts;
}

// As the service has it: decoded, and encoded anew.
std::string encoded_anew(const std::string& text) {
    return percent_encoded(percent_decoded(text).value_or("?"));
}

std::string canonical_path(const std::string& path) {
    std::string all;
    for (std::size_t from = 0; from <= path.size();) {
        const auto slash = std::min(path.find('/', from), path.size());
        all += encoded_anew(path.substr(from, slash - from));
        if (slash < path.size()) all += '/';
        from = slash + 1;
    }
    return all;
}

std::string canonical_query(const std::string& query) {
    std::vector<std::string> pairs;
    for (const auto& pair : split(query, '&')) {
        const auto equals = std::min(pair.find('='), pair.size());
        pairs.push_back(encoded_anew(pair.substr(0, equals)) + "=" +
                        encoded_anew(pair.substr(std::min(equals + 1, pair.size()))));
    }
    std::sort(pairs.begin(), pairs.end());
    std::string all;
    for (const auto& pair : pairs) all += (all.empty() ? "" : "&") + pair;
    return all;
}

std::string between(const std::string& text, const std::string& from, char to) {
    const auto begin = text.find(from);
    if (begin == std::string::npos) return {};
    const auto rest = text.substr(begin + from.size());
    return rest.substr(0, rest.find(to));
}

std::string http_date(Instant at) {
    const auto seconds = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(at));
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return text.data();
}

HttpAnswer refusal(int status, const std::string& code) {
    return {.status = status,
            .headers = {"Content-Type: application/xml"},
            .body = "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>no &amp; " +
                    code + "</Message></Error>"};
}

}  // namespace

S3Server::S3Server(Fault fault)
    : fault_{std::move(fault)}, server_{[this](const HttpAsked& asked) { return answer(asked); }} {}

std::string S3Server::url() const {
    auto url = server_.url();
    url.pop_back();
    return url;
}

std::map<std::string, S3Server::Object> S3Server::objects() const {
    const std::lock_guard lock{mutex_};
    return objects_;
}

void S3Server::set(const std::string& key, const std::string& bytes) {
    const std::lock_guard lock{mutex_};
    objects_[key] = {bytes, {}};
}

int S3Server::asked(const std::string& method) const {
    const auto all = server_.asked();
    return static_cast<int>(std::count_if(all.begin(), all.end(),
                                          [&](const auto& each) { return each.method == method; }));
}

int S3Server::uploads() const {
    const std::lock_guard lock{mutex_};
    return static_cast<int>(uploads_.size());
}

int S3Server::parts() const {
    const std::lock_guard lock{mutex_};
    return parts_;
}

// The code of what is wrong with a request; empty: nothing.
std::string S3Server::objection(const HttpAsked& asked) const {
    const auto header = [&](const std::string& name) {
        const auto found = asked.headers.find(name);
        return found == asked.headers.end() ? std::string{} : found->second;
    };
    const auto authorization = header("authorization");
    const auto time = header("x-amz-date");
    const auto hash = header("x-amz-content-sha256");
    if (authorization.empty() || time.size() != 16 || hash.empty()) return "AccessDenied";
    const auto scope = split(between(authorization, "Credential=", ','), '/');
    if (scope.size() != 5 || scope[0] != access_key) return "InvalidAccessKeyId";
    if (scope[2] != region || scope[3] != "s3") return "AuthorizationHeaderMalformed";
    const auto names = between(authorization, "SignedHeaders=", ',');
    std::string lines;
    for (const auto& name : split(names, ';')) lines += name + ":" + header(name) + "\n";
    for (const auto& [name, value] : asked.headers) {
        const bool is_to_be_signed = name == "host" || name.starts_with("x-amz-");
        if (is_to_be_signed && (";" + names + ";").find(";" + name + ";") == std::string::npos)
            return "AccessDenied";
    }
    const auto mark = std::min(asked.target.find('?'), asked.target.size());
    const auto canonical =
        asked.method + "\n" + canonical_path(asked.target.substr(0, mark)) + "\n" +
        canonical_query(asked.target.substr(std::min(mark + 1, asked.target.size()))) + "\n" +
        lines + "\n" + names + "\n" + hash;
    auto key = hmac_sha256("AWS4" + std::string{secret}, scope[1]);
    for (const auto* part : {region, "s3", "aws4_request"}) key = hmac_sha256(key, part);
    const auto signature =
        hex(hmac_sha256(key, "AWS4-HMAC-SHA256\n" + time + "\n" + scope[1] + "/" + region +
                                 "/s3/aws4_request\n" + sha256_hex(canonical)));
    if (between(authorization, "Signature=", ',') != signature) return "SignatureDoesNotMatch";
    const auto written = time.substr(0, 4) + "-" + time.substr(4, 2) + "-" + time.substr(6, 5) +
                         ":" + time.substr(11, 2) + ":" + time.substr(13);
    const auto at = parse_instant(written);
    const auto here = now() + std::chrono::seconds{clock_offset};
    if (!at || std::chrono::abs(*at - here) > std::chrono::minutes{15})
        return "RequestTimeTooSkewed";
    if (hash != sha256_hex(asked.body)) return "XAmzContentSHA256Mismatch";
    return {};
}

HttpAnswer S3Server::answer(const HttpAsked& asked) {
    if (fault_) {
        if (auto other = fault_(asked)) return *other;
    }
    if (const auto code = objection(asked); !code.empty()) {
        const bool is_ours =
            code == "XAmzContentSHA256Mismatch" || code == "AuthorizationHeaderMalformed";
        auto no = refusal(is_ours ? 400 : 403, code);
        no.headers.push_back("Date: " + http_date(now() + std::chrono::seconds{clock_offset}));
        if (code == "AuthorizationHeaderMalformed")
            no.body.insert(no.body.find("</Error>"),
                           "<Region>" + std::string{region} + "</Region>");
        if (asked.method == "HEAD") no.body.clear();
        return no;
    }
    const auto mark = std::min(asked.target.find('?'), asked.target.size());
    const auto path = percent_decoded(asked.target.substr(0, mark)).value_or("");
    const auto home = "/" + std::string{bucket} + "/";
    if (!(path + "/").starts_with(home)) return refusal(404, "NoSuchBucket");
    const auto key = path.substr(std::min(home.size(), path.size()));
    Query query;
    for (const auto& pair :
         split(asked.target.substr(std::min(mark + 1, asked.target.size())), '&')) {
        const auto equals = std::min(pair.find('='), pair.size());
        query[pair.substr(0, equals)] =
            percent_decoded(pair.substr(std::min(equals + 1, pair.size()))).value_or("");
    }
    if (key.empty()) return query.contains("uploads") ? list_uploads(query) : list(query);
    if (query.contains("uploads") || query.contains("uploadId")) return in_parts(key, query, asked);
    if (asked.method == "PUT") return put(key, asked);
    const std::lock_guard lock{mutex_};
    if (asked.method == "DELETE") {
        objects_.erase(key);
        return {.status = 204};
    }
    const auto found = objects_.find(key);
    if (found == objects_.end())
        return asked.method == "HEAD" ? HttpAnswer{.status = 404} : refusal(404, "NoSuchKey");
    const auto& bytes = found->second.bytes;
    const auto changed = "Last-Modified: " + http_date(now());
    const auto etag = "ETag: \"" + md5_hex(bytes) + "\"";
    if (asked.method == "HEAD")
        return {.raw = "HTTP/1.1 200 OK\r\n" + changed + "\r\n" + etag +
                       "\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n\r\n"};
    const auto range = asked.headers.find("range");
    if (range == asked.headers.end()) return {.headers = {changed, etag}, .body = bytes};
    const auto first = std::stoul(between(range->second, "bytes=", '-'));
    if (first >= bytes.size()) return refusal(416, "InvalidRange");
    const auto last = std::stoul(range->second.substr(range->second.find('-') + 1));
    return {.status = 206, .body = bytes.substr(first, last - first + 1)};
}

HttpAnswer S3Server::put(const std::string& key, const HttpAsked& asked) {
    const std::lock_guard lock{mutex_};
    const bool has_condition = asked.headers.contains("if-none-match");
    if (has_condition && !knows_conditions) return refusal(501, "NotImplemented");
    if (has_condition && objects_.contains(key)) return refusal(412, "PreconditionFailed");
    objects_[key] = {asked.body, asked.headers};
    return {.headers = {"ETag: \"" + md5_hex(asked.body) + "\""}};
}

HttpAnswer S3Server::in_parts(const std::string& key, const Query& query, const HttpAsked& asked) {
    const std::lock_guard lock{mutex_};
    if (query.contains("uploads")) {
        const auto id = "upload/" + std::to_string(++begun_) + "+";
        uploads_[id] = {key, asked.headers, {}};
        return {.body = "<InitiateMultipartUploadResult><UploadId>" + id +
                        "</UploadId></InitiateMultipartUploadResult>"};
    }
    const auto id = query.at("uploadId");
    const auto found = uploads_.find(id);
    if (found == uploads_.end() || found->second.key != key) return refusal(404, "NoSuchUpload");
    auto& upload = found->second;
    if (asked.method == "PUT") {
        ++parts_;
        upload.parts[std::stoi(query.at("partNumber"))] = asked.body;
        return {.headers = {"ETag: \"" + md5_hex(asked.body) + "\""}};
    }
    if (asked.method == "POST") return complete(upload, id, asked);
    if (asked.method == "DELETE") {
        uploads_.erase(found);
        return {.status = 204};
    }
    const auto marker = query.find("part-number-marker");
    const int after = marker == query.end() ? 0 : std::stoi(marker->second);
    std::string parts;
    std::size_t count = 0;
    int last = 0;
    for (const auto& [number, bytes] : upload.parts) {
        if (number <= after || count == page) continue;
        ++count;
        last = number;
        parts += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>&quot;" +
                 md5_hex(bytes) + "&quot;</ETag><Size>" + std::to_string(bytes.size()) +
                 "</Size></Part>";
    }
    const bool goes_on = !upload.parts.empty() && last < upload.parts.rbegin()->first && last > 0;
    return {.body = "<ListPartsResult><IsTruncated>" + std::string{goes_on ? "true" : "false"} +
                    "</IsTruncated><NextPartNumberMarker>" + std::to_string(last) +
                    "</NextPartNumberMarker>" + parts + "</ListPartsResult>"};
}

HttpAnswer S3Server::complete(const Upload& upload, const std::string& id, const HttpAsked& asked) {
    constexpr std::size_t least = 5 << 20;
    const bool has_condition = asked.headers.contains("if-none-match");
    if (has_condition && !knows_conditions) return refusal(501, "NotImplemented");
    if (has_condition && objects_.contains(upload.key)) return refusal(412, "PreconditionFailed");
    std::string wanted = "<CompleteMultipartUpload>";
    std::string whole;
    for (const auto& [number, bytes] : upload.parts) {
        wanted += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>&quot;" +
                  md5_hex(bytes) + "&quot;</ETag></Part>";
        if (bytes.size() < least && number != upload.parts.rbegin()->first)
            return refusal(400, "EntityTooSmall");
        whole += bytes;
    }
    if (asked.body != wanted + "</CompleteMultipartUpload>") return refusal(400, "InvalidPart");
    const auto upload_of = upload;
    uploads_.erase(id);
    objects_[upload_of.key] = {whole, upload_of.headers};
    return {.body = "<CompleteMultipartUploadResult/>"};
}

HttpAnswer S3Server::list_uploads(const Query& query) const {
    const std::lock_guard lock{mutex_};
    std::string all;
    for (const auto& [id, upload] : uploads_) {
        if (upload.key.starts_with(query.at("prefix")))
            all += "<Upload><Key>" + upload.key + "</Key><UploadId>" + id +
                   "</UploadId><Initiated>2026-11-2" + std::to_string(id[7] - '0') +
                   "T12:00:00.000Z</Initiated></Upload>";
    }
    return {.body = "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>" + all +
                    "</ListMultipartUploadsResult>"};
}

HttpAnswer S3Server::list(const Query& query) const {
    const auto value = [&](const std::string& name) {
        const auto found = query.find(name);
        return found == query.end() ? std::string{} : found->second;
    };
    const auto after = percent_decoded(value("continuation-token")).value_or("");
    const bool is_encoded = value("encoding-type") == "url";  // its keys alone have no markup
    const std::lock_guard lock{mutex_};
    std::string contents;
    std::size_t count = 0;
    std::string next;
    bool is_whole = true;
    for (const auto& [key, object] : objects_) {
        if (!key.starts_with(value("prefix")) || key <= after) continue;
        if (count == page) {
            is_whole = false;
            break;
        }
        ++count;
        next = key;
        auto shown = is_encoded ? percent_encoded(key) : key;
        for (auto at = shown.find("%20"); at != std::string::npos; at = shown.find("%20"))
            shown.replace(at, 3, "+");
        contents += "<Contents><Key>" + shown +
                    "</Key><LastModified>2026-11-29T12:00:00.000Z"
                    "</LastModified><Size>" +
                    std::to_string(object.bytes.size()) + "</Size></Contents>";
    }
    return {.body = "<?xml version=\"1.0\"?><ListBucketResult>" +
                    std::string{is_encoded ? "<EncodingType>url</EncodingType>" : ""} +
                    "<IsTruncated>" + std::string{is_whole ? "false" : "true"} + "</IsTruncated>" +
                    (is_whole ? ""
                              : "<NextContinuationToken>" + percent_encoded(next) +
                                    "</NextContinuationToken>") +
                    contents + "</ListBucketResult>"};
}

}  // namespace nightshift::test
