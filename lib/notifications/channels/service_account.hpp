// A Google service account, and how it proves to be one: a JWT signed by its key (RFC 7523,
// developers.google.com/identity/protocols/oauth2/service-account), for an access token.
#pragma once

#include "base/instant.hpp"
#include "http/client.hpp"

#include <memory>
#include <optional>
#include <string>

namespace nightshift::notifications {

struct ServiceAccount {
    std::string project_id;
    std::string client_email;
    std::string private_key_id;
    std::string private_key;  // PEM, a secret
    std::string token_uri = "https://oauth2.googleapis.com/token";
};

// The file that Google gives. Throws Error (configuration) for what is none, or whose key is none;
// the message never holds the key.
ServiceAccount read_service_account(const std::string& file);

// header.claims.signature, RS256, good for an hour from now.
std::string signed_assertion(const ServiceAccount& account, const std::string& scope, Instant now);

// Asks for an access token.
http::Request token_request(const ServiceAccount& account, const std::string& scope, Instant now);

struct AccessToken {
    std::string value;  // a secret
    std::chrono::seconds lasts{0};
};

// Whether it may stand in a header.
bool is_printable(const std::string& text);

// Nothing: the answer holds none.
std::optional<AccessToken> parse_token(const http::Response& response);

}  // namespace nightshift::notifications
