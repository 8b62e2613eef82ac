#include "costs/budget.hpp"

#include <algorithm>

namespace nightshift::costs {
namespace {

Sum part_of(const Budget& budget, const std::vector<Charge>& charges) {
    Sum sum;
    for (const auto& each : charges) {
        if (std::all_of(budget.of.begin(), budget.of.end(), [&](const auto& wanted) {
                return label_of(wanted.first, each) == wanted.second;
            }))
            sum.add(each);
    }
    return sum;
}

}  // namespace

std::vector<BudgetState> budgets_of(const PriceBook& book, const std::vector<Charge>& charges,
                                    const std::vector<Charge>* forecast) {
    std::vector<BudgetState> states;
    for (const auto& budget : book.budgets) {
        BudgetState state{&budget, part_of(budget, charges)};
        // Of what was pruned, and of a forecast, the kind is not known.
        if (forecast != nullptr && !budget.of.contains(Dimension::kind))
            state.forecast = part_of(budget, *forecast);
        __extension__ using Wide = __int128;
        state.percent = static_cast<std::int64_t>(Wide{state.spent.cost.net.billionths} * 100 /
                                                  budget.monthly.billionths);
        for (const auto each : budget.thresholds) {
            if (state.percent >= each) state.threshold = each;
        }
        states.push_back(state);
    }
    return states;
}

}  // namespace nightshift::costs
