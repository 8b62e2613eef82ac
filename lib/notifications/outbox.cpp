#include "notifications/outbox.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "notifications/history.hpp"
#include "notifications/outbox_rows.hpp"
#include "notifications/sql.hpp"
#include "postgres/array_text.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace nightshift::notifications {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

bool is_spent(Class outcome) { return outcome == Class::accepted || outcome == Class::unknown; }

// The arrays of record.sql.
postgres::Parameters columns_of(const std::vector<Result>& results) {
    postgres::ArrayText numbers, ordinals, classes, providers, codes, whys, provider_ids, items,
        units, costs, retry_ats, latencies, saved;
    for (const auto& [taken, provider, receipt, retry_at] : results) {
        const auto& address = taken.message.address;
        numbers.add(taken.key.number);
        ordinals.add(taken.key.ordinal);
        classes.add(name(receipt.outcome));
        providers.add(provider);
        codes.add_or_null(told(receipt.code, address));
        whys.add_or_null(told(receipt.why, address));
        provider_ids.add_or_null(told(receipt.provider_id, {}));
        items.add(taken.quote.item);
        units.add(taken.quote.units);
        costs.add_or_null(is_spent(receipt.outcome)
                              ? format_money(taken.quote.cost.value_or(Money{}))
                              : std::string{});
        retry_ats.add_or_null(retry_at ? postgres::parameter(*retry_at) : std::string{});
        latencies.add(receipt.took.count());
        saved.add_or_null(receipt.outcome == Class::accepted && taken.saved > Money{}
                              ? format_money(taken.saved)
                              : std::string{});
    }
    return {numbers.take(),   ordinals.take(),     classes.take(), providers.take(), codes.take(),
            whys.take(),      provider_ids.take(), items.take(),   units.take(),     costs.take(),
            retry_ats.take(), latencies.take(),    saved.take()};
}

}  // namespace

Outbox::Outbox(jobs::Connect connect, const Composer& composer, OutboxOptions options)
    : connect_{std::move(connect)},
      postgres_{connect_()},
      composer_{composer},
      options_{std::move(options)} {
    options_.kinds = all_or(options_.kinds);
    Json kinds_json = Json::array();
    for (const auto* kind : options_.kinds) {
        names_.push_back(kind->name);
        kinds_json.push_back({{"kind", kind->name},
                              {"category", kind->category},
                              {"is_chosen", kind->learner_has_say}});
    }
    std::set<std::string> categories{"all"};
    for (const auto& kind : kinds()) categories.insert(kind.category);
    kinds_ = kinds_json.dump();
    kind_names_ = array_of(names_);
    categories_ = array_of({categories.begin(), categories.end()});
}

void Outbox::reconnect() { postgres_ = connect_(); }

std::optional<std::string> Outbox::only_user() const {
    return options_.only_user.empty() ? std::nullopt : std::optional{options_.only_user};
}

std::vector<Tally> Outbox::tidy_up(postgres::Connection& postgres, Instant now) const {
    std::vector<Tally> ended;
    const auto at = postgres::parameter(now);
    postgres.transaction("looking after the outbox", [&](auto& transaction) {
        for (const auto& row :
             postgres::exec(transaction, sql::recover, {at, options_.run_id, only_user()})) {
            // Of other kinds than this run's, too; they are none of its deliveries.
            const std::string kind = row["kind"].c_str();
            if (std::find(names_.begin(), names_.end(), kind) == names_.end()) continue;
            add(ended, {kind, row["channel"].c_str(), "unknown",
                        row["deliveries"].template as<std::int64_t>()});
        }
        for (const auto& each : expire(transaction, now, any_notification)) add(ended, each);
    });
    return ended;
}

std::vector<Tally> Outbox::expire(postgres::Transaction& transaction, Instant now,
                                  std::int64_t last) const {
    std::vector<Tally> ended;
    for (const auto& row :
         postgres::exec(transaction, sql::expire,
                        {postgres::parameter(now), kind_names_, only_user(), std::to_string(last)}))
        add(ended, {row["kind"].c_str(), row["channel"].c_str(), "expired",
                    row["deliveries"].as<std::int64_t>()});
    return ended;
}

Outbox::Left Outbox::wind_up(Instant now) {
    return postgres_->transaction("looking at what is left", [&](auto& transaction) {
        const auto open = count_open(transaction, options_.kinds, options_.only_user, last_, now);
        if (!open.are_some_late) return Left{{}, open.deliveries};
        auto expired = expire(transaction, now, last_);
        return Left{
            std::move(expired),
            count_open(transaction, options_.kinds, options_.only_user, last_, now).deliveries};
    });
}

void Outbox::end(Exchanged& exchanged, const Key& key, const Tally& tally) const {
    add(exchanged.ended, tally);
    if (key.number > last_) exchanged.of_others += tally.deliveries;
}

Exchanged Outbox::exchange(const Exchange& exchange) {
    const auto now = exchange.now;
    auto exchanged = postgres_->transaction("exchanging with the outbox", [&](auto& transaction) {
        // By the indexes, whatever the tables' statistics say: they have just been filled.
        const auto here = transaction.exec(
            "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off; "
            "SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; "
            "SET LOCAL enable_bitmapscan = off; SET LOCAL lock_timeout = '15s'; "
            "SELECT pg_backend_pid() AS session, (SELECT coalesce(json_agg(what), '[]') "
            "FROM nightshift.notification_pauses) AS paused")[0];
        session_ = here["session"].c_str();
        const std::set<std::string> paused = Json::parse(here["paused"].c_str());
        Exchanged made;
        if (exchange.must_renew) postgres::exec(transaction, sql::renew, {options_.run_id});
        if (exchange.held) release_strays(transaction, *exchange.held);
        release(transaction, exchange);
        record(transaction, exchange, made);
        for (const auto& wish : exchange.wishes) {
            if (paused.contains(everything) || paused.contains(wish.provider)) continue;
            take(transaction, wish, paused, now, made);
            if (made.looked_at[wish.channel] >= wish.most) continue;
            const auto next = postgres::exec(
                transaction, sql::next_due,
                {std::string{name(wish.channel)}, postgres::parameter(now),
                 postgres::parameter(exchange.patience_until), kind_names_, only_user()})[0][0];
            if (!next.is_null()) made.next_due[wish.channel] = postgres::instant_column(next);
        }
        return made;
    });
    disable_devices(exchange.results, now);
    return exchanged;
}

void Outbox::record(postgres::Transaction& transaction, const Exchange& exchange,
                    Exchanged& exchanged) {
    if (exchange.results.empty()) return;
    std::map<Key, const Result*> by_key;
    for (const auto& each : exchange.results) by_key[each.taken.key] = &each;
    const auto at = postgres::parameter(exchange.now);
    postgres::Parameters parameters{options_.run_id, at, std::to_string(options_.most_retries),
                                    composer_.currency()};
    std::ranges::move(columns_of(exchange.results), std::back_inserter(parameters));
    Json reservations = Json::array();
    Json suppressed = Json::array();
    std::set<std::int64_t> lost;
    for (const auto& row :
         postgres_->exec_planned(transaction, session_, sql::record, parameters)) {
        const Key key{row[0].as<std::int64_t>(), row[1].as<int>()};
        const auto& [taken, provider, receipt, retry_at] = *by_key.at(key);
        const auto& message = taken.message;
        const auto cost = taken.quote.cost.value_or(Money{});
        if (cost > Money{}) {
            auto json = json_of(key);
            json["is_spent"] = is_spent(receipt.outcome);
            reservations.push_back(json);
        }
        if (is_spent(receipt.outcome)) exchanged.spent = exchanged.spent + cost;
        const bool is_gone = receipt.outcome == Class::dead || receipt.outcome == Class::suppressed;
        if (is_gone && message.channel == Channel::push) lost.insert(key.number);
        if (is_gone && (message.channel != Channel::push || receipt.outcome == Class::suppressed))
            suppressed.push_back({{"channel", name(message.channel)},
                                  {"address", message.address},
                                  {"reason", name(receipt.outcome)},
                                  {"evidence", provider + " " + receipt.code}});
        const std::string state = row[2].c_str();
        if (state != "pending")
            end(exchanged, key, {message.kind, std::string{name(message.channel)}, state, 1});
    }
    if (!reservations.empty())
        postgres::exec(transaction, sql::settle_reservations, {reservations.dump()});
    if (!suppressed.empty()) postgres::exec(transaction, sql::suppress, {dumped(suppressed), at});
    fall_back(transaction, lost, exchange.now, exchanged);
}

void Outbox::fall_back(postgres::Transaction& transaction, const std::set<std::int64_t>& numbers,
                       Instant now, Exchanged& exchanged) {
    if (numbers.empty()) return;
    for (const auto& row : postgres::exec(
             transaction, sql::add_fallbacks,
             {numbers_of(numbers), postgres::parameter(now), options_.has_email ? "t" : "f"})) {
        exchanged.added += 1;
        if (std::string{row["state"].c_str()} == "skipped")
            add(exchanged.ended, {row["kind"].c_str(), "email", row["reason"].c_str(), 1});
    }
}

void Outbox::disable_devices(const std::vector<Result>& results, Instant now) {
    Json gone = Json::array();
    for (const auto& each : results) {
        if (each.receipt.outcome == Class::dead && each.taken.message.channel == Channel::push)
            gone.push_back({{"address", each.taken.message.address},
                            {"evidence", each.provider + " " + each.receipt.code}});
    }
    if (gone.empty()) return;
    try {
        postgres_->transaction("disabling devices", [&](auto& transaction) {
            transaction.exec("SET LOCAL lock_timeout = '1s'");  // messages wait meanwhile
            postgres::as_the_app_writes(transaction, [&] {
                postgres::exec(transaction, sql::disable_tokens,
                               {dumped(gone), postgres::parameter(now)});
            });
        });
    } catch (const Error& error) {
        log::warning("devices that are gone stay in public.device_tokens, and are tried again",
                     {{"why", error.cause},
                      {"fix",
                       "let this role update disabled_at and "
                       "disabled_reason there"}});
    }
}

bool reserve(postgres::Transaction& transaction, Instant now, Money cost,
             const std::string& currency, Money budget) {
    return !postgres::exec(transaction, sql::reserve,
                           {day_of(now), format_money(cost), currency, format_money(budget)})
                .empty();
}

void give_back(postgres::Transaction& transaction, Instant reserved_at, Money cost) {
    postgres::exec(transaction, sql::give_back, {day_of(reserved_at), format_money(cost)});
}

void Outbox::release_strays(postgres::Transaction& transaction, const std::vector<Key>& held) {
    Json known = Json::array();
    for (const auto& key : held) known.push_back(notifications::json_of(key));
    Json strays = Json::array();
    for (const auto& row :
         postgres::exec(transaction, sql::release_strays, {known.dump(), options_.run_id})) {
        auto json =
            notifications::json_of(Key{row["number"].as<std::int64_t>(), row["ordinal"].as<int>()});
        json["is_spent"] = false;
        strays.push_back(json);
    }
    if (!strays.empty()) postgres::exec(transaction, sql::settle_reservations, {strays.dump()});
}

void Outbox::release(postgres::Transaction& transaction, const Exchange& exchange) {
    if (exchange.unsent.empty()) return;
    Json all = Json::array();
    for (const auto& each : exchange.unsent) {
        auto json = json_of(each.key);
        json["is_spent"] = false;
        all.push_back(json);
    }
    postgres::exec(transaction, sql::release,
                   {all.dump(), options_.run_id, postgres::parameter(exchange.now + 1s)});
    postgres::exec(transaction, sql::settle_reservations, {all.dump()});
}

}  // namespace nightshift::notifications
