#include "base/error.hpp"
#include "base/text.hpp"
#include "health/findings.hpp"
#include "health/secret_shape.hpp"
#include "health/setting_value.hpp"
#include "postgres/connection.hpp"
#include "redis/address.hpp"

#include <unistd.h>

namespace nightshift::health {
namespace {

bool is_loopback(const std::string& host) {
    return host.empty() || host.starts_with('/') || host == "localhost" || host == "::1" ||
           host.starts_with("127.");
}

void look_at_database(Findings& found) {
    if (!found.settings().has("DATABASE_URL")) {
        found.add("database", "DATABASE_URL", true, "DATABASE_URL is not set",
                  "every job needs the database",
                  "set it, such as postgresql://user:password@host:5432/app");
        return;
    }
    std::map<std::string, std::string> url;
    try {
        url = postgres::parse_url(found.value("DATABASE_URL"));
    } catch (const Error&) {  // it was told of
        return;
    }
    const auto host = url.contains("hostaddr") ? url["hostaddr"] : url["host"];
    const auto mode = url.contains("sslmode") ? url["sslmode"] : std::string{"prefer"};
    const bool is_encrypted = mode == "require" || mode.starts_with("verify");
    if (!is_loopback(host) && !is_encrypted)
        found.in_production(
            "database", "DATABASE_URL", "the connection to Postgres need not be encrypted",
            "sslmode is " + mode + ", which goes on without where the server has none",
            "add sslmode=verify-full, or at least sslmode=require");
    if (const auto why = weakness_of_password(url["user"], url["password"]); !why.empty())
        found.in_production("database", "DATABASE_URL", "the password of Postgres is no secret",
                            why, "give the role another one");
}

void look_at_redis(Findings& found) {
    if (!found.settings().has("REDIS_URL")) return;
    redis::Address address;
    try {
        address = redis::parse_address(found.value("REDIS_URL"));
    } catch (const Error&) {
        return;
    }
    const auto& host = address.sentinels.empty() ? address.host : address.sentinels.front().first;
    if (!address.socket_path.empty() || is_loopback(host)) return;
    if (!address.tls)
        found.in_production("redis", "REDIS_URL", "REDIS_URL goes over the network in the clear",
                            "who is on the way reads the password and writes to boards",
                            "give it as rediss://");
    if (address.password.empty())
        found.in_production("redis", "REDIS_URL", "Redis has no password",
                            "who reaches it may change and delete everything",
                            "set one there, and in REDIS_URL");
}

void look_at_security(Findings& found) {
    if (says_yes(found.value("DEBUG")) == true)
        found.in_production("security", "DEBUG", "DEBUG is on",
                            "errors tell the public what no stranger should know",
                            "set DEBUG=false");
    for (const auto& origin : names_in(found.value("CORS_ORIGINS"))) {
        if (origin == "*")
            found.in_production("security", "CORS_ORIGINS", "CORS_ORIGINS has *",
                                "every page may call the app as who is logged in",
                                "name the app's own origins");
    }
    if (lowered(found.value("LOG_LEVEL")) == "debug" && found.is_production())
        found.add("monitoring", "LOG_LEVEL", false, "LOG_LEVEL is debug",
                  "every step is logged, which costs time and room", "set LOG_LEVEL=info");
    if (::geteuid() == 0 && found.is_production())
        found.add("security", "", false, "it runs as root", "it needs no right of root's",
                  "run it as a user of its own");
}

void look_at_services(Findings& found) {
    for (const auto* name : {"FCM_BASE_URL", "TWILIO_BASE_URL", "SENDGRID_BASE_URL"}) {
        if (found.is_production() && !found.value(name).empty())
            found.add("services", name, true, std::string{name} + " is set",
                      "messages go to what stands in for the provider, in tests",
                      std::string{"leave "} + name + " unset");
    }
    // Twilio's magic numbers: docs/iam/test-credentials.
    if (found.value("TWILIO_FROM_NUMBER").starts_with("+1500555000"))
        found.in_production("services", "TWILIO_FROM_NUMBER", "TWILIO_FROM_NUMBER is one for tests",
                            "Twilio sends nothing from it", "give a number that the account has");
    if (found.is_production() && found.settings().has("EMAIL_PROVIDER") &&
        !found.settings().has("UNSUBSCRIBE_URL"))
        found.add("services", "UNSUBSCRIBE_URL", false, "e-mails have no unsubscribe link",
                  "large mailbox providers put such mail aside",
                  "set UNSUBSCRIBE_URL and UNSUBSCRIBE_SECRET");
}

}  // namespace

void look_at_production(Findings& found) {
    look_at_database(found);
    look_at_redis(found);
    look_at_security(found);
    look_at_services(found);
}

}  // namespace nightshift::health
