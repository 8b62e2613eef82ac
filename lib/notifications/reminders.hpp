// A run of send-reminders: plan, then send what the outbox holds.
//
// Every delivery of the run ends in one count: those that waited before it and those that it
// planned are, at its end, accepted or another class, skipped with a reason, or still waiting.
#pragma once

#include "notifications/dispatcher.hpp"
#include "notifications/plan.hpp"

namespace nightshift::notifications {

inline constexpr const char* job = "send-reminders";

struct RunReport {
    Instant as_of;
    Plan plan;
    std::int64_t waited = 0;  // in the outbox, before the plan
    DispatchReport sent;
    std::int64_t left = 0;    // wait for the next run
    std::int64_t others = 0;  // taken care of by another run meanwhile

    // In this run: what waited, what was planned, fallbacks, and what later runs planned and this
    // one ended.
    std::int64_t deliveries() const;
    std::int64_t count(const std::string& reason) const;  // ended so
};

struct RunParts {
    postgres::Connection& postgres;  // for the plan
    postgres::Connection& reader;    // beside it
    jobs::Connect outbox;            // for the outbox alone; a stop must leave it usable
    const jobs::Lease& lease;
    const Templates& templates;
    const Composer& composer;
    http::Client& client;
    std::function<void(const Plan&)> planned = {};  // before the first message
};

// budget: of a UTC day. Throws Error as plan() does, and where Postgres goes away.
RunReport run_reminders(const RunParts& parts, const PlanRequest& request,
                        const std::vector<Lane>& lanes, std::optional<Money> budget,
                        const std::stop_token& stop, const DispatchWatch& watch = {});

}  // namespace nightshift::notifications
