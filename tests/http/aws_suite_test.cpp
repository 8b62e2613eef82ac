// AWS's own test suite of Signature Version 4, where it stands beside the project.
#include "base/digest.hpp"
#include "base/text.hpp"
#include "http/aws_signature.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::http;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// RFC 3986, 5.2.4, as services other than S3 have it.
std::string normalized(const std::string& path) {
    std::vector<std::string> parts;
    std::istringstream stream{path};
    for (std::string part; std::getline(stream, part, '/');) {
        if (part == ".." && !parts.empty()) parts.pop_back();
        if (!part.empty() && part != "." && part != "..") parts.push_back(part);
    }
    std::string text;
    for (const auto& part : parts) text += "/" + part;
    return text.empty() ? "/" : text + (path.ends_with('/') ? "/" : "");
}

// A case of the suite.
struct Case {
    AwsRequest request;
    AwsCredentials credentials;
    std::string region;
    std::string service;
    Instant at;
    std::chrono::seconds lasts{0};

    explicit Case(const fs::path& folder) {
        const auto context = nlohmann::json::parse(content(folder / "context.json"));
        credentials = {context["credentials"]["access_key_id"],
                       context["credentials"]["secret_access_key"],
                       context["credentials"].value("token", "")};
        // Some services are given the token beside what is signed; S3 is none of them.
        if (context.value("omit_session_token", false)) credentials.session_token.clear();
        region = context["region"];
        service = context["service"];
        at = parse_instant(context["timestamp"].get<std::string>()).value();
        lasts = std::chrono::seconds{context["expiration_in_seconds"].get<int>()};
        const auto text = content(folder / "request.txt");
        const auto end = text.find("\n\n");
        read_head(text.substr(0, end));
        if (context["normalize"]) request.path = normalized(request.path);
        const auto body = end == std::string::npos ? std::string{} : text.substr(end + 2);
        request.payload_sha256 = sha256_hex(body);
        if (context["sign_body"])
            request.headers.emplace_back("x-amz-content-sha256", request.payload_sha256);
    }

    void read_head(const std::string& head) {
        std::istringstream lines{head};
        std::string line;
        std::getline(lines, line);
        request.method = line.substr(0, line.find(' '));
        const auto begin = request.method.size() + 1;
        read_target(line.substr(begin, line.rfind(' ') - begin));
        while (std::getline(lines, line)) {
            if (line.starts_with(' ')) {
                request.headers.back().second += " " + std::string{trimmed(line)};
                continue;
            }
            const auto colon = line.find(':');
            const auto name = line.substr(0, colon);
            if (lowered(name) == "host") {
                request.host = line.substr(colon + 1);
            } else {
                request.headers.emplace_back(name, line.substr(colon + 1));
            }
        }
    }

    void read_target(const std::string& text) {
        const auto mark = text.find('?');
        request.path = percent_decoded(text.substr(0, mark)).value();
        if (mark == std::string::npos) return;
        std::istringstream query{text.substr(mark + 1)};
        for (std::string pair; std::getline(query, pair, '&');) {
            const auto equals = std::min(pair.find('='), pair.size());
            request.query.emplace_back(
                percent_decoded(pair.substr(0, equals)).value(),
                percent_decoded(pair.substr(std::min(equals + 1, pair.size()))).value());
        }
    }
};

}  // namespace

TEST_CASE("AWS's own test suite is signed as it is to be, in headers and in the query") {
    int cases = 0;
    for (const auto& folder : fs::directory_iterator{NIGHTSHIFT_SIGV4_SUITE}) {
        INFO(folder.path().filename());
        const Case it{folder.path()};
        const AwsSigner signer{it.credentials, it.region, it.service};
        const auto wanted = content(folder.path() / "header-signature.txt");
        CHECK(signer.sign(it.request, it.at).back().ends_with("Signature=" + wanted));
        auto presigned = it.request;
        std::erase_if(presigned.headers,
                      [](const auto& each) { return each.first == "x-amz-content-sha256"; });
        CHECK(signer.presign(presigned, it.at, it.lasts)
                  .ends_with("Signature=" + content(folder.path() / "query-signature.txt")));
        ++cases;
    }
    CHECK(cases == 38);
}
