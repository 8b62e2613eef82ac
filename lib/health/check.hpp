// What can be looked at, as data (json/checks.json), and what came of it.
//
// unhealthy: it is bad, and known to be: refused, not found, a wrong password, no answer in time
// count. unknown: it could not be looked at, for want of a right above all. skipped: there is
// nothing to look at, or it was not asked for.
#pragma once

#include "health/range.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::health {

enum class Status { healthy, degraded, unhealthy, unknown, skipped };
std::string name(Status status);

// Of a check: what its failure means for the whole. Of warnings a failure degrades, and what could
// not be looked at counts for nothing.
enum class Severity { critical, warning };

// quick: Postgres and Redis, whether they answer, and the settings. deep: everything else that is
// on the network.
enum class Level { quick, standard, deep };
std::string name(Level level);

struct Check {
    std::string id;        // database.latency
    std::string category;  // of config::categories()
    Severity severity = Severity::critical;
    Level level = Level::standard;
    std::string unit = {};           // of what it measures: ms, %, s, B; empty: it measures nothing
    std::optional<Range> warn = {};  // outside of which it is degraded
    std::optional<Range> crit = {};  // unhealthy
    std::string about = {};          // what is looked at, and what it means
    std::string fix = {};            // what to do
    std::string grants = {};         // SQL: what the role needs for it
};

// The ranges are what is usual; who asks may have others.
const std::vector<Check>& checks();
const Check* find_check(const std::string& id);
// database is all of its own.
bool is_of(const std::string& id, const std::string& name);

struct Result {
    std::string id;
    Status status = Status::healthy;
    // 3 of 97 connections. These words, why and fix, hold no secret once they are told (run.hpp).
    std::string said = {};
    std::optional<double> value = {};
    std::optional<Range> warn = {};  // that the value was held against
    std::optional<Range> crit = {};
    std::string why = {};  // where it is not healthy
    std::string fix = {};
    std::chrono::microseconds took{0};
};

// What a value is by the check's ranges.
Result judged(const Check& check, double value, const std::string& said);

struct Report {
    std::vector<Result> results;  // in the order of checks()
    std::chrono::microseconds took{0};
    bool has_stuck = false;  // threads that did not come back: the process can only be ended

    // unhealthy beats unknown, which beats degraded.
    Status status() const;
};

}  // namespace nightshift::health
