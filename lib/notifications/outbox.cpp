#include "notifications/outbox.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "notifications/history.hpp"
#include "notifications/sql.hpp"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace nightshift::notifications {
namespace {

using Json = nlohmann::json;

// As Postgres reads an array of text.
std::string array_of(const std::vector<std::string>& texts) {
    std::string array;
    for (const auto& text : texts) {
        array += array.empty() ? "{\"" : ",\"";
        for (const char c : text)
            array += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
        array += '"';
    }
    return array.empty() ? "{}" : array + "}";
}

std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const Key& key) { return {{"number", key.number}, {"ordinal", key.ordinal}}; }

Json null_or(const std::string& text) { return text.empty() ? Json{} : Json(text); }

std::string day_of(Instant now) { return format_instant(now).substr(0, 10); }

// A provider's words may repeat the address.
std::string without(std::string words, const std::string& address) {
    for (auto at = words.find(address); !address.empty() && at != std::string::npos;
         at = words.find(address))
        words.replace(at, address.size(), masked(address));
    return words;
}

bool is_spent(Class outcome) { return outcome == Class::accepted || outcome == Class::unknown; }

Json json_of(const Result& result, const std::string& currency) {
    const auto& [taken, provider, receipt, retry_at] = result;
    auto json = json_of(taken.key);
    json["class"] = name(receipt.outcome);
    json["provider"] = provider;
    json["code"] = null_or(receipt.code);
    json["why"] = null_or(without(receipt.why, taken.message.address));
    json["provider_id"] = null_or(receipt.provider_id);
    json["item"] = taken.quote.item;
    json["units"] = taken.quote.units;
    json["latency_ms"] = receipt.took.count();
    if (is_spent(receipt.outcome)) {
        json["cost"] = format_money(taken.quote.cost.value_or(Money{}));
        json["currency"] = currency;
    }
    if (retry_at) json["retry_at"] = format_instant(*retry_at);
    return json;
}

// One of a notification's deliveries saves what an SMS would have cost; beside one none does.
bool stands_for_sms(const std::string& kind, Channel channel, const Key& key) {
    return channel == Channel::push ? key.ordinal == 1
                                    : find_kind(kind)->priority != Priority::high;
}

void add(std::vector<Tally>& tallies, const Tally& more) {
    const auto same = std::find_if(tallies.begin(), tallies.end(), [&more](const Tally& each) {
        return each.kind == more.kind && each.channel == more.channel && each.reason == more.reason;
    });
    if (same != tallies.end()) {
        same->deliveries += more.deliveries;
    } else {
        tallies.push_back(more);
    }
}

}  // namespace

Outbox::Outbox(postgres::Connection& postgres, const Composer& composer, OutboxOptions options)
    : postgres_{postgres}, composer_{composer}, options_{std::move(options)} {
    Json kinds_json = Json::array();
    Json names = Json::array();
    std::string categories;
    std::set<std::string> seen{"all"};
    for (const auto& kind : kinds()) {
        seen.insert(kind.category);
        const auto& chosen = options_.kinds;
        if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), &kind) == chosen.end())
            continue;
        names.push_back(kind.name);
        names_.push_back(kind.name);
        kinds_json.push_back({{"kind", kind.name},
                              {"category", kind.category},
                              {"is_chosen", kind.learner_has_say}});
    }
    for (const auto& each : seen) categories += (categories.empty() ? "{" : ",") + each;
    kinds_ = kinds_json.dump();
    kind_names_ = names.dump();
    categories_ = categories + "}";
}

std::vector<Tally> Outbox::tidy_up(Instant now) {
    std::vector<Tally> ended;
    const auto at = postgres::parameter(now);
    postgres_.transaction("looking after the outbox", [&](auto& transaction) {
        for (const auto& row : postgres::exec(transaction, sql::recover, {at, options_.run_id}))
            add(ended, {row["kind"].c_str(), row["channel"].c_str(), "unknown",
                        row["deliveries"].template as<std::int64_t>()});
        const auto only =
            options_.only_user.empty() ? std::nullopt : std::optional{options_.only_user};
        for (const auto& row : postgres::exec(transaction, sql::expire, {at, kind_names_, only}))
            add(ended, {row["kind"].c_str(), row["channel"].c_str(), "expired",
                        row["deliveries"].template as<std::int64_t>()});
    });
    return ended;
}

std::int64_t Outbox::open() {
    return postgres_.transaction("counting the outbox", [&](auto& transaction) {
        const auto only =
            options_.only_user.empty() ? std::nullopt : std::optional{options_.only_user};
        return postgres::exec(transaction, sql::count_open, {kind_names_, only})[0]["deliveries"]
            .template as<std::int64_t>();
    });
}

Exchanged Outbox::exchange(const std::vector<Result>& results, const std::vector<Wish>& wishes,
                           Instant now, Instant patience_until) {
    return postgres_.transaction("exchanging with the outbox", [&](auto& transaction) {
        // By the indexes, whatever the tables' statistics say: they have just been filled.
        const auto here = transaction.exec(
            "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off; "
            "SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; "
            "SET LOCAL enable_bitmapscan = off; "
            "SELECT pg_backend_pid() AS session, (SELECT coalesce(json_agg(what), '[]') "
            "FROM nightshift.notification_pauses) AS paused")[0];
        session_ = here["session"].c_str();
        const std::set<std::string> paused = Json::parse(here["paused"].c_str());
        Exchanged exchanged;
        record(transaction, results, now, exchanged);
        for (const auto& wish : wishes) {
            take(transaction, wish, paused, now, exchanged);
            if (exchanged.looked_at[wish.channel] >= wish.most) continue;
            const auto only =
                options_.only_user.empty() ? std::nullopt : std::optional{options_.only_user};
            const auto next = postgres::exec(
                transaction, sql::next_due,
                {std::string{name(wish.channel)}, postgres::parameter(now),
                 postgres::parameter(patience_until), kind_names_, only})[0]["next_due"];
            if (!next.is_null()) exchanged.next_due[wish.channel] = postgres::instant_column(next);
        }
        return exchanged;
    });
}

void Outbox::record(postgres::Transaction& transaction, const std::vector<Result>& results,
                    Instant now, Exchanged& exchanged) {
    if (results.empty()) return;
    Json all = Json::array();
    Json lost_tokens = Json::array();
    Json suppressed = Json::array();
    Json lost = Json::array();
    std::map<Key, const Result*> by_key;
    for (const auto& each : results) {
        const auto& message = each.taken.message;
        all.push_back(json_of(each, composer_.currency()));
        by_key[each.taken.key] = &each;
        const auto evidence = each.provider + " " + each.receipt.code;
        if (each.receipt.outcome == Class::dead && message.channel == Channel::push)
            lost_tokens.push_back({{"address", message.address}, {"evidence", evidence}});
        if (each.receipt.outcome == Class::suppressed ||
            (each.receipt.outcome == Class::dead && message.channel != Channel::push))
            suppressed.push_back({{"channel", name(message.channel)},
                                  {"address", message.address},
                                  {"reason", name(each.receipt.outcome)},
                                  {"evidence", evidence}});
        if (message.channel == Channel::push &&
            (each.receipt.outcome == Class::dead || each.receipt.outcome == Class::suppressed))
            lost.push_back({{"number", each.taken.key.number}});
        const auto cost = each.taken.quote.cost.value_or(Money{});
        if (is_spent(each.receipt.outcome)) {
            exchanged.spent = exchanged.spent + cost;
        } else if (cost > Money{}) {
            postgres::exec(transaction, sql::give_back, {day_of(now), format_money(cost)});
        }
    }
    const auto at = postgres::parameter(now);
    for (const auto& row : postgres_.exec_planned(
             transaction, session_, sql::record,
             {dumped(all), options_.run_id, at, std::to_string(options_.most_retries)})) {
        const Key key{row["notification_id"].as<std::int64_t>(), row["ordinal"].as<int>()};
        const std::string state = row["state"].c_str();
        if (state == "pending") continue;
        const auto& message = by_key.at(key)->taken.message;
        add(exchanged.ended, {message.kind, std::string{name(message.channel)}, state, 1});
    }
    if (!lost_tokens.empty()) {
        postgres::as_the_app_writes(transaction, [&] {
            postgres::exec(transaction, sql::disable_tokens, {dumped(lost_tokens), at});
        });
    }
    if (!suppressed.empty()) postgres::exec(transaction, sql::suppress, {dumped(suppressed), at});
    if (lost.empty()) return;
    for (const auto& row : postgres::exec(transaction, sql::add_fallbacks,
                                          {dumped(lost), at, options_.has_email ? "t" : "f"})) {
        exchanged.added += 1;
        if (std::string{row["state"].c_str()} != "skipped") continue;
        const auto number = row["notification_id"].as<std::int64_t>();
        const auto found = by_key.lower_bound(Key{number, 0});
        add(exchanged.ended,
            {found->second->taken.message.kind, "email", row["reason"].c_str(), 1});
    }
}

bool reserve(postgres::Transaction& transaction, Instant now, Money cost,
             const std::string& currency, Money budget) {
    return !postgres::exec(transaction, sql::reserve,
                           {day_of(now), format_money(cost), currency, format_money(budget)})
                .empty();
}

bool Outbox::can_pay(postgres::Transaction& transaction, const Quote& quote, Instant now) {
    if (*quote.cost == Money{}) return true;
    return options_.budget &&
           reserve(transaction, now, *quote.cost, composer_.currency(), *options_.budget);
}

void Outbox::take(postgres::Transaction& transaction, const Wish& wish,
                  const std::set<std::string>& paused, Instant now, Exchanged& exchanged) {
    if (paused.contains(everything) || paused.contains(wish.provider)) return;
    const auto optional = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional{text};
    };
    std::vector<std::string> names;
    std::copy_if(names_.begin(), names_.end(), std::back_inserter(names),
                 [&paused](const std::string& kind) { return !paused.contains(kind); });
    Json unsent = Json::array();
    auto& taken = exchanged.taken[wish.channel];
    const auto& after = wish.after;
    const auto rows = postgres_.exec_planned(
        transaction, session_, sql::claim,
        {std::string{name(wish.channel)}, std::to_string(wish.most), postgres::parameter(now),
         options_.run_id, kinds_, optional(options_.only_user), options_.default_zone,
         std::to_string(options_.min_due),
         options_.allowed ? std::optional{array_of(*options_.allowed)} : std::nullopt,
         array_of(names), categories_, std::to_string(after.priority),
         postgres::parameter(after.not_before), std::to_string(after.key.number),
         std::to_string(after.key.ordinal)});
    exchanged.looked_at[wish.channel] = static_cast<int>(rows.size());
    for (const auto& row : rows) {
        const Key key{row["notification_id"].as<std::int64_t>(), row["ordinal"].as<int>()};
        auto& last = exchanged.last[wish.channel];
        const Position here{row["priority"].as<int>(), postgres::instant_column(row["not_before"]),
                            key};
        last = std::max(last, here);
        const std::string kind = row["kind"].c_str();
        const std::string reason = row["reason"].c_str();
        const std::string channel{name(wish.channel)};
        if (!reason.empty()) {
            add(exchanged.ended, {kind, channel, reason, 1});
            continue;
        }
        if (std::string{row["state"].c_str()} == "pending") {
            ++exchanged.put_off;
            continue;
        }
        const auto values = parse_values(row["variables"].c_str());
        const auto leave = [&](const std::string& state, const std::string& why,
                               const std::string& said) {
            auto json = json_of(key);
            json["state"] = state;
            json["reason"] = why;
            unsent.push_back(json);
            add(exchanged.ended, {kind, channel, said, 1});
        };
        Composed composed;
        try {
            composed =
                composer_.compose({.kind = kind,
                                   .channel = wish.channel,
                                   .locale = row["locale"].c_str(),
                                   .values = values,
                                   .address = row["address"].c_str(),
                                   .phone = row["phone"].is_null() ? "" : row["phone"].c_str(),
                                   .is_first = stands_for_sms(kind, wish.channel, key)});
        } catch (const Error& error) {
            leave("rejected", std::string{error.what()} + ": " + error.cause, "rejected");
            continue;
        }
        if (!composed.quote.cost) {
            exchanged.unpriced.push_back(composed.quote.item);
            leave("skipped", "unpriced", "unpriced");
            continue;
        }
        if (!can_pay(transaction, composed.quote, now)) {
            leave("skipped", "over budget", "over budget");
            continue;
        }
        taken.push_back({.key = key,
                         .message = {.id = key.text(),
                                     .user_id = row["user_id"].c_str(),
                                     .kind = kind,
                                     .category = row["category"].c_str(),
                                     .occasion = row["occasion"].c_str(),
                                     .priority = find_kind(kind)->priority,
                                     .channel = wish.channel,
                                     .address = row["address"].c_str(),
                                     .message = std::move(composed.message),
                                     .now = now,
                                     .expires_at = postgres::instant_column(row["expires_at"])},
                         .quote = composed.quote,
                         .saved = composed.saved,
                         .retries = row["retries"].as<int>()});
    }
    if (!unsent.empty())
        postgres::exec(transaction, sql::settle_unsent,
                       {dumped(unsent), options_.run_id, postgres::parameter(now)});
}

void Outbox::release(const std::vector<Taken>& taken, Instant not_before) {
    if (taken.empty()) return;
    Json all = Json::array();
    for (const auto& each : taken) all.push_back(json_of(each.key));
    postgres_.transaction("giving deliveries back", [&](auto& transaction) {
        postgres::exec(transaction, sql::release,
                       {all.dump(), options_.run_id, postgres::parameter(not_before)});
        for (const auto& each : taken) {
            if (each.quote.cost.value_or(Money{}) > Money{})
                postgres::exec(transaction, sql::give_back,
                               {day_of(each.message.now), format_money(*each.quote.cost)});
        }
    });
}

void Outbox::renew() {
    postgres_.transaction("renewing the outbox's lease", [&](auto& transaction) {
        postgres::exec(transaction, sql::renew, {options_.run_id});
    });
}

}  // namespace nightshift::notifications
