// A job to be fought for.
#pragma once

#include "jobs/lease.hpp"
#include "support/servers.hpp"

namespace nightshift::test {

inline jobs::LeaseRequest request(const std::string& run_id, std::chrono::milliseconds wait = {}) {
    return {.job = "harvest/weekly", .run_id = run_id, .wait = wait};
}

// As if the holder had been paused for long. Its own heartbeat is 5 s away.
inline void let_run_out(const Database& database) {
    database.query("UPDATE nightshift.job_leases SET expires_at = now() - interval '1 second'");
}

inline std::string fence_in(const Database& database) {
    return database.query("SELECT fence FROM nightshift.job_leases");
}

inline void confirm(const Database& database, const jobs::Lease& lease) {
    database.connect()->transaction("confirming", [&](auto& work) { lease.confirm(work); });
}

}  // namespace nightshift::test
