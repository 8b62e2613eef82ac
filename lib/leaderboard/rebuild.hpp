// Ranks everybody in Postgres and publishes the board in Redis, whole or not at all.
//  1. The caller holds the lease of the board; its fence is higher than any before.
//  2. The as-of is settled: not in the future, not older than the live board.
//  3. Redis learns the fence. From here a run with a lower one cannot publish.
//  4. Standings stream from one snapshot of Postgres into a staging set, in constant memory.
//  5. Document and meta are staged beside it.
//  6. In one transaction: the board's row, the fence confirmed, the swap script, COMMIT. Until
//     the commit nobody can take over, so the swap belongs to the holder.
// Safe to repeat: the same attempts and as-of give the same board. Killed anywhere, it leaves the
// old board or the new one.
#pragma once

#include "base/error.hpp"
#include "jobs/lease.hpp"
#include "leaderboard/closing.hpp"
#include "leaderboard/ranking.hpp"
#include "postgres/connection.hpp"
#include "redis/connection.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace nightshift::leaderboard {

struct RebuildRequest {
    Period period = Period::weekly;
    std::optional<Instant> as_of;  // default: the database's clock
    int top = 100;                 // how many stand in the document
    std::chrono::seconds time_to_live{std::chrono::hours{24}};
    std::function<void(std::int64_t users)> progress =
        {};              // ranked so far, now and then; may be empty
    bool force = false;  // an as-of in the future or older than the live board, a later fence
};

struct Preview {
    Ranking ranking;
    std::optional<Error> refusal;  // why rebuild() would ask for force
};

// What rebuild() would publish; writes nothing and takes no lease.
Preview preview(postgres::Connection& postgres, const RebuildRequest& request);

// Under the caller's lease on job(period). Throws Error: refused for an as-of more than 60 s in
// the database's future or older than the live board; see Publication for what Redis may say.
Ranking rebuild(postgres::Connection& postgres, redis::Connection& redis, const jobs::Lease& lease,
                const std::string& run_id, const RebuildRequest& request);

// The same with the ranks that a close has kept: attempts that came since do not move them.
// The request's period, as_of and top are the close's.
Ranking publish_closing(postgres::Connection& postgres, redis::Connection& redis,
                        const jobs::Lease& lease, const std::string& run_id, const Closing& closing,
                        RebuildRequest request);

}  // namespace nightshift::leaderboard
