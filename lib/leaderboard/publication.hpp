// One board on its way into Redis: loaded beside the live one under keys of this run, every
// reply read, then swapped in by one script. Readers see the old board or the new one, never a
// part; a run that fails, or is destroyed before swap(), leaves the live board as it was and
// takes its staging keys away (after kill -9 they expire by themselves in 15 minutes).
//
// The fence is registered before the first key is loaded, and the script demands it: a run that
// was paused while another took over publishes nothing.
#pragma once

#include "base/instant.hpp"
#include "leaderboard/board.hpp"
#include "redis/connection.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace nightshift::leaderboard {

// Redis lost its memory while the board was loaded; who still holds the lease may start over.
struct FenceAbsent : std::runtime_error {
    FenceAbsent() : std::runtime_error{"Redis lost the fence of this run"} {}
};

class Publication {
  public:
    struct Run {
        Period period = Period::weekly;
        std::string run_id;
        std::int64_t fence = 0;
        bool force = false;  // over a later fence, a later as_of, and into a full Redis
    };

    // Throws Error: refused (a later fence stands), unavailable (out of memory, ...).
    Publication(redis::Connection& redis, Run run);
    ~Publication();
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;

    // The next user; the first has rank 1.
    void add(std::string_view user_id);

    struct Document {
        std::string json;
        Instant as_of;
        Instant published_at;
        std::chrono::seconds time_to_live{};
    };

    // After the last user: the document and the new meta, beside the ranks.
    void stage(const Document& document);

    // One script; takes milliseconds. Throws FenceAbsent, and Error: busy (another run has taken
    // over), refused (the live board is newer), unavailable (a part of what was staged is gone).
    void swap();

    std::int64_t users() const { return users_; }

  private:
    void register_fence();
    void flush_members();
    void refuse_if_it_would_evict();
    redis::Reply run_swap_script();
    void remove_staging() noexcept;

    redis::Connection& redis_;
    Run run_;
    Keys live_;
    std::string next_document_;
    std::string next_ranks_;
    std::string next_meta_;
    bool evicts_ = false;
    bool staged_ = true;
    std::int64_t users_ = 0;
    Instant as_of_;
    std::chrono::seconds time_to_live_{};
    std::string members_;  // "rank\0id\0" of those not sent yet
    std::size_t member_count_ = 0;
};

}  // namespace nightshift::leaderboard
