#include "leaderboard/publication.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "leaderboard/lua.hpp"

#include <bit>
#include <vector>

namespace nightshift::leaderboard {
namespace {

// Measured: 100 to 1000 members a command load equally fast, and block other clients for less
// the fewer they are.
constexpr std::size_t members_a_command = 200;
constexpr std::size_t commands_in_flight = 16;
constexpr std::int64_t members_between_looks = 10'000;
// What 10,000 members take (about 100 bytes each), and as much again for what others write.
constexpr std::int64_t memory_between_looks = 2'000'000;
constexpr std::string_view staging_seconds = "900";

std::string micros(Instant instant) { return std::to_string(instant.time_since_epoch().count()); }

}  // namespace

Publication::Publication(redis::Connection& redis, Run run)
    : redis_{redis}, run_{std::move(run)}, live_{run_.period} {
    const auto next = live_.tagged + ":next:" + run_.run_id;
    next_document_ = next + ":doc";
    next_ranks_ = next + ":ranks";
    next_meta_ = next + ":meta";
    register_fence();
    refuse_if_it_would_evict();
}

Publication::~Publication() {
    if (staged_) remove_staging();
}

void Publication::register_fence() {
    const auto standing = redis_
                              .command({"EVAL", lua::register_fence, "1", live_.meta,
                                        std::to_string(run_.fence), run_.force ? "force" : ""})
                              .integer();
    if (standing == 0) return;
    throw Error{Failure::refused,
                "Redis at " + redis_.where() + " knows a later run of " + job(run_.period),
                "its fence is " + std::to_string(standing) + ", this run's is " +
                    std::to_string(run_.fence) +
                    ": another database publishes there, or this one was restored",
                "correct REDIS_URL or DATABASE_URL, or publish all the same with --force"};
}

// Under a policy that evicts, Redis makes room for the new board by throwing out keys, the live
// board among them. So look before each part, and stop while the live board is whole.
void Publication::refuse_if_it_would_evict() {
    if (run_.force) return;
    const auto info = redis_.try_command({"INFO", "memory"});
    if (info.is_error()) return;  // not permitted: the count in the swap script still decides
    const auto limit =
        parse_integer<std::int64_t>(redis::info_value(info.text(), "maxmemory:")).value_or(0);
    const auto used =
        parse_integer<std::int64_t>(redis::info_value(info.text(), "used_memory:")).value_or(0);
    const auto policy = redis::info_value(info.text(), "maxmemory_policy:");
    evicts_ = limit > 0 && policy != "noeviction";
    // A sorted set's hash table doubles at each power of two, 8 bytes a bucket, all at once.
    const auto members = static_cast<std::uint64_t>(users_ + 2 * members_between_looks);
    const auto next_table = static_cast<std::int64_t>(16 * std::bit_ceil(members));
    if (!evicts_ || used + memory_between_looks + next_table <= limit) return;
    throw Error{
        Failure::refused, "Redis at " + redis_.where() + " has no room for a second board",
        grouped(used) + " of " + grouped(limit) + " bytes are in use and its policy " +
            std::string{policy} + " would evict keys, the live board among them",
        "raise maxmemory, give boards a Redis with noeviction, or take the risk with --force"};
}

void Publication::add(std::string_view user_id) {
    ++users_;
    members_ += std::to_string(users_);
    members_ += '\0';
    members_ += user_id;
    members_ += '\0';
    if (++member_count_ == members_a_command) flush_members();
}

void Publication::flush_members() {
    if (member_count_ == 0) return;
    redis::Arguments arguments{"ZADD", next_ranks_};
    arguments.reserve(2 + 2 * member_count_);
    std::string_view rest = members_;
    while (!rest.empty()) {
        const auto end = rest.find('\0');
        arguments.push_back(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    redis_.append(arguments);
    redis_.drain(commands_in_flight);
    members_.clear();
    member_count_ = 0;
    if (users_ % members_between_looks != 0 &&
        users_ > static_cast<std::int64_t>(members_a_command)) {
        return;
    }
    redis_.append({"EXPIRE", next_ranks_, staging_seconds});
    if (evicts_) {
        redis_.drain();
        refuse_if_it_would_evict();
    }
}

void Publication::stage(const Document& document) {
    flush_members();
    as_of_ = document.as_of;
    time_to_live_ = document.time_to_live;
    redis_.append({"SET", next_document_, document.json, "EX", staging_seconds});
    redis_.append({"HSET", next_meta_, "fence", std::to_string(run_.fence), "run", run_.run_id,
                   "users", std::to_string(users_), "as_of", micros(document.as_of), "published_at",
                   micros(document.published_at), "expires_at",
                   micros(document.published_at + document.time_to_live)});
    redis_.append({"EXPIRE", next_meta_, staging_seconds});
    redis_.drain();
}

redis::Reply Publication::run_swap_script() {
    const auto old = live_.tagged + ":old:" + run_.run_id;
    try {
        return redis_.command({"EVAL", lua::publish, "8", live_.document, live_.ranks, live_.meta,
                               next_document_, next_ranks_, next_meta_, old + ":doc",
                               old + ":ranks", std::to_string(run_.fence), std::to_string(users_),
                               micros(as_of_), std::to_string(time_to_live_.count()),
                               run_.force ? "force" : ""});
    } catch (Error& error) {
        if (redis_.is_lost()) {
            error.hint =
                "see that the server runs, then run again: the old board or the new one "
                "is live there, and whole";
        }
        throw;
    }
}

void Publication::swap() {
    const auto reply = run_swap_script();
    const auto outcome = reply.element_text(0).value_or("");
    const auto detail = reply.size() > 1 ? reply.element_text(1).value_or("") : "";
    if (outcome == "published") {
        staged_ = false;
        return;
    }
    if (outcome == "absent") throw FenceAbsent{};
    if (outcome == "fenced") {
        throw Error{
            Failure::busy, "another run of " + job(run_.period) + " has taken over",
            "Redis has its fence " + detail + ", this run's is " + std::to_string(run_.fence),
            "let the other run finish; its board is the newer one"};
    }
    if (outcome == "older") {
        const Instant live{
            std::chrono::microseconds{parse_integer<std::int64_t>(detail).value_or(0)}};
        throw Error{Failure::refused, "the live " + name(run_.period) + " board is newer",
                    "it stands as of " + format_instant(live), "replace it with --force"};
    }
    const auto left = detail == std::to_string(users_)
                          ? std::string{"its document or its meta is gone"}
                          : detail + " of " + std::to_string(users_) + " users were left";
    throw Error{Failure::unavailable,
                "Redis at " + redis_.where() + " evicted a part of the board while it was loaded",
                left + "; the live board was not touched",
                "raise maxmemory, or give boards a Redis with maxmemory-policy noeviction"};
}

void Publication::remove_staging() noexcept {
    try {
        redis_.drain();
        redis_.command({"UNLINK", next_document_, next_ranks_, next_meta_});
    } catch (const std::exception& error) {
        log::debug("staging keys were left to expire", {{"why", error.what()}});
    }
}

}  // namespace nightshift::leaderboard
