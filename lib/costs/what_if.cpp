#include "costs/what_if.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <map>

namespace nightshift::costs {
namespace {

// Parts of an item's quantity, of which the sum is the part of its sum, however it is broken down.
class Scale {
  public:
    Scale(std::int64_t part, std::int64_t all) : part_{part}, all_{all} {}
    Quantity of(const Used& used) {
        auto& [sum, told] = items_[{used.provider, used.item}];
        sum = sum + used.quantity;
        const auto scaled = in_proportion(sum, part_, all_);
        const auto step = scaled - told;
        told = scaled;
        return step;
    }

  private:
    std::int64_t part_;
    std::int64_t all_;
    std::map<std::pair<std::string, std::string>, std::pair<Quantity, Quantity>> items_;
};

void scale(std::vector<Portion>& portions, std::int64_t part, std::int64_t all) {
    Scale scale{part, all};
    for (auto& each : portions) {
        each.used.quantity = scale.of(each.used);
        each.used.basis = std::max(each.used.basis, Basis::estimated);
        each.messages = std::nullopt;
        each.saved = {};
    }
}

// Who pushes most of them.
std::string pusher_of(const std::vector<Portion>& messages) {
    std::map<std::string, Quantity> pushed;
    for (const auto& each : messages) {
        if (each.used.item == "push")
            pushed[each.used.provider] = pushed[each.used.provider] + each.used.quantity;
    }
    const auto most = std::max_element(
        pushed.begin(), pushed.end(),
        [](const auto& one, const auto& other) { return one.second < other.second; });
    return most == pushed.end() ? "fcm" : most->first;
}

}  // namespace

void suppose_users(Usage& usage, const PriceBook& book, std::int64_t users) {
    if (const auto usual = usage.months.front().usual_users.value_or(0); usual > 0)
        scale(usage.history, users, usual);
    for (auto& each : usage.months) {
        if (each.usual_users.value_or(0) == 0)
            throw Error{
                Failure::usage,
                "it is not known how many users there were in " + month_name(each.month.begin),
                "jobs note it once a day", "leave out --users"};
        scale(each.messages, users, *each.usual_users);
        scale(each.levels, users, *each.usual_users);
        if (!each.monthly.empty())
            each.monthly = monthly_of(
                book, each.month, parse_day(each.monthly.back().day).value() + std::chrono::days{1},
                users, Basis::estimated);
        each.active_users = each.usual_users = users;
    }
}

std::vector<Portion> with_push_share(std::vector<Portion> messages, int percent) {
    constexpr int all = 100;
    const auto pusher = pusher_of(messages);
    std::vector<Portion> pushed;
    Scale scale{percent, all};
    for (auto& each : messages) {
        if (!each.used.item.starts_with("sms/")) continue;
        const auto moved = scale.of(each.used);
        each.used.quantity = each.used.quantity - moved;
        each.used.basis = std::max(each.used.basis, Basis::estimated);
        each.messages = std::nullopt;
        pushed.push_back(
            {.used = {pusher, "push", moved, each.used.basis}, .day = each.day, .kind = each.kind});
    }
    messages.insert(messages.end(), pushed.begin(), pushed.end());
    return messages;
}

void suppose_push_share(Usage& usage, int percent) {
    for (auto& month : usage.months)
        month.messages = with_push_share(std::move(month.messages), percent);
    usage.history = with_push_share(std::move(usage.history), percent);
}

}  // namespace nightshift::costs
