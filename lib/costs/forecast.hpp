// What the month that runs will cost in the end.
//
// Messages: the mean of a weekday's days in the last 28 before today, for each day that is left,
// today included; of less than 14 days of data the mean of all. The interval holds with a
// probability of at least 80 % where days are independent and normal: Student's t at 0.9 times the
// standard deviation about those means times sqrt(h + sum of h_w^2 / n_w), for h days that are
// left, of which h_w are of the weekday w, of which n_w were counted (the prediction of a sum by
// means; e.g. Hyndman and Athanasopoulos, Forecasting, 3rd ed., 5.5). The items' bounds are added,
// so that the whole's interval is rather too wide. Levels stay as they were last; what every month
// uses goes on.
#pragma once

#include "costs/usage.hpp"

#include <optional>
#include <vector>

namespace nightshift::costs {

constexpr int fewest_days_of_data = 7;

struct Forecast {
    std::vector<Charge> low, expected, high;  // of the whole month
};

// From the first day that something is known of, up to yesterday; 28 at most.
int days_of_data(const Usage& usage, Day today);

// usage: of the month that runs, with its history. Nothing: there are fewer than 7 days of data.
std::optional<Forecast> forecast_of(const PriceBook& book, const Usage& usage, Day today);

}  // namespace nightshift::costs
