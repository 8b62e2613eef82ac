// A range of values that are no reason for alarm, as the Monitoring Plugins Guidelines write it
// (nagios-plugins.org/doc/guidelines.html, threshold format): 10 is 0 to 10, 10: is 10 or more,
// ~:10 is 10 or less, 10:20 is between, @10:20 is all but between.
#pragma once

#include <limits>
#include <string>

namespace nightshift::health {

struct Range {
    double start = 0;
    double end = std::numeric_limits<double>::infinity();
    bool is_inverted = false;
    std::string text = {};  // as it was written

    bool alarms(double value) const;
    std::string words(const std::string& unit) const;  // at most 5 %
};

// Throws Error (usage).
Range parse_range(const std::string& text);

}  // namespace nightshift::health
