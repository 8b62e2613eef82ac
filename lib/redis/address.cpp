#include "redis/address.hpp"

#include "base/error.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

namespace nightshift::redis {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error{Failure::configuration, "REDIS_URL cannot be read", why,
                "write redis://:password@host:6379/0 or unix:///path/to/redis.sock?db=0"};
}

std::string decoded(std::string_view text) {
    auto plain = percent_decoded(text);
    if (!plain) refuse("a % in user or password is not followed by two hexadecimal digits");
    return *plain;
}

int database_number(std::string_view text) {
    const auto number = parse_integer<int>(text);
    if (!number || *number < 0) refuse("the database is not a number");
    return *number;
}

}  // namespace

std::string Address::where() const {
    const auto place = socket_path.empty() ? host + ":" + port : socket_path;
    return place + "/" + std::to_string(database);
}

Address parse_address(const std::string& url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string::npos) refuse("it has no scheme such as redis://");
    const auto scheme = lowered(std::string_view{url}.substr(0, scheme_end));
    std::string_view rest = std::string_view{url}.substr(scheme_end + 3);

    const bool is_socket = scheme == "unix" || scheme == "redis+unix" || scheme == "redis-socket";
    if (scheme == "rediss") refuse("TLS (rediss://) is not supported yet");
    if (!is_socket && scheme != "redis") refuse("its scheme is neither redis nor unix");

    Address address;
    // A socket's path may hold an @ of its own.
    const auto authority = is_socket ? rest.substr(0, rest.find('/')) : rest;
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        const auto login = rest.substr(0, at);
        const auto colon = login.find(':');
        address.user = decoded(login.substr(0, colon));
        if (colon != std::string_view::npos) address.password = decoded(login.substr(colon + 1));
        remember_secret(address.password);
        rest.remove_prefix(at + 1);
    }
    if (is_socket) {
        const auto query = rest.find('?');
        address.socket_path = rest.substr(0, query);
        if (!address.socket_path.starts_with('/')) refuse("the socket's path is not absolute");
        if (query != std::string_view::npos) {
            const auto option = rest.substr(query + 1);
            if (!option.starts_with("db=")) refuse("after ? only db=N is understood");
            address.database = database_number(option.substr(3));
        }
        return address;
    }

    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
        const auto database = rest.substr(slash + 1);
        if (!database.empty()) address.database = database_number(database);
        rest = rest.substr(0, slash);
    }
    // [::1]:6379, host:6379, host
    const auto bracket = rest.starts_with('[') ? rest.find(']') : std::string_view::npos;
    const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
    auto host = rest.substr(0, colon);
    if (bracket != std::string_view::npos) {
        if (!host.ends_with(']')) refuse("something stands between ] and the port");
        host = rest.substr(1, bracket - 1);
    }
    if (!host.empty()) address.host = host;
    if (colon != std::string_view::npos) {
        address.port = rest.substr(colon + 1);
        const auto number = parse_integer<int>(address.port);
        if (!number || *number < 1 || *number > 65535) refuse("the port is not one");
    }
    return address;
}

}  // namespace nightshift::redis
