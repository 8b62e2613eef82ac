// The two boards and the Redis keys under which readers find them.
//   leaderboard:weekly            the document: JSON of the top (100), see document.hpp
//   {leaderboard:weekly}:ranks    a sorted set of every ranked user, whose score is the rank
//   {leaderboard:weekly}:meta     a hash: fence; as_of, published_at, expires_at (Unix
//                                 microseconds), run, users, of what is published
// All keys of one board share a hash slot. Document and ranks expire; meta stays, so that a
// reader can tell an expired board from one that was never there.
#pragma once

#include "base/instant.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace nightshift::leaderboard {

enum class Period { weekly, monthly };

// "weekly", "monthly": in keys, documents and on the command line.
std::string name(Period period);

// Attempts in [as_of - length, as_of) count: 7 or 30 days, as instants.
std::chrono::days length(Period period);

// The job whose lease keeps two rebuilds of one board apart.
std::string job(Period period);

struct Keys {
    explicit Keys(Period period);

    std::string document;
    std::string ranks;
    std::string meta;
    std::string tagged;  // {leaderboard:weekly}: the prefix of every other key of the board
};

}  // namespace nightshift::leaderboard
