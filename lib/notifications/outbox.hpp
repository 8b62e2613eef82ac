// The outbox as its dispatcher sees it: what came of deliveries is written down, and more are
// taken, in one transaction. Whoever takes one has it under a lease of two minutes by the
// database's clock; what was taken goes on the wire at once, so that a row is either pending or may
// have arrived.
#pragma once

#include "base/money.hpp"
#include "notifications/compose.hpp"
#include "notifications/plan.hpp"
#include "notifications/provider.hpp"
#include "postgres/connection.hpp"

#include <map>
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
    int most_retries = 5;
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

struct Exchanged {
    std::map<Channel, std::vector<Taken>> taken;
    std::map<Channel, int> looked_at;     // also those that were skipped, or put off
    std::map<Channel, Position> last;     // of these
    std::map<Channel, Instant> next_due;  // where fewer were taken than wished for
    std::vector<Tally> ended;             // by state, or by reason where it was skipped
    std::int64_t put_off = 0;             // to the end of quiet hours
    std::int64_t added = 0;               // fallbacks
    Money spent;                          // by what was accepted, or may have been
    std::vector<std::string> unpriced;    // items: sms/KE
};

// Out of a UTC day's budget; false: it would go over.
bool reserve(postgres::Transaction& transaction, Instant now, Money cost,
             const std::string& currency, Money budget);

class Outbox {
  public:
    // composer must outlive it. Its connection is for it alone, and used by one thread at a time.
    Outbox(postgres::Connection& postgres, const Composer& composer, OutboxOptions options);

    // Once, before all: what other processes left on the wire is unknown, what is late expires.
    std::vector<Tally> tidy_up(Instant now);
    // Pending and sending.
    std::int64_t open();
    // One transaction.
    Exchanged exchange(const std::vector<Result>& results, const std::vector<Wish>& wishes,
                       Instant now, Instant patience_until);
    // Gives back what was taken and not sent.
    void release(const std::vector<Taken>& taken, Instant not_before);
    // Keeps what is on the wire ours.
    void renew();

  private:
    void record(postgres::Transaction& transaction, const std::vector<Result>& results, Instant now,
                Exchanged& exchanged);
    void take(postgres::Transaction& transaction, const Wish& wish,
              const std::set<std::string>& paused, Instant now, Exchanged& exchanged);
    bool can_pay(postgres::Transaction& transaction, const Quote& quote, Instant now);

    postgres::Connection& postgres_;
    const Composer& composer_;
    OutboxOptions options_;
    std::string kinds_;       // JSON
    std::string kind_names_;  // JSON, of those that may go
    std::vector<std::string> names_;
    std::string categories_;  // an array, of all
    std::string session_;     // of the transaction at hand
};

}  // namespace nightshift::notifications
