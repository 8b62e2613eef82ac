#include "costs/report.hpp"

#include "base/text.hpp"
#include "costs/what_if.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace nightshift::costs {
namespace {

bool has(const std::vector<Dimension>& by, Dimension which) {
    return std::find(by.begin(), by.end(), which) != by.end();
}

// As SMS to wherever the scenario's go, in proportion.
std::optional<Money> saved_by(const Scenario& scenario, const PriceBook& book,
                              const std::string& month) {
    Quantity all;
    for (const auto& each : scenario.month) {
        if (each.used.item.starts_with("sms/")) all = all + each.used.quantity;
    }
    if (scenario.routed_to_push == 0 || all == Quantity{}) return std::nullopt;
    Money saved;
    for (const auto& [used, day, kind, messages, already] : scenario.month) {
        if (!used.item.starts_with("sms/")) continue;
        const auto* price = book.find(used.provider, used.item, month);
        const auto routed =
            in_proportion(whole(scenario.routed_to_push), used.quantity.millionths, all.millionths);
        const auto cost = price == nullptr ? std::optional<Cost>{} : cost_of_month(*price, routed);
        if (!cost) return std::nullopt;
        saved = saved + cost->net;
    }
    return saved;
}

std::optional<Money> saved_by(const std::vector<Charge>& charges) {
    Money sum;
    for (const auto& each : charges) sum = sum + each.portion.saved;
    return sum > Money{} ? std::optional{sum} : std::nullopt;
}

// Each channel's accepted messages, where all are counted.
std::vector<UnitCost> message_costs(const std::vector<Charge>& charges) {
    std::map<std::string, UnitCost> channels;
    for (const auto& each : charges) {
        const auto channel = label_of(Dimension::channel, each);
        if (channel.empty()) continue;
        auto& unit =
            channels.try_emplace(channel, UnitCost{"accepted " + channel, 0, {}}).first->second;
        const bool is_counted = each.portion.messages && unit.count >= 0;
        unit.count = is_counted ? unit.count + *each.portion.messages : -1;
        unit.sum.add(each);
    }
    std::vector<UnitCost> all;
    for (auto& [channel, unit] : channels) {
        if (unit.count > 0 && unit.sum.has_priced) all.push_back(std::move(unit));
    }
    return all;
}

void add_user_cost(Report& report, std::optional<std::int64_t> users, const char* of) {
    if (users.value_or(0) > 0 && report.sum.has_priced)
        report.unit_costs.insert(report.unit_costs.begin(), {of, *users, report.sum});
}

void note_supposed(Report& report, const Supposed& supposed) {
    if (supposed.users)
        report.notes.push_back(fmt::format(
            "supposed: {} users, and messages and sizes in proportion", *supposed.users));
    if (supposed.push_share)
        report.notes.push_back(
            fmt::format("supposed: {} % of the SMS went as push", *supposed.push_share));
}

// What was not counted, and is not 0.
void note_gaps(Report& report, const Usage& usage) {
    if (!usage.sizes_since) {
        report.notes.push_back("sizes: there is no data, as no job has noted any then");
    } else if (*usage.sizes_since > usage.period.begin) {
        report.notes.push_back("sizes: there is no data before " + day_name(*usage.sizes_since));
    }
    const auto& monthly = report.book->monthly;
    const bool has_per_user = std::any_of(monthly.begin(), monthly.end(),
                                          [](const auto& each) { return each.is_per_active_user; });
    for (const auto& each : usage.months) {
        if (!each.active_users)
            report.notes.push_back(
                "active users of " + month_name(each.month.begin) + ": there is no data" +
                (has_per_user ? ", and what the book has for each of them is left out" : ""));
    }
    if (usage.objects) report.notes.push_back(fmt::format("objects of media: {}", *usage.objects));
    if (monthly.empty())
        report.notes.push_back(
            "requests, egress and servers are left out: they cannot be counted here, and the "
            "book's monthly has none");
}

void add_forecast(Report& report, const std::optional<Forecast>& forecast, int days) {
    if (forecast) {
        report.forecast = {sum_of(forecast->low), sum_of(forecast->expected),
                           sum_of(forecast->high)};
    } else {
        report.no_forecast = fmt::format("there are {} days of data, and {} are the fewest for one",
                                         days, fewest_days_of_data);
    }
}

Comparison compare(const PriceBook& book, const Usage& before, const Usage& now,
                   const std::vector<Charge>& charges, const std::vector<Dimension>& by) {
    const auto prices_of = month_name(before.months.back().month.begin);
    Comparison comparison{
        .with = period_name(before.period),
        .changes = changes(charges_of(book, before), charges, charges_of(book, now, prices_of), by),
        .sum = {}};
    comparison.sum = sum_of(comparison.changes);
    return comparison;
}

void suppose(Report& report, Usage& usage, const Supposed& supposed) {
    if (supposed.users) suppose_users(usage, *report.book, *supposed.users);
    if (!supposed.push_share) return;
    const auto before = sum_of(charges_of(*report.book, usage)).cost.net;
    suppose_push_share(usage, *supposed.push_share);
    const auto after = sum_of(charges_of(*report.book, usage)).cost.net;
    report.notes.push_back("by that it costs " + format_money(before - after) + " " +
                           report.book->currency + " less");
}

}  // namespace

Report report_of_scenario(const PriceBook& book, const std::string& name, const Supposed& supposed,
                          const std::string& month) {
    auto scenario = read_scenario(name);
    if (supposed.users) scenario.suppose_users(*supposed.users);
    if (supposed.push_share)
        scenario.month = with_push_share(std::move(scenario.month), *supposed.push_share);
    Report report{.title = "a month of " + excerpt(scenario.name, 200),
                  .book = &book,
                  .charges = charge(book, month, scenario.all(), month)};
    report.sum = sum_of(report.charges);
    report.saved = saved_by(scenario, book, month);
    add_user_cost(report, scenario.users, "user");
    if (report.saved)
        report.notes.push_back(
            fmt::format("{} messages went as push in place of SMS", scenario.routed_to_push));
    note_supposed(report, supposed);
    report.notes.insert(report.notes.end(), book.notes.begin(), book.notes.end());
    return report;
}

Report report_of_period(postgres::Connection& postgres, const PriceBook& book,
                        const PeriodRequest& request, Day today) {
    const auto& [period, compared, by, by_day, supposed] = request;
    const bool is_one_month = period == month_of(period.begin);
    const bool is_running = is_one_month && today >= period.begin && today < period.end;
    const bool has_budget_of_kind =
        std::any_of(book.budgets.begin(), book.budgets.end(),
                    [](const auto& budget) { return budget.of.contains(Dimension::kind); });
    Breakdown breakdown{.by_day = by_day || has(by, Dimension::day),
                        .by_kind = has(by, Dimension::kind) || (is_one_month && has_budget_of_kind),
                        .with_history = is_running};
    Report report{
        .title = period_name(period) + (today < period.end ? ", up to " + day_name(today) : ""),
        .period = period,
        .book = &book,
        .by = by};
    auto usage = usage_of(postgres, book, period, today, breakdown);
    report.has_data = usage.sizes_since.has_value() ||
                      std::any_of(usage.months.begin(), usage.months.end(),
                                  [](const auto& month) { return !month.messages.empty(); });
    note_supposed(report, supposed);
    suppose(report, usage, supposed);
    report.charges = charges_of(book, usage);
    report.sum = sum_of(report.charges);
    report.unit_costs = message_costs(report.charges);
    if (is_one_month) add_user_cost(report, usage.months.front().active_users, "active user");
    report.saved = saved_by(report.charges);
    std::optional<Forecast> forecast;
    if (is_running) {
        forecast = forecast_of(book, usage, today);
        add_forecast(report, forecast, days_of_data(usage, today));
    }
    if (is_one_month && report.has_data)
        report.budgets = budgets_of(book, report.charges, forecast ? &forecast->expected : nullptr);
    report.notes.insert(report.notes.end(), book.notes.begin(), book.notes.end());
    note_gaps(report, usage);
    if (compared) {
        breakdown.with_history = false;
        // What is free, and the steps, of a month that had come as far.
        const auto then =
            is_running ? std::min(today, compared->end - std::chrono::days{1}) : today;
        report.comparison = compare(book, usage_of(postgres, book, *compared, then, breakdown),
                                    usage, report.charges, by);
    }
    return report;
}

}  // namespace nightshift::costs
