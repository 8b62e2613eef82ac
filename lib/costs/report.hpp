// What a cost report says, before it has a form.
#pragma once

#include "costs/budget.hpp"
#include "costs/compare.hpp"
#include "costs/forecast.hpp"
#include "costs/scenario.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::costs {

struct Comparison {
    std::string with;  // 2026-09
    std::vector<Change> changes;
    Change sum;
};

struct ForecastSum {
    Sum low, expected, high;
};

// What one of so many costs.
struct UnitCost {
    std::string of;      // active user; accepted sms
    std::int64_t count;  // over 0
    Sum sum;             // of all of them
};

struct Report {
    std::string title;                  // a month of 1k-users; 2026-11, up to 2026-11-30
    std::optional<Period> period = {};  // nothing: it is a scenario
    const PriceBook* book;              // must outlive it
    bool has_data = true;               // something was counted, or is supposed
    std::vector<Charge> charges = {};
    Sum sum = {};
    std::vector<Dimension> by = {};  // empty: line by line
    std::vector<UnitCost> unit_costs = {};
    std::optional<Comparison> comparison = {};
    std::optional<ForecastSum> forecast = {};
    std::string no_forecast = {};  // why there is none of a month that runs
    std::vector<BudgetState> budgets = {};
    // By messages that went as push or e-mail in place of SMS; nothing: none did, or it cannot be
    // told.
    std::optional<Money> saved = {};
    std::vector<std::string> notes = {};  // what it supposes, and what it leaves out
};

// What things would cost if they were otherwise.
struct Supposed {
    std::optional<std::int64_t> users = {};
    std::optional<int> push_share = {};  // percent

    explicit operator bool() const { return users || push_share; }
};

// month: whose prices hold, such as 2026-10. Throws Error as read_scenario does.
Report report_of_scenario(const PriceBook& book, const std::string& name, const Supposed& supposed,
                          const std::string& month);

struct PeriodRequest {
    Period period;
    std::optional<Period> compared = {};  // as it was, whatever is supposed of the period
    std::vector<Dimension> by = {};
    bool by_day = false;  // whatever it is grouped by
    Supposed supposed = {};
};
Report report_of_period(postgres::Connection& postgres, const PriceBook& book,
                        const PeriodRequest& request, Day today);

}  // namespace nightshift::costs
