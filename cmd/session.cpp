#include "session.hpp"

#include "redis/open.hpp"
#include "schema/built_in.hpp"

namespace nightshift::cmd {
namespace {

using Until = std::optional<std::chrono::steady_clock::time_point>;

std::unique_ptr<postgres::Connection> connect(const Session& session, std::stop_token stop,
                                              Until until) {
    const auto url =
        session.settings.require_secret("DATABASE_URL", "postgresql://user@localhost:5432/app");
    return std::make_unique<postgres::Connection>(
        url, postgres::ConnectOptions{
                 .command = session.command, .stop = std::move(stop), .deadline = until});
}

}  // namespace

std::string Session::zone() const { return settings.find("NIGHTSHIFT_ZONE").value_or("UTC"); }

std::string Session::price_book(const std::string& option) const {
    return option.empty() ? settings.find("NIGHTSHIFT_PRICES").value_or("") : option;
}

std::unique_ptr<postgres::Connection> Session::postgres() const {
    return connect(*this, stop, deadline);
}

std::unique_ptr<postgres::Connection> Session::migrated_postgres() const {
    auto connection = postgres();
    schema::require_current(*connection);
    return connection;
}

std::unique_ptr<postgres::Connection> Session::unstoppable_postgres() const {
    return connect(*this, {}, deadline);
}

std::unique_ptr<postgres::Connection> Session::unstoppable_postgres(
    std::chrono::steady_clock::time_point until) const {
    return connect(*this, {}, until);
}

redis::Address Session::redis_address() const {
    auto address =
        redis::parse_address(settings.require_secret("REDIS_URL", "redis://localhost:6379/0"));
    address.files = {.authority = settings.find("REDIS_TLS_CA_FILE").value_or(""),
                     .certificate = settings.find("REDIS_TLS_CERT_FILE").value_or(""),
                     .key = settings.find("REDIS_TLS_KEY_FILE").value_or("")};
    address.sentinel_password = settings.find_secret("REDIS_SENTINEL_PASSWORD").value_or("");
    return address;
}

std::unique_ptr<redis::Connection> Session::redis(const std::string& key) const {
    return redis::open(redis_address(), key, stop);
}

}  // namespace nightshift::cmd
