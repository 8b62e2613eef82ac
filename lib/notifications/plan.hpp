// The plan: who is to hear what, on which channel and at which address, and why not.
//
// Worked out as sets, in one transaction: each kind's own statement finds who is due in the window
// of its slot, by the learner's own clock; then preferences, quiet hours, devices, suppressions,
// caps and the allow-list have their say. What is planned is a row in nightshift.notifications,
// unique by user, kind and occasion, which is the only once-rule, and a pending one in
// notification_deliveries for each address. Nothing that fell due before the installation is.
#pragma once

#include "jobs/lease.hpp"
#include "notifications/templates.hpp"
#include "postgres/connection.hpp"

#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nightshift::notifications {

struct PlanRequest {
    Instant as_of;
    std::string default_zone = "UTC";        // of users who name none, or what is none
    std::vector<const Kind*> kinds = {};     // empty: all
    int min_due = 5;                         // items, of a review
    int user_cap = 3;                        // notifications a learner on a day of their own
    std::optional<std::int64_t> limit = {};  // notifications in this run
    std::string only_user = {};
    // Lower case: addresses, @domain, user:ID; none: everybody may be written to.
    std::optional<std::vector<std::string>> allowed = {};
    std::set<Channel> set_up = {};  // channels that there is a provider for
    std::string run_id = {};
};

// Deliveries that share a fate. reason: empty where they are to be sent.
struct Tally {
    std::string kind;
    std::string channel;  // empty: none was chosen
    std::string reason;
    std::int64_t deliveries = 0;
};

// To the one that is like it.
void add(std::vector<Tally>& tallies, const Tally& more);

struct Plan {
    std::vector<Tally> tallies;
    std::int64_t waiting = 0;  // in the outbox before, of these kinds and this user
    std::int64_t last = 0;     // notification in it now
    std::vector<std::string> unknown_categories;  // of preferences
    std::int64_t to_send() const;
};

// One that would be sent.
struct PlannedMessage {
    std::string id;
    std::string user_id;
    std::string kind;
    Channel channel = Channel::push;
    std::string address;
    std::string locale;
    Values values;
    std::string phone;  // E.164; empty: none
    int ordinal = 1;    // of its notification's deliveries
    Instant expires_at;
};

// Writes the plan down, in one transaction under the lease; another planner is waited for.
// reader: a second connection, for the ranks of a month that is over.
// Throws Error: configuration for the zone.
Plan plan(postgres::Connection& postgres, postgres::Connection& reader, const jobs::Lease& lease,
          const Templates& templates, const PlanRequest& request);

// The same, and nothing is written: each that would be sent goes to on_message, the most urgent
// first.
Plan preview(postgres::Connection& postgres, postgres::Connection& reader,
             const Templates& templates, const PlanRequest& request,
             const std::function<void(const PlannedMessage&)>& on_message);

// The plan's temporary tables (sql/create_plan.sql) and views, in the caller's transaction, which
// is Connection::repeatable(). How many notifications fell due. Throws Error: data for a user who
// is not there.
std::int64_t work_out_plan(postgres::Connection& postgres, postgres::Connection& reader,
                           postgres::Transaction& transaction, const Templates& templates,
                           const PlanRequest& request);

// Deliveries of these kinds and this user that are still to be sent, or on their way, up to a
// notification; late: it is too late for some, or will be when they may go.
struct Open {
    std::int64_t deliveries = 0;
    bool are_some_late = false;
};
Open count_open(postgres::Transaction& transaction, const std::vector<const Kind*>& kinds,
                const std::string& only_user, std::int64_t last, Instant now);
inline constexpr auto any_notification = std::numeric_limits<std::int64_t>::max();

// Variables as they are stored.
Values parse_values(const std::string& json);

}  // namespace nightshift::notifications
