#include "session.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "redis/address.hpp"
#include "schema/built_in.hpp"

#include <cmath>

namespace nightshift::cmd {
namespace {

std::unique_ptr<postgres::Connection> connect(const Session& session, std::stop_token stop) {
    const auto url =
        session.settings.require_secret("DATABASE_URL", "postgresql://user@localhost:5432/app");
    return std::make_unique<postgres::Connection>(
        url, postgres::ConnectOptions{.command = session.command, .stop = std::move(stop)});
}

}  // namespace

std::unique_ptr<postgres::Connection> Session::postgres() const { return connect(*this, stop); }

std::unique_ptr<postgres::Connection> Session::migrated_postgres() const {
    auto connection = postgres();
    schema::require_current(*connection);
    return connection;
}

std::unique_ptr<postgres::Connection> Session::unstoppable_postgres() const {
    return connect(*this, {});
}

std::unique_ptr<redis::Connection> Session::redis() const {
    const auto url = settings.require_secret("REDIS_URL", "redis://localhost:6379/0");
    return std::make_unique<redis::Connection>(redis::parse_address(url));
}

std::optional<Instant> parsed_as_of(const std::string& text) {
    if (text.empty()) return std::nullopt;
    if (const auto instant = parse_instant(text)) return instant;
    throw Error{Failure::usage, "--as-of " + excerpt(text) + " is no instant",
                parse_written_time(text) ? "it has no offset from UTC"
                                         : "it is not of the form 2026-11-22T00:00:00Z",
                "write it with Z or an offset, such as 2026-11-22T00:00:00Z"};
}

std::chrono::milliseconds milliseconds(double seconds) {
    return std::chrono::milliseconds{std::llround(seconds * 1000)};
}

}  // namespace nightshift::cmd
