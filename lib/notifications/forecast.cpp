#include "notifications/forecast.hpp"

#include "base/error.hpp"
#include "notifications/sql.hpp"

#include <algorithm>

namespace nightshift::notifications {
namespace {

constexpr int samples_of_each = 2;

class Tallies {
  public:
    void add(const std::string& kind, const std::string& channel, const std::string& reason,
             std::int64_t deliveries) {
        counts_[{kind, channel, reason}] += deliveries;
    }
    std::int64_t count(const std::string& kind, const std::string& channel,
                       const std::string& reason) const {
        const auto found = counts_.find({kind, channel, reason});
        return found == counts_.end() ? 0 : found->second;
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

Money spent_on(postgres::Transaction& transaction, Instant day) {
    const auto rows = postgres::exec(
        transaction, "SELECT amount FROM nightshift.message_spending WHERE day = $1::date",
        {format_instant(day).substr(0, 10)});
    return rows.empty() ? Money{} : parse_money(rows[0][0].c_str()).value_or(Money{});
}

Forecast forecast(postgres::Connection& postgres, postgres::Connection& reader,
                  const Templates& templates, const Composer& composer, const PlanRequest& request,
                  std::optional<Money> budget) {
    Forecast forecast;
    Tallies tallies;
    const auto left = postgres.transaction("reading what was spent", [&](auto& transaction) {
        forecast.waiting = transaction
                               .exec(
                                   "SELECT count(*) FROM nightshift.notification_deliveries WHERE "
                                   "state = 'pending'")[0][0]
                               .template as<std::int64_t>();
        return budget.value_or(Money{}) - spent_on(transaction, request.as_of);
    });
    const auto look = [&](const PlannedMessage& each) {
        const std::string channel{name(each.channel)};
        const auto say = [&](const std::string& reason) {
            tallies.add(each.kind, channel, reason, 1);
        };
        Composed composed;
        try {
            const bool stands_for_sms = each.channel == Channel::push
                                            ? each.is_first
                                            : find_kind(each.kind)->priority != Priority::high;
            composed = composer.compose({.kind = each.kind,
                                         .channel = each.channel,
                                         .locale = each.locale,
                                         .values = each.values,
                                         .address = each.address,
                                         .phone = each.phone,
                                         .is_first = stands_for_sms});
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
        if (tallies.count(each.kind, channel, "eligible") <= samples_of_each)
            forecast.samples.push_back({each, composed.message, composed.quote});
    };
    const auto plan = preview(postgres, reader, templates, request, look);
    for (const auto& each : plan.tallies) {
        if (!each.reason.empty())
            tallies.add(each.kind, each.channel, each.reason, each.deliveries);
    }
    forecast.tallies = tallies.all();
    forecast.unknown_categories = plan.unknown_categories;
    return forecast;
}

}  // namespace nightshift::notifications
