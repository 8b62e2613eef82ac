#include "redis/open.hpp"

#include "base/error.hpp"
#include "base/log.hpp"

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <tuple>

namespace nightshift::redis {
namespace {

using namespace std::chrono_literals;

// As much as a server takes that is restarted. One that does not even refuse is not waited for
// again.
constexpr std::array<std::chrono::milliseconds, 4> pauses{200ms, 500ms, 800ms, 1500ms};
constexpr auto patience = 4s;

void sleep(std::chrono::milliseconds length, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock{mutex};
    changed.wait_for(lock, stop, length, [] { return false; });
}

Address sentinel_address(const Address& address,
                         const std::pair<std::string, std::string>& sentinel) {
    Address other;
    std::tie(other.host, other.port) = sentinel;
    other.password = address.sentinel_password;
    other.tls = address.tls;
    other.files = address.files;
    return other;
}

// Where one of the Sentinels says that the master is.
Address master_of(const Address& address) {
    std::string why;
    bool is_unavailable = false;
    for (const auto& sentinel : address.sentinels) {
        try {
            Connection connection{sentinel_address(address, sentinel), 2s};
            const auto reply =
                connection.command({"SENTINEL", "get-master-addr-by-name", address.master_name});
            if (reply.size() != 2) {
                why = connection.where() + " knows no master " + address.master_name;
                is_unavailable = true;  // one that has just begun does not yet
                continue;
            }
            auto master = address;
            master.master_name.clear();
            master.host = reply.element_text(0).value_or("");
            master.port = reply.element_text(1).value_or("");
            return master;
        } catch (const Error& error) {
            why = std::string{error.what()} + ": " + error.cause;
            is_unavailable = is_unavailable || error.failure == Failure::unavailable;
            log::debug("a Sentinel does not help", {{"why", why}});
        }
    }
    throw Error{is_unavailable ? Failure::unavailable : Failure::configuration,
                "no Sentinel says where " + address.master_name + " is", why,
                "see that they run, that REDIS_URL names them and the master as they do, and that "
                "REDIS_SENTINEL_PASSWORD is theirs"};
}

void require_master(Connection& connection) {
    const auto role = connection.try_command({"ROLE"});
    if (role.is_error() || role.element_text(0) == "master") return;
    throw Error{Failure::unavailable, "Redis at " + connection.where() + " is no master any more",
                "a failover is on its way", "try again when it has ended"};
}

// LOADING, or CLUSTERDOWN: it will be of use soon. Whoever may not PING is told by what it does.
void require_ready(const Connection& connection, const Reply& reply) {
    const auto words = reply.text();
    if (!reply.is_error() || (!words.starts_with("LOADING") && !words.starts_with("CLUSTERDOWN")))
        return;
    throw Error{Failure::unavailable, "Redis at " + connection.where() + " is not ready",
                std::string{words}, "try again when it is"};
}

// The node of the Cluster that has the key's slot; nothing: it is this one.
std::optional<Address> owner_of(Connection& connection, const Address& address,
                                const std::string& key) {
    const auto tried = connection.try_command({"EXISTS", key});
    require_ready(connection, tried);
    const std::string words{tried.text()};  // MOVED 3999 127.0.0.1:6381
    if (!tried.is_error() || !words.starts_with("MOVED ")) return std::nullopt;
    const auto place = words.substr(words.rfind(' ') + 1);
    const auto colon = place.rfind(':');
    auto owner = address;
    // An empty host is the one that was asked.
    if (colon > 0) owner.host = place.substr(0, colon);
    owner.port = place.substr(colon + 1);
    owner.socket_path.clear();
    return owner;
}

std::unique_ptr<Connection> try_open(const Address& address, const std::string& key) {
    const auto place = address.sentinels.empty() ? address : master_of(address);
    auto connection = std::make_unique<Connection>(place);
    require_ready(*connection, connection->try_command({"PING"}));
    if (!address.sentinels.empty()) require_master(*connection);
    if (!connection->is_of_a_cluster()) return connection;
    const auto owner = owner_of(*connection, place, key);
    if (owner) connection = std::make_unique<Connection>(*owner);
    return connection;
}

}  // namespace

std::unique_ptr<Connection> open(const Address& address, const std::string& key,
                                 const std::stop_token& stop) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (const auto pause : pauses) {
        try {
            return try_open(address, key);
        } catch (const Error& error) {
            if (error.failure != Failure::unavailable || stop.stop_requested() ||
                std::chrono::steady_clock::now() >= until)
                throw;
            log::debug("Redis is not there yet", {{"why", error.what() + (": " + error.cause)}});
        }
        sleep(pause, stop);
    }
    return try_open(address, key);
}

}  // namespace nightshift::redis
