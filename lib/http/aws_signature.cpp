#include "http/aws_signature.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <map>

namespace nightshift::http {
namespace {

constexpr const char* algorithm = "AWS4-HMAC-SHA256";

// 20261121T230000Z
std::string basic_time(Instant at) {
    std::string text;
    for (const char c : format_instant(std::chrono::floor<std::chrono::seconds>(at)))
        if (c != '-' && c != ':') text += c;
    return text;
}

std::string encoded_path(const std::string& path) {
    std::string text;
    for (std::size_t from = 0;;) {
        const auto slash = path.find('/', from);
        text += percent_encoded(path.substr(from, slash - from));
        if (slash == std::string::npos) return text;
        text += '/';
        from = slash + 1;
    }
}

// By name, then by value, as they stand encoded.
std::string encoded_query(const NameValues& query) {
    NameValues all;
    for (const auto& [name, value] : query)
        all.emplace_back(percent_encoded(name), percent_encoded(value));
    std::sort(all.begin(), all.end());
    std::string text;
    for (const auto& [name, value] : all) text += (text.empty() ? "" : "&") + name + "=" + value;
    return text;
}

// Blanks at the ends are left out, and several in a row are one.
std::string collapsed(std::string_view value) {
    std::string text;
    for (const char c : trimmed(value)) {
        if (c != ' ' || !text.ends_with(' ')) text += c;
    }
    return text;
}

}  // namespace

// Names in lower case and in their order, and the values of several with one name in a row.
struct AwsSigner::SignedHeaders {
    explicit SignedHeaders(NameValues headers, const std::string& host) {
        headers.emplace_back("host", host);  // which the client sends itself
        std::map<std::string, std::string> all;
        for (const auto& [name, value] : headers) {
            const auto [place, is_new] = all.try_emplace(lowered(name), collapsed(value));
            if (!is_new) place->second += "," + collapsed(value);
        }
        for (const auto& [name, value] : all) {
            lines += name + ":" + value + "\n";
            names += (names.empty() ? "" : ";") + name;
        }
    }

    std::string lines;
    std::string names;
};

std::string target(const AwsRequest& request) {
    const auto query = encoded_query(request.query);
    return encoded_path(request.path) + (query.empty() ? "" : "?" + query);
}

std::string AwsSigner::scope(const std::string& day) const {
    return day + "/" + region_ + "/" + service_ + "/aws4_request";
}

std::string AwsSigner::signature(const AwsRequest& request, const std::string& query,
                                 const SignedHeaders& headers, const std::string& time) const {
    const auto canonical = request.method + "\n" + encoded_path(request.path) + "\n" + query +
                           "\n" + headers.lines + "\n" + headers.names + "\n" +
                           request.payload_sha256;
    const auto day = time.substr(0, 8);
    const auto to_sign =
        std::string{algorithm} + "\n" + time + "\n" + scope(day) + "\n" + sha256_hex(canonical);
    auto key = hmac_sha256("AWS4" + credentials_.secret_access_key, day);
    for (const auto& part : {region_, service_, std::string{"aws4_request"}})
        key = hmac_sha256(key, part);
    return hex(hmac_sha256(key, to_sign));
}

std::vector<std::string> AwsSigner::sign(const AwsRequest& request, Instant at) const {
    const auto time = basic_time(at);
    auto own = request.headers;
    own.emplace_back("x-amz-date", time);
    if (!credentials_.session_token.empty())
        own.emplace_back("x-amz-security-token", credentials_.session_token);
    const SignedHeaders headers{own, request.host};
    std::vector<std::string> sent;
    for (const auto& [name, value] : own) sent.push_back(name + ": " + value);
    sent.push_back(
        "Authorization: " + std::string{algorithm} + " Credential=" + credentials_.access_key_id +
        "/" + scope(time.substr(0, 8)) + ", SignedHeaders=" + headers.names +
        ", Signature=" + signature(request, encoded_query(request.query), headers, time));
    return sent;
}

std::string AwsSigner::presign(const AwsRequest& request, Instant at,
                               std::chrono::seconds lasts) const {
    const auto time = basic_time(at);
    const SignedHeaders headers{request.headers, request.host};
    auto all = request;
    all.query.insert(all.query.end(), {{"X-Amz-Algorithm", algorithm},
                                       {"X-Amz-Credential", credentials_.access_key_id + "/" +
                                                                scope(time.substr(0, 8))},
                                       {"X-Amz-Date", time},
                                       {"X-Amz-Expires", std::to_string(lasts.count())},
                                       {"X-Amz-SignedHeaders", headers.names}});
    if (!credentials_.session_token.empty())
        all.query.emplace_back("X-Amz-Security-Token", credentials_.session_token);
    return target(all) +
           "&X-Amz-Signature=" + signature(request, encoded_query(all.query), headers, time);
}

}  // namespace nightshift::http
