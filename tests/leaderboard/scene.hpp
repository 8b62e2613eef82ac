// A database with attempts in it and a Redis, for the tests of boards.
#pragma once

#include "jobs/lease.hpp"
#include "leaderboard/rebuild.hpp"
#include "support/binary.hpp"

#include <map>
#include <string>

namespace nightshift::test {

struct Scene : Installation {
    // As a command does it: a lease of its own, a run id of its own.
    leaderboard::Ranking rebuild(const std::string& as_of, bool force = false,
                                 leaderboard::Period period = leaderboard::Period::weekly) const;

    // Users 1 to `users`, each with that many attempts (user n has n) within the hour before noon
    // of 2026-03-10.
    void add_users(int users) const;

    std::string document(const std::string& period = "weekly") const;  // "" where there is none
    std::map<std::string, std::int64_t> ranks(const std::string& period = "weekly") const;
    // Every key of Redis that belongs to a board being loaded.
    std::size_t staging_keys() const;
};

inline constexpr const char* noon = "2026-03-10T12:00:00Z";

}  // namespace nightshift::test
