// One DDL statement on a table that an application is using, run so that the application does not
// feel it.
//  - Briefly: an ALTER takes its lock in a transaction of its own. Whoever comes after a waiting
//    ALTER queues behind it, so it waits 250 ms at most, gives way, and tries again later. Builds
//    and vacuums it awaits before, under a lock that only they contend for.
//  - Concurrently: an index is built while reads and writes go on. That waits for older
//    transactions, for which 250 ms would never do: it has a limit of its own.
// Killed at any moment, a brief statement has happened or not; a build leaves an invalid index at
// worst, which whoever plans the next run finds and drops.
#pragma once

#include "postgres/connection.hpp"

#include <chrono>
#include <stop_token>
#include <string>

namespace nightshift::migrations {

struct Statement {
    enum class Mode { briefly, concurrently };

    std::string purpose;  // add columns to public.attempts
    std::string sql;      // of several statements, where it is brief
    Mode mode = Mode::briefly;
    std::string table;  // public.attempts; empty: no lock that anybody else could want
    std::string lock;   // ACCESS EXCLUSIVE
    std::string index;  // what is built, public.name
};

struct Patience {
    std::chrono::milliseconds lock_timeout{250};
    int tries = 100;  // half a second to one and a half between two
    std::chrono::milliseconds build_lock_timeout{std::chrono::minutes{30}};
};

struct Execution {
    postgres::Connection& builder;  // a build has a session of its own, and sets it up
    std::string role;               // SET ROLE first; empty: as we logged in
    Patience patience;
    std::stop_token stop;
};

// How long it may wait for its lock.
std::chrono::milliseconds longest_wait(const Statement& statement, const Patience& patience);

// connection: for what is brief, and to watch a build.
// False: others were building on the table, and have ended. Nothing was done: plan anew, as they
// may have done it. Throws Error: busy where the lock cannot be had, naming who holds it, and what
// Postgres said.
bool run(postgres::Connection& connection, const Statement& statement, const Execution& execution);

}  // namespace nightshift::migrations
