// An error as an event for Sentry, in an envelope: develop.sentry.dev/sdk/envelopes.
#pragma once

#include "base/instant.hpp"
#include "http/client.hpp"

#include <map>
#include <string>

namespace nightshift::http {

struct SentryEvent {
    std::string event_id;  // 32 hexadecimal digits
    Instant at;
    std::string type;     // of the exception: unavailable
    std::string message;  // without secrets
    std::string logger;   // check-streaks
    std::string release;  // nightshift@0.1.0
    std::string environment = "production";
    std::string server_name;
    std::map<std::string, std::string> tags = {};
    std::map<std::string, std::string> extra = {};
    std::vector<std::string> fingerprint = {};  // what makes two events one issue
};

// dsn: https://<public key>@<host>[:port]/[<path>/]<project id>.
// Throws Error (configuration) where it is none; the message leaves the key out.
Request sentry_request(const std::string& dsn, const SentryEvent& event);

}  // namespace nightshift::http
