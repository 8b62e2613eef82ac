#include "leaderboard/rebuild.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "leaderboard/publication.hpp"
#include "leaderboard/sql.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::leaderboard {
namespace {

constexpr std::int64_t users_between_words = 10'000;
constexpr auto clock_tolerance = std::chrono::seconds{60};

struct BoardState {
    Instant now;  // the database's
    std::optional<Instant> as_of;
};

BoardState board_state(postgres::Connection& postgres, Period period) {
    return postgres.transaction("reading the state of the board", [&](auto& transaction) {
        const auto row = postgres::exec(transaction, sql::board_state, {name(period)})[0];
        BoardState state{postgres::instant_column(row["now"]), std::nullopt};
        if (!row["as_of"].is_null()) state.as_of = postgres::instant_column(row["as_of"]);
        return state;
    });
}

// Why a board as of then is not to be published unasked.
std::optional<Error> refusal(Instant as_of, Period period, const BoardState& state) {
    if (as_of > state.now + clock_tolerance) {
        return Error{Failure::refused, "--as-of " + format_instant(as_of) + " lies in the future",
                     "the database's clock says " + format_instant(state.now),
                     "correct it; --force publishes it, and blocks every run before that time"};
    }
    if (state.as_of && as_of < *state.as_of) {
        return Error{Failure::refused,
                     "--as-of " + format_instant(as_of) + " is older than the live " +
                         name(period) + " board",
                     "that one stands as of " + format_instant(*state.as_of),
                     "leave --as-of away, or replace the newer board with --force"};
    }
    return std::nullopt;
}

struct Rebuild {
    postgres::Connection& postgres;
    redis::Connection& redis;
    const jobs::Lease& lease;
    const std::string& run_id;
    const RebuildRequest& request;
    std::function<Ranking(Instant as_of, const OnUser&)> standings;
};

Ranking rank_and_publish(const Rebuild& rebuild) {
    const auto& [postgres, redis, lease, run_id, request, standings] = rebuild;
    const auto state = board_state(postgres, request.period);
    const auto as_of = request.as_of.value_or(state.now);
    if (const auto refused = refusal(as_of, request.period, state); refused && !request.force) {
        throw Error{*refused};
    }

    // While the confirmed lease cannot be taken over, a later fence in Redis can only be another
    // database's.
    std::optional<Publication> publication;
    postgres.transaction("registering the fence", [&](auto& transaction) {
        // It keeps nothing that a crash could lose; a row lock alone would wait for the disk.
        transaction.exec("SET LOCAL synchronous_commit = off");
        lease.confirm(transaction);
        publication.emplace(redis, Publication::Run{.period = request.period,
                                                    .run_id = run_id,
                                                    .fence = lease.fence(),
                                                    .force = request.force});
    });
    auto result = standings(as_of, [&](const Ranked& user) {
        publication->add(user.user_id);
        lease.check();
        if (request.progress && user.rank % users_between_words == 0) request.progress(user.rank);
    });
    log::debug("ranked", {{"users", std::to_string(result.users)}});

    const auto document = to_json(result.document).dump();
    const auto published_at = board_state(postgres, request.period).now;
    publication->stage({document, as_of, published_at, request.time_to_live});

    // The board's row and the fence first, uncommitted: while they stand nobody can take over, so
    // the swap belongs to the holder. A commit that fails after the swap leaves a board that is
    // published and not written down; the next run mends that.
    postgres.transaction(
        "publishing the " + name(request.period) + " board", [&](auto& transaction) {
            lease.guard(transaction);
            postgres::exec(
                transaction, sql::record_board,
                {name(request.period), postgres::parameter(as_of),
                 postgres::parameter(published_at), run_id, std::to_string(lease.fence()),
                 std::to_string(result.users), sha256_hex(document)});
            lease.confirm(transaction);
            publication->swap();
        });
    return result;
}

Ranking publish(const Rebuild& rebuild) {
    try {
        return rank_and_publish(rebuild);
    } catch (const FenceAbsent&) {
        log::warning("Redis lost its memory while the board was loaded; loading it again");
    }
    try {
        return rank_and_publish(rebuild);
    } catch (const FenceAbsent& error) {
        throw Error{Failure::unavailable,
                    "Redis at " + rebuild.redis.where() + " loses what it is given",
                    std::string{error.what()} + ", twice",
                    "see whether it restarts or evicts; the live board was not touched"};
    }
}

}  // namespace

Preview preview(postgres::Connection& postgres, const RebuildRequest& request) {
    const auto state = board_state(postgres, request.period);
    const auto as_of = request.as_of.value_or(state.now);
    return {rank(postgres, {request.period, as_of, request.top}, [](const Ranked&) {}),
            refusal(as_of, request.period, state)};
}

Ranking rebuild(postgres::Connection& postgres, redis::Connection& redis, const jobs::Lease& lease,
                const std::string& run_id, const RebuildRequest& request) {
    return publish({postgres, redis, lease, run_id, request, [&](Instant as_of, auto& on_user) {
                        return rank(postgres, {request.period, as_of, request.top}, on_user);
                    }});
}

Ranking publish_closing(postgres::Connection& postgres, redis::Connection& redis,
                        const jobs::Lease& lease, const std::string& run_id, const Closing& closing,
                        RebuildRequest request) {
    request.period = Period::weekly;
    request.as_of = closing.as_of;
    return publish({postgres, redis, lease, run_id, request, [&](Instant, auto& on_user) {
                        return rank_as_closed(postgres, closing, on_user);
                    }});
}

}  // namespace nightshift::leaderboard
