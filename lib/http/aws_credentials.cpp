#include "http/aws_credentials.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

#include <cstdlib>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

namespace nightshift::http {
namespace {

using namespace std::chrono_literals;

std::optional<AwsCredentials> kept(AwsCredentials found) {
    if (found.access_key_id.empty() || found.secret_access_key.empty()) return std::nullopt;
    remember_secret(found.secret_access_key);
    remember_secret(found.session_token);
    return found;
}

// [profile], and lines of name = value.
std::optional<AwsCredentials> in_file(const AwsSources& sources) {
    const char* home = std::getenv("HOME");
    const auto path = !sources.file.empty() ? sources.file
                      : home != nullptr     ? std::string{home} + "/.aws/credentials"
                                            : std::string{};
    const auto text = path.empty() ? std::nullopt : read_file(path);
    if (!text) return std::nullopt;
    const auto wanted = "[" + (sources.profile.empty() ? "default" : sources.profile) + "]";
    std::map<std::string, std::string> values;
    bool is_it = false;
    std::istringstream lines{*text};
    for (std::string line; std::getline(lines, line);) {
        const std::string word{trimmed(line)};
        if (word.starts_with('[')) {
            is_it = word == wanted;
        } else if (const auto equals = word.find('=');
                   is_it && equals != std::string::npos && !word.starts_with('#')) {
            values[std::string{trimmed(word.substr(0, equals))}] =
                std::string{trimmed(word.substr(equals + 1))};
        }
    }
    return kept({values["aws_access_key_id"], values["aws_secret_access_key"],
                 values["aws_session_token"]});
}

std::optional<AwsCredentials> in_answer(const Response& response) {
    const auto json = nlohmann::json::parse(response.body, nullptr, false);
    if (!response.is_success() || !json.is_object()) return std::nullopt;
    const auto text = [&json](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string{};
    };
    return kept({text("AccessKeyId"), text("SecretAccessKey"), text("Token")});
}

Request question(const std::string& method, const std::string& url,
                 std::vector<std::string> headers = {}) {
    return {.method = method,
            .url = url,
            .headers = std::move(headers),
            .connect_timeout = 1s,
            .timeout = 2s};
}

// Version 2: a token first, which no page that a browser shows can ask for.
std::optional<AwsCredentials> of_instance(Client& client, const std::string& base) {
    const auto token = client.fetch(
        question("PUT", base + "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds: 300"}));
    if (!token.is_success()) return std::nullopt;
    const std::vector<std::string> with_token{"X-aws-ec2-metadata-token: " + token.body};
    const auto roles = base + "/latest/meta-data/iam/security-credentials/";
    const auto role = client.fetch(question("GET", roles, with_token));
    if (!role.is_success()) return std::nullopt;
    const std::string name{trimmed(role.body.substr(0, role.body.find('\n')))};
    return in_answer(client.fetch(question("GET", roles + percent_encoded(name), with_token)));
}

// A token is for the one that asks for it, so it is not sent in the clear to anybody else.
std::optional<AwsCredentials> of_container(Client& nearby, const AwsSources& sources) {
    std::vector<std::string> headers;
    std::string token = sources.container_token;
    if (!sources.container_token_file.empty()) {
        const auto text = read_file(sources.container_token_file);
        if (!text) {
            throw Error{Failure::data, "cannot read " + excerpt(sources.container_token_file, 200),
                        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names it", "see that it is there"};
        }
        token = trimmed(*text);
    }
    remember_secret(token);
    if (!token.empty()) headers.push_back("Authorization: " + token);
    if (!sources.container_path.empty())
        return in_answer(nearby.fetch(
            question("GET", sources.container_base + sources.container_path, headers)));
    const auto& url = sources.container_url;
    const auto is_at = [&url](std::string_view host) {
        return url.starts_with(host) && (url.size() == host.size() || url[host.size()] == '/');
    };
    const bool is_near = is_at("http://169.254.170.2") || is_at("http://169.254.170.23") ||
                         is_at("http://[fd00:ec2::23]");
    if (const auto why = is_near ? std::string{} : objection(url); !why.empty()) {
        throw Error{Failure::configuration, "AWS_CONTAINER_CREDENTIALS_FULL_URI cannot be used",
                    why, "give it as https, or at this machine's own address"};
    }
    return in_answer(nearby.fetch(question("GET", url, headers)));
}

}  // namespace

std::optional<AwsCredentials> find_aws_credentials(const AwsSources& sources) {
    if (auto found = in_file(sources)) return found;
    // Their addresses are the machine's own, and speak no TLS.
    Client nearby{{.allow_insecure = true}};
    if (!sources.container_path.empty() || !sources.container_url.empty())
        return of_container(nearby, sources);
    if (sources.asks_instance) return of_instance(nearby, sources.metadata_url);
    return std::nullopt;
}

}  // namespace nightshift::http
