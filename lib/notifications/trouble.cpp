#include "notifications/trouble.hpp"

#include <algorithm>

namespace nightshift::notifications {

void note(std::vector<Trouble>& troubles, const Result& result) {
    constexpr std::size_t most = 50;
    const auto& address = result.taken.message.address;
    const auto& receipt = result.receipt;
    const auto code = told(receipt.code, address);
    const auto same = std::find_if(troubles.begin(), troubles.end(), [&](const Trouble& each) {
        return each.provider == result.provider && each.outcome == receipt.outcome &&
               each.code == code;
    });
    if (same != troubles.end()) {
        ++same->times;
    } else if (troubles.size() < most) {
        troubles.push_back({result.provider, receipt.outcome, code, told(receipt.why, address), 1});
    }
}

}  // namespace nightshift::notifications
