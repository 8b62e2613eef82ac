// What was used and what it costs as a CSV file of FOCUS, the FinOps Open Cost and Usage
// Specification, version 1.2 (https://focus.finops.org/focus-specification/v1-2).
//
// Columns and formats are FOCUS's; what is in them is reckoned by a book of prices, and no
// provider's invoice: InvoiceId is not there, x_CostBasis says how the quantity is known. What is
// free is taken off on the row: ListCost is before it, the other costs are after it.
// BillingAccountId is the provider's name. A null is an empty field without quotes.
#pragma once

#include "costs/charge.hpp"
#include "costs/period.hpp"

#include <string>
#include <vector>

namespace nightshift::costs {

// A row for each item, day and basis; what has no price would need a cost, and is left out. Of a
// day, else of the period's part of its month.
std::string to_focus(const std::vector<Charge>& charges, const Period& period,
                     const std::string& currency);

}  // namespace nightshift::costs
