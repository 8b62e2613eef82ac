#include "costs/groups.hpp"

#include <map>

namespace nightshift::costs {
namespace {

using Key = std::pair<std::string, std::string>;  // provider, item

Key key_of(const Used& used) { return {used.provider, used.item}; }

// sms of sms/KE
std::string channel_of(const std::string& item) { return item.substr(0, item.find('/')); }

std::string country_of_item(const std::string& item) {
    return item.starts_with("sms/") ? item.substr(4) : "";
}

std::string label_of(Dimension dimension, const Portion& portion, const Line& line) {
    switch (dimension) {
        case Dimension::provider:
            return portion.used.provider;
        case Dimension::service:
            return line.service.empty() ? channel_of(portion.used.item) : line.service;
        case Dimension::channel:
            return channel_of(portion.used.item);
        case Dimension::country:
            return country_of_item(portion.used.item);
        case Dimension::kind:
            return portion.kind;
        case Dimension::day:
            return portion.day;
    }
    return {};
}

// What is left of an item's cost and quantity while its portions take their shares: the last one
// takes what is left, so that nothing is rounded away.
struct Left {
    const Line* line = nullptr;
    Quantity quantity;
    Cost cost;

    Cost take(Quantity part) {
        if (quantity == Quantity{}) return {};
        const Cost share{share_of(cost.list, part, quantity), share_of(cost.net, part, quantity)};
        cost = {cost.list - share.list, cost.net - share.net};
        quantity = quantity - part;
        return share;
    }
};

}  // namespace

std::string name(Dimension dimension) {
    static const std::map<Dimension, std::string> names{
        {Dimension::provider, "provider"}, {Dimension::service, "service"},
        {Dimension::channel, "channel"},   {Dimension::country, "country"},
        {Dimension::kind, "kind"},         {Dimension::day, "day"}};
    return names.at(dimension);
}

const std::vector<Dimension>& dimensions() {
    static const std::vector<Dimension> all{Dimension::provider, Dimension::service,
                                            Dimension::channel,  Dimension::country,
                                            Dimension::kind,     Dimension::day};
    return all;
}

std::vector<Used> summed(const std::vector<Portion>& portions) {
    std::map<Key, Used> month;
    for (const auto& each : portions) {
        const auto [place, is_new] = month.try_emplace(key_of(each.used), each.used);
        if (!is_new) place->second.quantity = place->second.quantity + each.used.quantity;
    }
    std::vector<Used> all;
    for (auto& [key, used] : month) all.push_back(std::move(used));
    return all;
}

std::vector<Group> group(const Bill& bill, const std::vector<Portion>& portions,
                         const std::vector<Dimension>& by) {
    std::map<Key, Left> left;
    for (const auto& line : bill.lines)
        left[key_of(line.used)] = {&line, line.used.quantity, line.cost.value_or(Cost{})};
    std::map<std::vector<std::string>, Group> groups;
    for (const auto& portion : portions) {
        auto& its = left.at(key_of(portion.used));
        std::vector<std::string> labels;
        for (const auto dimension : by) labels.push_back(label_of(dimension, portion, *its.line));
        auto& into = groups[labels];
        into.labels = labels;
        const auto share = its.take(portion.used.quantity);
        into.cost = {into.cost.list + share.list, into.cost.net + share.net};
        (its.line->cost ? into.has_priced : into.has_unpriced) = true;
    }
    std::vector<Group> all;
    for (auto& [labels, each] : groups) all.push_back(std::move(each));
    return all;
}

}  // namespace nightshift::costs
