#include "redis/address.hpp"

#include "base/error.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

#include <tuple>

namespace nightshift::redis {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error{Failure::configuration, "REDIS_URL cannot be read", why,
                "write redis://:password@host:6379/0, rediss:// for TLS, "
                "unix:///path/to/redis.sock?db=0 or redis+sentinel://host1,host2/name/0"};
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

// [::1]:6379, host:6379, host
std::pair<std::string, std::string> host_and_port(std::string_view text,
                                                  const std::string& usual_port) {
    const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    auto host = text.substr(0, colon);
    if (bracket != std::string_view::npos) {
        if (!host.ends_with(']')) refuse("something stands between ] and the port");
        host = text.substr(1, bracket - 1);
    }
    const auto port =
        colon == std::string_view::npos ? usual_port : std::string{text.substr(colon + 1)};
    const auto number = parse_integer<int>(port);
    if (!number || *number < 1 || *number > 65535) refuse("the port is not one");
    return {host.empty() ? "localhost" : std::string{host}, port};
}

// Takes user and password off.
void take_login(Address& address, std::string_view& rest, std::string_view authority) {
    const auto at = authority.rfind('@');
    if (at == std::string_view::npos) return;
    const auto login = rest.substr(0, at);
    const auto colon = login.find(':');
    address.user = decoded(login.substr(0, colon));
    if (colon != std::string_view::npos) address.password = decoded(login.substr(colon + 1));
    remember_secret(address.password);
    rest.remove_prefix(at + 1);
}

// Takes off what stands behind the first /; empty: nothing does.
std::string_view take_path(std::string_view& rest) {
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) return {};
    const auto path = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
    return path;
}

void read_socket(Address& address, std::string_view rest) {
    const auto query = rest.find('?');
    address.socket_path = rest.substr(0, query);
    if (!address.socket_path.starts_with('/')) refuse("the socket's path is not absolute");
    if (query == std::string_view::npos) return;
    const auto option = rest.substr(query + 1);
    if (!option.starts_with("db=")) refuse("after ? only db=N is understood");
    address.database = database_number(option.substr(3));
}

// host:port,host:port/name/db
void read_sentinels(Address& address, std::string_view hosts) {
    auto name = take_path(hosts);
    if (const auto database = take_path(name); !database.empty())
        address.database = database_number(database);
    address.master_name = decoded(name);
    if (address.master_name.empty()) refuse("it does not name the master: .../name/0");
    while (true) {
        const auto comma = hosts.find(',');
        address.sentinels.push_back(host_and_port(hosts.substr(0, comma), "26379"));
        if (comma == std::string_view::npos) return;
        hosts.remove_prefix(comma + 1);
    }
}

// What other clients write behind a ?; a certificate is verified in any case.
void take_query(std::string_view& rest) {
    const auto question = rest.find('?');
    if (question == std::string_view::npos) return;
    if (rest.substr(question + 1) != "ssl_cert_reqs=required")
        refuse("what stands behind ? is not understood; a certificate is always verified");
    rest = rest.substr(0, question);
}

}  // namespace

std::string Address::where() const {
    if (!master_name.empty()) return master_name + "/" + std::to_string(database);
    const auto place = socket_path.empty() ? host + ":" + port : socket_path;
    return place + "/" + std::to_string(database);
}

Address parse_address(const std::string& url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string::npos) refuse("it has no scheme such as redis://");
    const auto scheme = lowered(std::string_view{url}.substr(0, scheme_end));
    std::string_view rest = std::string_view{url}.substr(scheme_end + 3);

    const bool is_socket = scheme == "unix" || scheme == "redis+unix" || scheme == "redis-socket";
    const bool is_sentinel = scheme.ends_with("+sentinel") || scheme.ends_with("-sentinel");
    const auto base = is_sentinel ? scheme.substr(0, scheme.size() - 9) : scheme;
    if (!is_socket && base != "redis" && base != "rediss")
        refuse("its scheme is none of redis, rediss, unix and redis+sentinel");

    Address address;
    address.tls = base == "rediss";
    // A socket's path may hold an @ of its own.
    take_login(address, rest, is_socket ? rest.substr(0, rest.find('/')) : rest);
    if (is_socket) {
        read_socket(address, rest);
        return address;
    }
    take_query(rest);
    if (is_sentinel) {
        read_sentinels(address, rest);
        return address;
    }
    if (const auto database = take_path(rest); !database.empty())
        address.database = database_number(database);
    std::tie(address.host, address.port) = host_and_port(rest, "6379");
    return address;
}

}  // namespace nightshift::redis
