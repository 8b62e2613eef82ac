// How far a month's budgets are used up.
#pragma once

#include "costs/charge.hpp"

#include <optional>
#include <vector>

namespace nightshift::costs {

struct BudgetState {
    const Budget* budget;  // the book must outlive it
    Sum spent;
    std::optional<Sum> forecast = {};   // of the whole month
    std::int64_t percent = 0;           // spent, rounded down
    std::optional<int> threshold = {};  // the highest that is reached

    bool is_within() const { return !threshold && !is_over() && !will_be_over(); }
    bool is_over() const { return spent.cost.net > budget->monthly; }
    bool will_be_over() const { return forecast && forecast->cost.net > budget->monthly; }
};

// charges: of one month. forecast: what the whole month is expected to cost; nothing: there is
// none.
std::vector<BudgetState> budgets_of(const PriceBook& book, const std::vector<Charge>& charges,
                                    const std::vector<Charge>* forecast);

}  // namespace nightshift::costs
