// What a run would send and what it would cost: the plan, with every text made and every price
// asked, and nothing written.
#pragma once

#include "notifications/compose.hpp"
#include "notifications/plan.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::notifications {

struct Sample {
    PlannedMessage planned;
    Message message;
    Quote quote;
};

struct Billed {
    std::int64_t messages = 0;
    std::int64_t units = 0;
    Money cost;
};

struct Forecast {
    std::vector<Tally> tallies;  // reason: eligible, or why not
    std::int64_t eligible = 0;
    std::int64_t waiting = 0;  // in the outbox already
    std::map<std::string, Billed> items;
    Money cost;
    Money saved;
    std::optional<Money> budget;               // of the day
    Money spent;                               // of it, before
    std::vector<Sample> samples;               // two of each kind and channel
    std::map<std::string, std::string> wrong;  // what cannot be said, and why: an example of each
    std::vector<std::string> unknown_categories;
};

// budget: of the day of request.as_of; none: what costs anything is not sent.
Forecast forecast(postgres::Connection& postgres, postgres::Connection& reader,
                  const Templates& templates, const Composer& composer, const PlanRequest& request,
                  std::optional<Money> budget);

// What a UTC day has been charged so far. Throws Error (configuration) where that is in another
// currency.
Money spent_on(postgres::Transaction& transaction, Instant day, const std::string& currency);

}  // namespace nightshift::notifications
