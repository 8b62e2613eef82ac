#include "health/redis.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "health/certificate.hpp"
#include "redis/open.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace nightshift::health {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds{3};

double milliseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

constexpr const char* probe_key = "nightshift:health";

Result ping(const Check& check, redis::Connection& connection) {
    const auto begin = Clock::now();
    connection.command({"PING"});
    const auto took = milliseconds_since(begin);
    return judged(check, took, fmt::format("{} answers in {:.2f} ms", connection.where(), took));
}

Result not_permitted(const Check& check, const std::string& why) {
    return {.id = check.id,
            .status = Status::unknown,
            .said = "not permitted",
            .why = why,
            .fix =
                "let the user in REDIS_URL do it: ACL SETUSER ... +ping +info +set "
                "~nightshift:health"};
}

// What INFO says.
class Info {
  public:
    explicit Info(redis::Connection& connection) : text_{connection.command({"INFO"}).text()} {}
    std::string text(std::string_view name) const {
        return std::string{redis::info_value(text_, std::string{name} + ":")};
    }
    double number(std::string_view name) const {
        return static_cast<double>(parse_integer<std::int64_t>(text(name)).value_or(0));
    }

  private:
    std::string text_;
};

Result memory(const Check& check, const Info& info) {
    const auto used = info.text("used_memory_human");
    const auto most = info.number("maxmemory");
    if (most == 0) return judged(check, 0, used + " used, without a limit");
    const auto part = 100 * info.number("used_memory") / most;
    return judged(check, part,
                  fmt::format("{} of {} used, {}", used, info.text("maxmemory_human"),
                              info.text("maxmemory_policy")));
}

Result policy(const Check& check, const Info& info) {
    const auto policy = info.text("maxmemory_policy");
    Result result{.id = check.id, .said = policy};
    if (info.number("maxmemory") > 0 && policy.starts_with("allkeys-")) {
        result.status = Status::degraded;
        result.why = "when it is full it drops whatever it likes, boards too";
        result.fix = check.fix;
    }
    return result;
}

Result persistence(const Check& check, const Info& info) {
    Result result{.id = check.id, .said = "the last save succeeded"};
    for (const auto* name :
         {"rdb_last_bgsave_status", "aof_last_write_status", "aof_last_bgrewrite_status"}) {
        const auto status = info.text(name);
        if (status.empty() || status == "ok") continue;
        result.status = Status::unhealthy;
        result.said = std::string{name} + " is " + status;
        result.why = "what is in it now may be lost, and it may refuse writes";
        result.fix = check.fix;
    }
    return result;
}

// Of a replica whether its master is there; of a master the replica that is longest behind.
Result replication(const Check& check, const Info& info) {
    if (info.text("role") == "slave") {
        Result result{.id = check.id, .said = "a replica, and its master is there"};
        if (info.text("master_link_status") == "up") return result;
        result.status = Status::unhealthy;
        result.said = "a replica that has lost its master";
        result.why = "what it serves is old";
        result.fix = check.fix;
        return result;
    }
    const auto replicas = static_cast<std::int64_t>(info.number("connected_slaves"));
    double longest = 0;
    for (std::int64_t i = 0; i < replicas; ++i) {
        const auto about = info.text("slave" + std::to_string(i));  // ip=...,state=online,lag=1
        const auto lag = about.find("lag=");
        if (lag != std::string::npos)
            longest = std::max(longest, std::strtod(about.c_str() + lag + 4, nullptr));
    }
    if (replicas == 0) return {.id = check.id, .said = "no replica is connected"};
    return judged(
        check, longest,
        fmt::format("{}, the last heard of {:.0f} s ago", counted(replicas, "replica"), longest));
}

Result writes(const Check& check, redis::Connection& connection) {
    const auto reply = connection.try_command({"SET", probe_key, "1", "EX", "60"});
    if (!reply.is_error()) return {.id = check.id, .said = "it takes them"};
    if (reply.text().starts_with("NOPERM")) return not_permitted(check, std::string{reply.text()});
    return {.id = check.id,
            .status = Status::unhealthy,
            .said = "it refuses them",
            .why = std::string{reply.text()},
            .fix = check.fix};
}

Result look_at(const Check& check, redis::Connection& connection) {
    try {
        if (check.id == "redis.ping") return ping(check, connection);
        if (check.id == "redis.writes") return writes(check, connection);
        if (check.id == "redis.certificate")
            return judged_certificate(check, connection.where(), connection.certificate_ends(),
                                      now());
        const Info info{connection};
        if (check.id == "redis.memory") return memory(check, info);
        if (check.id == "redis.policy") return policy(check, info);
        if (check.id == "redis.persistence") return persistence(check, info);
        if (check.id == "redis.replication") return replication(check, info);
        const auto evicted = info.number("evicted_keys");
        return judged(check, evicted, fmt::format("{:.0f} keys evicted", evicted));
    } catch (const Error& error) {
        if (connection.is_lost() || error.cause.find("NOPERM") == std::string::npos) throw;
        return not_permitted(check, error.cause);
    }
}

}  // namespace

std::unique_ptr<redis::Connection> connect_to_look(const redis::Address& address,
                                                   const std::string& key) {
    if (!address.sentinels.empty()) return redis::open(address, key);
    auto connection = std::make_unique<redis::Connection>(address, patience);
    return connection->is_of_a_cluster() ? redis::open(address, key) : std::move(connection);
}

Probe look_at_redis(const redis::Address& address, const Wanted& wanted) {
    const auto mine = of_group(wanted, "redis.");
    return {mine, [address, mine](const Tell& tell) {
                const auto connection = connect_to_look(address, probe_key);
                for (const auto& check : mine) tell(look_at(check, *connection));
            }};
}

}  // namespace nightshift::health
