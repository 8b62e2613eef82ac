// Looking into the outbox, and what an operator does to it by hand.
#pragma once

#include "base/instant.hpp"
#include "notifications/templates.hpp"
#include "postgres/connection.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::notifications {

struct Delivery {
    std::string id;  // 123.1
    std::string user_id;
    std::string kind;
    std::string occasion;
    std::string channel;  // empty: none was chosen
    std::string address;
    std::string state;
    std::string reason;  // why it was skipped or rejected
    Instant planned_at;
    Instant not_before;
    Instant expires_at;
    std::optional<Instant> settled_at;
    int calls = 0;  // to a provider; the last of them:
    std::string provider;
    std::string outcome;
    std::string code;
    std::string why;
    std::string provider_id;
    std::string cost;
    std::string currency;
};

struct DeliveryFilter {
    std::optional<std::string> state;  // or the reason
    std::optional<std::string> kind;
    std::optional<std::string> user_id;
    int limit = 20;
};

// What a filter's state may be.
std::vector<std::string> states_and_reasons();

// The latest planned first. Throws Error (data) for what cannot be a user's id.
std::vector<Delivery> deliveries(postgres::Connection& postgres, const DeliveryFilter& filter);

struct Reach {
    std::string channel;
    std::string address;
    std::string obstacle;  // empty: it can be used
};

// How a user can be reached, and what they want (empty: they have not said). Both throw Error
// (data) for what cannot be a user's id.
std::vector<Reach> reach_of(postgres::Connection& postgres, const std::string& user_id);
std::string wishes_of(postgres::Connection& postgres, const std::string& user_id);

// Throws Error (data) for what cannot be a user's id: public.users.id is of another type.
void require_user_id(postgres::Connection& postgres, const std::string& user_id);

// What may be paused: a kind, a provider, or everything.
std::vector<std::string> pausable();
inline constexpr const char* everything = "everything";

struct Pause {
    std::string what;
    Instant since;
    std::string by;
};

std::vector<Pause> pauses(postgres::Connection& postgres);
// False: it was paused, or not, already. From the next claim on, in runs that are at work too.
bool pause(postgres::Connection& postgres, const std::string& what, const std::string& by);
bool resume(postgres::Connection& postgres, const std::string& what);

// Why an address is not written to: it is suppressed, or its provider paused; empty: nothing.
std::string obstacle_to(postgres::Connection& postgres, const std::string& provider,
                        Channel channel, const std::string& address);

struct CancelFilter {
    std::optional<std::string> id;  // of a delivery or a notification
    std::optional<std::string> kind;
    std::optional<std::string> user_id;
};

// How many of those that wait were taken back.
std::int64_t cancel(postgres::Connection& postgres, const CancelFilter& filter, Instant now);

// Deletes notifications that were planned before, with every delivery settled, in batches that are
// each committed; what they used and cost is added to nightshift.quantities. How many.
std::int64_t prune(postgres::Connection& postgres, Instant before);

struct Forgotten {
    std::int64_t notifications = 0;
    std::int64_t suppressions_kept = 0;  // addresses that must not be written to stay known
};

// Deletes all that was to be said to a user, costs surviving as above. Throws Error: refused where
// the user still stands in public.users, but for force; busy while something is on its way.
Forgotten forget(postgres::Connection& postgres, const std::string& user_id, bool force,
                 Instant now);

}  // namespace nightshift::notifications
