// The outbox as its dispatcher sees it: what came of deliveries is written down, and more are
// taken, in one transaction. Whoever takes one has it under a lease of two minutes by the
// database's clock, and is about to send it: a row is either pending or may have arrived.
//
// What costs money is reserved in the transaction that takes it, and given back in the one that
// writes down that it was not spent.
#pragma once

#include "base/money.hpp"
#include "jobs/lease.hpp"
#include "notifications/compose.hpp"
#include "notifications/plan.hpp"
#include "notifications/provider.hpp"
#include "postgres/connection.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nightshift::notifications {

struct OutboxOptions {
    std::string run_id;  // and the lease's token
    std::string default_zone = "UTC";
    std::vector<const Kind*> kinds = {};  // empty: all
    int min_due = 5;
    std::string only_user = {};
    std::optional<std::vector<std::string>> allowed = {};
    std::optional<Money> budget = {};  // of a UTC day; none: what costs anything is not sent
    int most_retries = 20;
    bool has_email = false;  // where devices are dead
};

// Of a delivery: 123.1.
struct Key {
    std::int64_t number = 0;
    int ordinal = 0;
    std::string text() const { return std::to_string(number) + "." + std::to_string(ordinal); }
    auto operator<=>(const Key&) const = default;
};

// Taken, and ready to be sent.
struct Taken {
    Key key;
    Outgoing message;
    Quote quote;
    Money saved;
    int retries = 0;
};

// What came of one.
struct Result {
    Taken taken;
    std::string provider;
    Receipt receipt;
    std::optional<Instant> retry_at = {};  // of a retry and a config
};

// Where a channel's deliveries stand in line: the most urgent first, then those that fell due
// first.
struct Position {
    int priority = 0;
    Instant not_before = earliest_instant;
    Key key;
    auto operator<=>(const Position&) const = default;
};

struct Wish {
    Channel channel = Channel::push;
    std::string provider;
    int most = 0;
    Position after = {};  // those before have been taken, or left to others
};

struct Exchange {
    std::vector<Result> results = {};
    std::vector<Taken> unsent = {};  // taken before, to be given back
    std::vector<Wish> wishes = {};
    bool must_renew = false;  // what is on the wire is to stay ours
    // After a failure: all that the caller has; what else was taken for it goes back.
    std::optional<std::vector<Key>> held = {};
    Instant now = {};
    Instant patience_until = {};
};

struct Exchanged {
    std::map<Channel, std::vector<Taken>> taken;
    std::map<Channel, int> looked_at;     // also those that were skipped, or put off
    std::map<Channel, Position> last;     // of these
    std::map<Channel, Instant> next_due;  // where fewer were taken than wished for
    std::vector<Tally> ended;             // by state, or by reason where it was skipped
    std::int64_t added = 0;               // fallbacks
    std::int64_t of_others = 0;           // of those that ended: planned by later runs
    Money spent;                          // by what was accepted, or may have been
    std::vector<std::string> unpriced;    // items: sms/KE
};

// Out of a UTC day's budget; false: it would go over.
bool reserve(postgres::Transaction& transaction, Instant now, Money cost,
             const std::string& currency, Money budget);

// Gives back what was reserved so and not spent.
void give_back(postgres::Transaction& transaction, Instant reserved_at, Money cost);

class Outbox {
  public:
    // composer must outlive it. Used by one thread at a time.
    Outbox(jobs::Connect connect, const Composer& composer, OutboxOptions options);

    // Once, before all: what other processes left on the wire is unknown, what is late expires.
    // On a connection that a stop may end.
    std::vector<Tally> tidy_up(postgres::Connection& postgres, Instant now) const;
    // What this run's own plan ends with; deliveries of later ones are others', though it sends
    // them.
    void set_last(std::int64_t notification) { last_ = notification; }
    // At the end of a run, of its own plan and what was there before: what cannot be said in time
    // any more, and how many are still pending or sending.
    struct Left {
        std::vector<Tally> expired;
        std::int64_t deliveries = 0;
    };
    Left wind_up(Instant now);
    // One transaction; then devices that are gone are disabled, each time in one of its own, as
    // the app's own triggers may refuse that. Safe to repeat after it failed.
    Exchanged exchange(const Exchange& exchange);
    // After a failure, which the connection may not have survived.
    void reconnect();

  private:
    void record(postgres::Transaction& transaction, const Exchange& exchange, Exchanged& exchanged);
    void release(postgres::Transaction& transaction, const Exchange& exchange);
    void release_strays(postgres::Transaction& transaction, const std::vector<Key>& held);
    void take(postgres::Transaction& transaction, const Wish& wish,
              const std::set<std::string>& paused, Instant now, Exchanged& exchanged);
    pqxx::result claim(postgres::Transaction& transaction, const Wish& wish,
                       const std::set<std::string>& paused, Instant now);
    std::set<std::int64_t> no_longer_due(postgres::Transaction& transaction,
                                         const pqxx::result& claimed, Instant now);
    void note(postgres::Transaction& transaction, const std::vector<Taken>& taken, Instant now);
    void fall_back(postgres::Transaction& transaction, const std::set<std::int64_t>& numbers,
                   Instant now, Exchanged& exchanged);
    void disable_devices(const std::vector<Result>& results, Instant now);
    std::vector<Tally> expire(postgres::Transaction& transaction, Instant now,
                              std::int64_t last) const;
    void end(Exchanged& exchanged, const Key& key, const Tally& tally) const;
    std::optional<std::string> only_user() const;

    jobs::Connect connect_;
    std::unique_ptr<postgres::Connection> postgres_;
    const Composer& composer_;
    OutboxOptions options_;
    std::int64_t last_ = any_notification;
    std::string kinds_;       // JSON
    std::string kind_names_;  // an array, of those that may go
    std::vector<std::string> names_;
    std::string categories_;  // an array, of all
    std::string session_;     // of the transaction at hand
};

}  // namespace nightshift::notifications
