#include "notifications/reminders.hpp"

#include <algorithm>
#include <numeric>

namespace nightshift::notifications {
namespace {

std::chrono::microseconds since(std::chrono::steady_clock::time_point began) {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 began);
}

std::int64_t sum_of(const std::vector<Tally>& tallies) {
    return std::accumulate(
        tallies.begin(), tallies.end(), std::int64_t{0},
        [](std::int64_t sum, const Tally& each) { return sum + each.deliveries; });
}

}  // namespace

std::int64_t RunReport::deliveries() const {
    return waited + sum_of(plan.tallies) + sent.added + sent.of_others;
}

std::int64_t RunReport::count(const std::string& reason) const {
    std::int64_t sum = 0;
    for (const auto& each : sent.ended) sum += each.reason == reason ? each.deliveries : 0;
    return sum;
}

RunReport run_reminders(const RunParts& parts, const PlanRequest& request,
                        const std::vector<Lane>& lanes, std::optional<Money> budget,
                        const std::stop_token& stop, const DispatchWatch& watch) {
    const auto has_email = request.set_up.contains(Channel::email);
    Outbox outbox{parts.outbox,
                  parts.composer,
                  {.run_id = request.run_id,
                   .default_zone = request.default_zone,
                   .kinds = request.kinds,
                   .min_due = request.min_due,
                   .only_user = request.only_user,
                   .allowed = request.allowed,
                   .budget = budget,
                   .has_email = has_email}};
    RunReport report{.as_of = request.as_of, .plan = {}, .sent = {}};
    const auto began = std::chrono::steady_clock::now();
    const auto tidied = outbox.tidy_up(parts.postgres, request.as_of);
    report.plan = plan(parts.postgres, parts.reader, parts.lease, parts.templates, request);
    report.waited = report.plan.waiting + sum_of(tidied);
    outbox.set_last(report.plan.last);
    if (parts.planned) parts.planned(report.plan);
    const auto now = request.as_of + since(began);
    report.sent = dispatch(parts.client, outbox, lanes, now, stop, watch);
    report.sent.ended.insert(report.sent.ended.end(), tidied.begin(), tidied.end());
    // Those of the plan that were not to be sent have their reason from there.
    for (const auto& each : report.plan.tallies) {
        if (!each.reason.empty()) report.sent.ended.push_back(each);
    }
    const auto left = outbox.wind_up(request.as_of + since(began));
    for (const auto& each : left.expired) add(report.sent.ended, each);
    report.left = left.deliveries;
    report.others = report.deliveries() - sum_of(report.sent.ended) - report.left;
    return report;
}

}  // namespace nightshift::notifications
