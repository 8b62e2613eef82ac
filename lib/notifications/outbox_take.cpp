// How the outbox gives deliveries out: each is claimed, looked at once more, made a text of and
// paid for, all in the caller's transaction.
#include "base/error.hpp"
#include "notifications/history.hpp"
#include "notifications/outbox.hpp"
#include "notifications/outbox_rows.hpp"
#include "notifications/sql.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace nightshift::notifications {
namespace {

using Json = nlohmann::json;

// Of one that was claimed: what is to be sent, or why it is not after all.
struct Considered {
    std::optional<Taken> taken = {};
    std::string state = {};  // rejected, skipped
    std::string reason = {};
    std::string item = {};  // that has no price
};

// The columns of claim.sql, looked up once for many rows.
struct Columns {
    explicit Columns(const pqxx::result& claimed) : rows{claimed} {}
    const pqxx::result& rows;
    int notification_id = at("notification_id");
    int ordinal = at("ordinal");
    int retries = at("retries");
    int state = at("state");
    int reason = at("reason");
    int user_id = at("user_id");
    int kind = at("kind");
    int occasion = at("occasion");
    int category = at("category");
    int locale = at("locale");
    int variables = at("variables");
    int address = at("address");
    int phone = at("phone");
    int priority = at("priority");
    int not_before = at("not_before");
    int expires_at = at("expires_at");

    int at(const char* name) const { return static_cast<int>(rows.column_number(name)); }
    Key key_of(const pqxx::row& row) const {
        return {row[notification_id].as<std::int64_t>(), row[ordinal].as<int>()};
    }
};

bool costs(const Quote& quote) { return quote.cost.value_or(Money{}) > Money{}; }

// The text is made, and what it costs reserved.
Considered consider(const pqxx::row& row, const Columns& at, Channel channel,
                    const Composer& composer, Instant now,
                    const std::function<bool(Money)>& can_pay) {
    const auto key = at.key_of(row);
    const std::string kind = row[at.kind].c_str();
    Composed composed;
    try {
        composed = composer.compose({.kind = kind,
                                     .channel = channel,
                                     .locale = row[at.locale].c_str(),
                                     .values = parse_values(row[at.variables].c_str()),
                                     .address = row[at.address].c_str(),
                                     .phone = postgres::optional_text(row[at.phone]).value_or(""),
                                     .ordinal = key.ordinal});
    } catch (const Error& error) {
        return {{}, "rejected", std::string{error.what()} + ": " + error.cause};
    }
    const auto& quote = composed.quote;
    if (!quote.cost) return {{}, "skipped", "unpriced", quote.item};
    if (costs(quote) && !can_pay(*quote.cost)) return {{}, "skipped", "over budget"};
    return {Taken{.key = key,
                  .message = {.id = key.text(),
                              .user_id = row[at.user_id].c_str(),
                              .kind = kind,
                              .category = row[at.category].c_str(),
                              .occasion = row[at.occasion].c_str(),
                              .priority = find_kind(kind)->priority,
                              .channel = channel,
                              .address = row[at.address].c_str(),
                              .message = std::move(composed.message),
                              .now = now,
                              .expires_at = postgres::instant_column(row[at.expires_at])},
                  .quote = quote,
                  .saved = composed.saved,
                  .retries = row[at.retries].as<int>()}};
}

Json reservation_of(const Taken& taken) {
    auto json = json_of(taken.key);
    json["item"] = taken.quote.item;
    json["units"] = taken.quote.units;
    json["cost"] = format_money(*taken.quote.cost);
    return json;
}

}  // namespace

pqxx::result Outbox::claim(postgres::Transaction& transaction, const Wish& wish,
                           const std::set<std::string>& paused, Instant now) {
    std::vector<std::string> may_go;
    std::copy_if(names_.begin(), names_.end(), std::back_inserter(may_go),
                 [&paused](const std::string& kind) { return !paused.contains(kind); });
    const auto& after = wish.after;
    return postgres_->exec_planned(
        transaction, session_, sql::claim,
        {std::string{name(wish.channel)}, std::to_string(wish.most), postgres::parameter(now),
         options_.run_id, kinds_, only_user(), options_.default_zone,
         options_.allowed ? std::optional{array_of(*options_.allowed)} : std::nullopt,
         array_of(may_go), categories_, std::to_string(after.priority),
         postgres::parameter(after.not_before), std::to_string(after.key.number),
         std::to_string(after.key.ordinal)});
}

// Each kind looks at its own once more: what it was due for may have passed meanwhile.
std::set<std::int64_t> Outbox::no_longer_due(postgres::Transaction& transaction,
                                             const pqxx::result& claimed, Instant now) {
    const Columns at{claimed};
    std::map<std::string, std::set<std::int64_t>> by_kind;
    for (const auto& row : claimed) {
        if (std::string{row[at.state].c_str()} == "sending")
            by_kind[row[at.kind].c_str()].insert(row[at.notification_id].as<std::int64_t>());
    }
    const Json holds{{"now", format_instant(now)}, {"min_due", options_.min_due}};
    std::set<std::int64_t> passed;
    for (const auto& [kind, numbers] : by_kind) {
        const auto sql = find_kind(kind)->no_longer_due;
        if (sql.empty()) continue;
        for (const auto& row : postgres_->exec_planned(transaction, session_, sql,
                                                       {numbers_of(numbers), holds.dump()}))
            passed.insert(row["number"].as<std::int64_t>());
    }
    return passed;
}

// Whoever else would tell it learns that it is told.
void Outbox::note(postgres::Transaction& transaction, const std::vector<Taken>& taken,
                  Instant now) {
    std::map<std::string, std::set<std::int64_t>> by_kind;
    for (const auto& each : taken) by_kind[each.message.kind].insert(each.key.number);
    for (const auto& [kind, numbers] : by_kind) {
        if (const auto sql = find_kind(kind)->note; !sql.empty())
            postgres_->exec_planned(transaction, session_, sql,
                                    {numbers_of(numbers), postgres::parameter(now)});
    }
}

void Outbox::take(postgres::Transaction& transaction, const Wish& wish,
                  const std::set<std::string>& paused, Instant now, Exchanged& exchanged) {
    const auto claimed = claim(transaction, wish, paused, now);
    const Columns at{claimed};
    const auto passed = no_longer_due(transaction, claimed, now);
    const auto can_pay = [&](Money cost) {
        return options_.budget &&
               reserve(transaction, now, cost, composer_.currency(), *options_.budget);
    };
    const std::string channel{name(wish.channel)};
    auto& taken = exchanged.taken[wish.channel];
    auto& last = exchanged.last[wish.channel];
    Json unsent = Json::array();
    Json reservations = Json::array();
    std::set<std::int64_t> lost;  // whose devices are
    for (const auto& row : claimed) {
        const auto key = at.key_of(row);
        last = std::max(last, Position{row[at.priority].as<int>(),
                                       postgres::instant_column(row[at.not_before]), key});
        const std::string kind = row[at.kind].c_str();
        if (const std::string reason = row[at.reason].c_str(); !reason.empty()) {
            if (reason == "stale token") lost.insert(key.number);
            end(exchanged, key, {kind, channel, reason, 1});
            continue;
        }
        if (std::string{row[at.state].c_str()} == "pending") continue;  // put off
        auto it = passed.contains(key.number)
                      ? Considered{{}, "skipped", "no longer due"}
                      : consider(row, at, wish.channel, composer_, now, can_pay);
        if (!it.taken) {
            if (!it.item.empty()) exchanged.unpriced.push_back(it.item);
            auto json = json_of(key);
            json["state"] = it.state;
            json["reason"] = it.reason;
            unsent.push_back(json);
            end(exchanged, key, {kind, channel, it.state == "rejected" ? it.state : it.reason, 1});
            continue;
        }
        if (costs(it.taken->quote)) reservations.push_back(reservation_of(*it.taken));
        taken.push_back(std::move(*it.taken));
    }
    exchanged.looked_at[wish.channel] = static_cast<int>(claimed.size());
    if (!unsent.empty())
        postgres::exec(transaction, sql::settle_unsent,
                       {dumped(unsent), options_.run_id, postgres::parameter(now)});
    if (!reservations.empty())
        postgres::exec(transaction, sql::note_reservations,
                       {reservations.dump(), day_of(now), wish.provider, composer_.currency()});
    note(transaction, taken, now);
    fall_back(transaction, lost, now, exchanged);
}

}  // namespace nightshift::notifications
