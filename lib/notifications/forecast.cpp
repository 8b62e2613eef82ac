#include "notifications/forecast.hpp"

#include "base/error.hpp"
#include "notifications/sql.hpp"

#include <set>

namespace nightshift::notifications {
namespace {

constexpr std::size_t samples_of_each = 2;

class Tallies {
  public:
    void add(const std::string& kind, const std::string& channel, const std::string& reason,
             std::int64_t deliveries) {
        counts_[{kind, channel, reason}] += deliveries;
    }
    std::vector<Tally> all() const {
        std::vector<Tally> list;
        for (const auto& [key, deliveries] : counts_)
            list.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), deliveries});
        return list;
    }

  private:
    std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> counts_;
};

}  // namespace

Money spent_on(postgres::Transaction& transaction, Instant day, const std::string& currency) {
    const auto date = format_instant(day).substr(0, 10);
    const auto rows = postgres::exec(
        transaction,
        "SELECT amount, currency FROM nightshift.message_spending WHERE day = $1::date", {date});
    if (rows.empty()) return {};
    if (rows[0]["currency"].c_str() != currency) {
        throw Error{Failure::configuration,
                    "the price book is in " + currency + ", and messages of " + date +
                        " were charged in " + rows[0]["currency"].c_str(),
                    "a day's budget has one currency",
                    "use the other price book until the day has ended in UTC"};
    }
    return parse_money(rows[0]["amount"].c_str()).value_or(Money{});
}

Forecast forecast(postgres::Connection& postgres, postgres::Connection& reader,
                  const Templates& templates, const Composer& composer, const PlanRequest& request,
                  std::optional<Money> budget) {
    Forecast forecast;
    forecast.budget = budget;
    Tallies tallies;
    std::map<std::pair<std::string, std::string>, std::set<std::string>> sampled;
    forecast.spent = postgres.transaction("reading what was spent", [&](auto& transaction) {
        return spent_on(transaction, request.as_of, composer.currency());
    });
    const auto left = budget.value_or(Money{}) - forecast.spent;
    const auto look = [&](const PlannedMessage& each) {
        const std::string channel{name(each.channel)};
        const auto say = [&](const std::string& reason) {
            tallies.add(each.kind, channel, reason, 1);
        };
        Composed composed;
        try {
            composed = composer.compose({.kind = each.kind,
                                         .channel = each.channel,
                                         .locale = each.locale,
                                         .values = each.values,
                                         .address = each.address,
                                         .phone = each.phone,
                                         .ordinal = each.ordinal});
        } catch (const Error& error) {
            forecast.wrong.emplace(error.what(), error.cause);
            return say("rejected");
        }
        if (!composed.quote.cost) return say("unpriced");
        if (*composed.quote.cost > Money{} && forecast.cost + *composed.quote.cost > left)
            return say("over budget");
        say("eligible");
        forecast.eligible += 1;
        forecast.cost = forecast.cost + *composed.quote.cost;
        forecast.saved = forecast.saved + composed.saved;
        auto& item = forecast.items[composed.quote.item];
        item.messages += 1;
        item.units += composed.quote.units;
        item.cost = item.cost + *composed.quote.cost;
        auto& shown = sampled[{each.kind, channel}];
        if (shown.size() < samples_of_each && shown.insert(each.user_id).second)
            forecast.samples.push_back({each, composed.message, composed.quote});
    };
    const auto plan = preview(postgres, reader, templates, request, look);
    for (const auto& each : plan.tallies) {
        if (!each.reason.empty())
            tallies.add(each.kind, each.channel, each.reason, each.deliveries);
    }
    forecast.tallies = tallies.all();
    forecast.waiting = plan.waiting;
    forecast.unknown_categories = plan.unknown_categories;
    return forecast;
}

}  // namespace nightshift::notifications
