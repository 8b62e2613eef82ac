#include "costs/charge.hpp"

#include <algorithm>
#include <map>

namespace nightshift::costs {
namespace {

using Key = std::pair<std::string, std::string>;  // provider, item

Key key_of(const Used& used) { return {used.provider, used.item}; }

void add(Used& to, const Used& part) {
    to.quantity = to.quantity + part.quantity;
    to.basis = std::max(to.basis, part.basis);
}

// What is left of an item's cost and quantity while its portions take their shares: the last one
// takes what is left, so that nothing is rounded away.
struct Allocation {
    const Price* price = nullptr;
    std::optional<Cost> cost;
    std::string why_unpriced;
    Quantity quantity;

    Cost take(Quantity part) {
        // Of what was not used a plan's cost remains, and the first takes it.
        const auto share = part == quantity ? *cost
                                            : Cost{share_of(cost->list, part, quantity),
                                                   share_of(cost->net, part, quantity)};
        cost = *cost - share;
        quantity = quantity - part;
        return share;
    }
};

Allocation allocation_of(const PriceBook& book, const Used& used, const std::string& month) {
    Allocation left{.price = book.find(used.provider, used.item, month),
                    .cost = {},
                    .why_unpriced = {},
                    .quantity = used.quantity};
    if (left.price == nullptr) {
        left.why_unpriced =
            "the book " + book.name + " has no price of it" +
            (book.find(used.provider, used.item, "9999-12") == nullptr ? "" : " for " + month);
        return left;
    }
    left.cost = cost_of_month(*left.price, used.quantity);
    if (!left.cost)
        left.why_unpriced =
            "its largest plan is for " + format_quantity(left.price->plans.back().up_to);
    return left;
}

// sms of sms/KE
std::string family_of(const std::string& item) { return item.substr(0, item.find('/')); }

std::string channel_of(const std::string& item) {
    const auto family = family_of(item);
    return family == "push" || family == "sms" || family == "email" ? family : "";
}

}  // namespace

std::vector<Charge> charge(const PriceBook& book, const std::string& month,
                           const std::vector<Portion>& portions, const std::string& prices_of) {
    std::map<Key, Used> used;
    for (const auto& each : portions) {
        const auto [place, is_new] = used.try_emplace(key_of(each.used), each.used);
        if (!is_new) add(place->second, each.used);
    }
    std::map<Key, Allocation> left;
    for (const auto& [key, each] : used) left.emplace(key, allocation_of(book, each, prices_of));
    std::vector<Charge> charges;
    for (const auto& each : portions) {
        auto& its = left.at(key_of(each.used));
        charges.push_back({each, month, its.price, std::nullopt, its.why_unpriced});
        if (its.cost) charges.back().cost = its.take(each.used.quantity);
    }
    return charges;
}

void Sum::add(const Charge& charge) {
    (charge.cost ? has_priced : has_unpriced) = true;
    cost = cost + charge.cost.value_or(Cost{});
}

Sum sum_of(const std::vector<Charge>& charges) {
    Sum sum;
    for (const auto& each : charges) sum.add(each);
    return sum;
}

std::vector<Line> lines_of(const std::vector<Charge>& charges) {
    std::map<Key, Line> lines;
    for (const auto& each : charges) {
        const auto [place, is_new] =
            lines.try_emplace(key_of(each.portion.used), Line{each.portion.used, {}, {}, {}});
        auto& line = place->second;
        if (!is_new) add(line.used, each.portion.used);
        if (each.price != nullptr) line.price = each.price;
        line.sum.add(each);
        if (!each.why_unpriced.empty()) line.why_unpriced = each.why_unpriced;
    }
    std::vector<Line> all;
    for (auto& [key, line] : lines) all.push_back(std::move(line));
    return all;
}

std::string label_of(Dimension dimension, const Charge& charge) {
    const auto& [used, day, kind, messages, saved] = charge.portion;
    switch (dimension) {
        case Dimension::provider:
            return used.provider;
        case Dimension::service:
            return charge.price == nullptr ? family_of(used.item) : charge.price->service;
        case Dimension::channel:
            return channel_of(used.item);
        case Dimension::country:
            return used.item.starts_with("sms/") ? used.item.substr(4) : "";
        case Dimension::kind:
            return kind;
        case Dimension::day:
            return day;
    }
    return {};
}

std::vector<std::string> labels_of(const std::vector<Dimension>& by, const Charge& charge) {
    const auto& used = charge.portion.used;
    if (by.empty()) return {used.provider, used.item};
    std::vector<std::string> labels;
    for (const auto dimension : by) labels.push_back(label_of(dimension, charge));
    return labels;
}

std::vector<Group> groups_of(const std::vector<Charge>& charges, const std::vector<Dimension>& by) {
    std::map<std::vector<std::string>, Group> groups;
    for (const auto& each : charges) {
        const auto labels = labels_of(by, each);
        auto& group = groups[labels];
        group.labels = labels;
        group.sum.add(each);
    }
    std::vector<Group> all;
    for (auto& [labels, each] : groups) all.push_back(std::move(each));
    return all;
}

}  // namespace nightshift::costs
