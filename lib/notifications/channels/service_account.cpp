#include "notifications/channels/service_account.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace nightshift::notifications {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

Key read_key(const std::string& pem) {
    const std::unique_ptr<BIO, FreeBio> bio{
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    // Without a prompt on the terminal for one that is encrypted.
    Key key{PEM_read_bio_PrivateKey(
        bio.get(), nullptr, [](char*, int, int, void*) { return 0; }, nullptr)};
    if (key && EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) key.reset();
    return key;
}

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
    throw Error{Failure::configuration, "FIREBASE_CREDENTIALS_PATH cannot be used",
                excerpt(file) + ": " + why,
                "download the key of a service account from the project's settings in Firebase"};
}

}  // namespace

ServiceAccount read_service_account(const std::string& file) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) refuse(file, "there is no such file");
    const auto text = read_file(file);
    if (!text) refuse(file, "there is no such file");
    const auto json = Json::parse(*text, nullptr, false);
    if (!json.is_object()) refuse(file, "it is no JSON object");
    const auto word = [&](const char* field) {
        if (!json.contains(field) || !json[field].is_string() ||
            json[field].get<std::string>().empty())
            refuse(file, std::string{"it has no "} + field);
        return json[field].get<std::string>();
    };
    if (word("type") != "service_account") refuse(file, "its type is not service_account");
    ServiceAccount account{.project_id = word("project_id"),
                           .client_email = word("client_email"),
                           .private_key_id = word("private_key_id"),
                           .private_key = word("private_key")};
    remember_secret(account.private_key);
    if (json.contains("token_uri")) account.token_uri = word("token_uri");
    if (!read_key(account.private_key)) refuse(file, "its private_key is no RSA key in PEM");
    return account;
}

std::string signed_assertion(const ServiceAccount& account, const std::string& scope, Instant now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    const Json header{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", account.private_key_id}};
    const Json claims{{"iss", account.client_email},
                      {"scope", scope},
                      {"aud", account.token_uri},
                      {"iat", seconds},
                      {"exp", seconds + 3600}};
    const auto text = base64url(header.dump()) + "." + base64url(claims.dump());
    const auto key = read_key(account.private_key);
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    const bool is_ready =
        key && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
        EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1;
    std::string signature(size, '\0');
    if (!is_ready ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes, text.size()) != 1)
        throw Error{Failure::configuration, "the service account's key cannot sign"};
    signature.resize(size);
    return text + "." + base64url(signature);
}

http::Request token_request(const ServiceAccount& account, const std::string& scope, Instant now) {
    return {
        .method = "POST",
        .url = account.token_uri,
        .headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"},
        .body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
                signed_assertion(account, scope, now),
        .timeout = 10s,
        // A token that nobody got harms nobody; messages wait for it, so not for long.
        .retry = {.most = 2, .of_unknown = true, .cap = 5s, .longest_wait = 5s}};
}

bool is_printable(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](unsigned char c) { return c > ' ' && c < 127; });
}

std::optional<AccessToken> parse_token(const http::Response& response) {
    if (!response.is_success()) return std::nullopt;
    const auto json = Json::parse(response.body, nullptr, false);
    if (!json.is_object() || !json.contains("access_token") || !json["access_token"].is_string())
        return std::nullopt;
    if (!is_printable(json["access_token"].get<std::string>())) return std::nullopt;
    AccessToken token{.value = json["access_token"]};
    if (json.contains("expires_in") && json["expires_in"].is_number_integer())
        token.lasts = std::chrono::seconds{json["expires_in"].get<std::int64_t>()};
    remember_secret(token.value);
    return token;
}

}  // namespace nightshift::notifications
