#include "notifications/history.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "notifications/kinds.hpp"
#include "notifications/sql.hpp"

namespace nightshift::notifications {
namespace {

constexpr int pruned_at_once = 5000;

void erase(postgres::Transaction& transaction, const std::string& ids) {
    postgres::exec(transaction, sql::sum_up, {ids});
    postgres::exec(transaction, sql::delete_notifications, {ids});
}

}  // namespace

void require_user_id(postgres::Connection& postgres, const std::string& user_id) {
    try {
        postgres.snapshot("reading a user's id", [&](auto& transaction) {
            postgres::exec(transaction, "SELECT $1::text::nightshift.user_id", {user_id});
        });
    } catch (const Error& error) {
        if (error.failure != Failure::data) throw;
        throw Error{Failure::data, "no user can have the id " + excerpt(user_id),
                    "public.users.id is of another type", "give the id as users.id has it"};
    }
}

std::vector<std::string> states_and_reasons() {
    return {"pending",       "sending",     "accepted",
            "unknown",       "rejected",    "dead",
            "suppressed",    "failed",      "skipped",
            "opted out",     "no address",  "stale token",
            "quiet hours",   "not set up",  "expired",
            "no longer due", "collapsed",   "cancelled",
            "unpriced",      "over budget", "not on the allow-list"};
}

std::vector<Delivery> deliveries(postgres::Connection& postgres, const DeliveryFilter& filter) {
    if (filter.user_id) require_user_id(postgres, *filter.user_id);
    return postgres.snapshot("reading the outbox", [&](auto& transaction) {
        std::vector<Delivery> all;
        for (const auto& row : postgres::exec(
                 transaction, sql::list_deliveries,
                 {filter.state, filter.kind, filter.user_id, std::to_string(filter.limit)})) {
            const auto text = [&row](const char* name) { return std::string{row[name].c_str()}; };
            all.push_back({.id = text("id"),
                           .user_id = text("user_id"),
                           .kind = text("kind"),
                           .occasion = text("occasion"),
                           .channel = text("channel"),
                           .address = text("address"),
                           .state = text("state"),
                           .reason = text("reason"),
                           .planned_at = postgres::instant_column(row["planned_at"]),
                           .not_before = postgres::instant_column(row["not_before"]),
                           .expires_at = postgres::instant_column(row["expires_at"]),
                           .settled_at = postgres::optional_instant(row["settled_at"]),
                           .calls = row["calls"].template as<int>(),
                           .provider = text("provider"),
                           .outcome = text("class"),
                           .code = text("code"),
                           .why = text("why"),
                           .provider_id = text("provider_id"),
                           .cost = text("cost"),
                           .currency = text("currency")});
        }
        return all;
    });
}

std::vector<Reach> reach_of(postgres::Connection& postgres, const std::string& user_id) {
    require_user_id(postgres, user_id);
    return postgres.snapshot("reading how a user can be reached", [&](auto& transaction) {
        std::vector<Reach> all;
        for (const auto& row : postgres::exec(transaction, sql::reach_of_user, {user_id}))
            all.push_back({row["channel"].c_str(), row["address"].c_str(), row["state"].c_str()});
        return all;
    });
}

std::string wishes_of(postgres::Connection& postgres, const std::string& user_id) {
    require_user_id(postgres, user_id);
    return postgres.snapshot("reading what a user wants", [&](auto& transaction) {
        return std::string{
            postgres::exec(transaction, sql::wishes_of_user, {user_id})[0]["wishes"].c_str()};
    });
}

std::vector<std::string> pausable() {
    std::vector<std::string> all{everything};
    for (const auto& kind : kinds()) all.push_back(kind.name);
    for (const auto* provider : {"fcm", "twilio", "sendgrid", "smtp", "folder"})
        all.emplace_back(provider);
    return all;
}

std::vector<Pause> pauses(postgres::Connection& postgres) {
    return postgres.snapshot("reading what is paused", [](auto& transaction) {
        std::vector<Pause> all;
        for (const auto& row : postgres::exec(transaction, sql::pauses))
            all.push_back(
                {row["what"].c_str(), postgres::instant_column(row["since"]), row["by"].c_str()});
        return all;
    });
}

bool pause(postgres::Connection& postgres, const std::string& what, const std::string& by) {
    return postgres.transaction("pausing " + what, [&](auto& transaction) {
        return !postgres::exec(transaction, sql::pause, {what, by}).empty();
    });
}

bool resume(postgres::Connection& postgres, const std::string& what) {
    return postgres.transaction("resuming " + what, [&](auto& transaction) {
        return postgres::exec(transaction,
                              "DELETE FROM nightshift.notification_pauses WHERE what = $1::text",
                              {what})
                   .affected_rows() > 0;
    });
}

std::string obstacle_to(postgres::Connection& postgres, const std::string& provider,
                        Channel channel, const std::string& address) {
    for (const auto& each : pauses(postgres)) {
        if (each.what == everything || each.what == provider) return each.what + " is paused";
    }
    return postgres.snapshot("looking for an address", [&](auto& transaction) {
        const auto rows = postgres::exec(
            transaction,
            "SELECT reason, evidence FROM nightshift.suppressions WHERE channel = $1::text AND "
            "address = lower($2::text)",
            {std::string{name(channel)}, address});
        if (rows.empty()) return std::string{};
        return "it is " + std::string{rows[0]["reason"].c_str()} + " (" +
               rows[0]["evidence"].c_str() + ")";
    });
}

std::int64_t cancel(postgres::Connection& postgres, const CancelFilter& filter, Instant now) {
    if (filter.user_id) require_user_id(postgres, *filter.user_id);
    return postgres.transaction("cancelling deliveries", [&](auto& transaction) {
        return postgres::exec(transaction, sql::cancel,
                              {filter.id, filter.kind, filter.user_id,
                               postgres::parameter(now)})[0]["deliveries"]
            .template as<std::int64_t>();
    });
}

std::int64_t prune(postgres::Connection& postgres, Instant before) {
    std::int64_t pruned = 0;
    for (std::int64_t last = pruned_at_once; last == pruned_at_once; pruned += last) {
        last = postgres.transaction("pruning notifications", [&](auto& transaction) {
            // Another prune would add the same to the sums.
            transaction.exec("LOCK TABLE nightshift.quantities IN EXCLUSIVE MODE");
            const auto old =
                postgres::exec(transaction, sql::old_notifications,
                               {postgres::parameter(before), std::to_string(pruned_at_once)})[0];
            erase(transaction, old["ids"].c_str());
            return old["notifications"].template as<std::int64_t>();
        });
    }
    return pruned;
}

Forgotten forget(postgres::Connection& postgres, const std::string& user_id, bool force,
                 Instant now) {
    require_user_id(postgres, user_id);
    return postgres.transaction("forgetting a user", [&](auto& transaction) {
        transaction.exec("LOCK TABLE nightshift.quantities IN EXCLUSIVE MODE");
        // Nothing of it is taken from here on.
        postgres::exec(transaction, sql::cancel,
                       {std::nullopt, std::nullopt, user_id, postgres::parameter(now)});
        const auto row = postgres::exec(transaction, sql::notifications_of_user, {user_id})[0];
        if (row["still_stands"].template as<bool>() && !force) {
            throw Error{Failure::refused, "user " + excerpt(user_id) + " still stands",
                        "public.users has them, and what was said today would be said again",
                        "delete the user first, or give --force"};
        }
        if (row["on_their_way"].template as<std::int64_t>() > 0) {
            throw Error{Failure::busy, "something is on its way to user " + excerpt(user_id),
                        "its end is to be written down first", "try again in some minutes"};
        }
        const Forgotten forgotten{
            .notifications = row["notifications"].template as<std::int64_t>(),
            .suppressions_kept =
                postgres::exec(transaction, sql::suppressions_of, {row["ids"].c_str()})[0]["kept"]
                    .template as<std::int64_t>()};
        erase(transaction, row["ids"].c_str());
        return forgotten;
    });
}

}  // namespace nightshift::notifications
