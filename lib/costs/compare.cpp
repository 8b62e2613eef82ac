#include "costs/compare.hpp"

#include <map>
#include <set>

namespace nightshift::costs {
namespace {

using Items = std::set<std::pair<std::string, std::string>>;

Items items_of(const std::vector<Charge>& charges) {
    Items items;
    for (const auto& each : charges)
        items.insert({each.portion.used.provider, each.portion.used.item});
    return items;
}

Items unpriced_of(const std::vector<Charge>& charges) {
    Items items;
    for (const auto& each : charges) {
        if (!each.cost) items.insert({each.portion.used.provider, each.portion.used.item});
    }
    return items;
}

bool has_data(const Charge& charge, const Items& of_the_other) {
    return !label_of(Dimension::channel, charge).empty() ||
           of_the_other.contains({charge.portion.used.provider, charge.portion.used.item});
}

}  // namespace

std::vector<Change> changes(const std::vector<Charge>& before, const std::vector<Charge>& now,
                            const std::vector<Charge>& repriced, const std::vector<Dimension>& by) {
    std::map<std::vector<std::string>, Change> found;
    auto unpriced = unpriced_of(before);
    unpriced.merge(unpriced_of(now));
    // Nothing: it is in no sum.
    const auto change_of = [&](const Charge& charge, const Items& of_the_other) -> Change* {
        auto& change = found[labels_of(by, charge)];
        change.labels = labels_of(by, charge);
        const bool is_there = has_data(charge, of_the_other);
        if (!is_there) change.has_no_data = true;
        const bool is_priced =
            !unpriced.contains({charge.portion.used.provider, charge.portion.used.item});
        if (!is_priced) change.has_unpriced = true;
        if (!is_there || !is_priced) return nullptr;
        change.is_comparable = true;
        return &change;
    };
    const auto items_now = items_of(now);
    for (const auto& each : before) {
        auto* change = change_of(each, items_now);
        if (change == nullptr) continue;
        change->before = change->before + each.cost->net;
        change->by_volume = change->by_volume - each.cost->net;
    }
    const auto items_before = items_of(before);
    for (std::size_t i = 0; i < now.size(); ++i) {
        auto* change = change_of(now[i], items_before);
        if (change == nullptr) continue;
        const auto cost = now[i].cost->net;
        const auto as_before = repriced[i].cost.value_or(*now[i].cost).net;
        change->now = change->now + cost;
        change->by_volume = change->by_volume + as_before;
        change->by_price = change->by_price + cost - as_before;
    }
    std::vector<Change> all;
    for (auto& [labels, each] : found) all.push_back(std::move(each));
    return all;
}

Change sum_of(const std::vector<Change>& changes) {
    Change sum{.labels = {}};
    for (const auto& each : changes) {
        sum.is_comparable = sum.is_comparable || each.is_comparable;
        sum.before = sum.before + each.before;
        sum.now = sum.now + each.now;
        sum.by_volume = sum.by_volume + each.by_volume;
        sum.by_price = sum.by_price + each.by_price;
        sum.has_unpriced = sum.has_unpriced || each.has_unpriced;
        sum.has_no_data = sum.has_no_data || each.has_no_data;
    }
    return sum;
}

}  // namespace nightshift::costs
