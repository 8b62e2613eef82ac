// Local dates by the C library's own time zones: what Postgres's are checked against.
#pragma once

#include "base/instant.hpp"

#include <cstdlib>
#include <ctime>
#include <string>

namespace nightshift::test {

using Day = int;  // days since 1970

// The local date at an instant.
class LocalDates {
  public:
    ~LocalDates() { use("UTC"); }

    // The clock and the calendar at an instant.
    std::tm local(Instant instant, const std::string& zone) {
        if (zone != zone_) use(zone);
        const auto seconds = std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch());
        const std::time_t time = seconds.count();
        std::tm fields{};
        ::localtime_r(&time, &fields);
        return fields;
    }
    Day day(Instant instant, const std::string& zone) {
        const auto local = this->local(instant, zone);
        const std::chrono::year_month_day date{
            std::chrono::year{local.tm_year + 1900},
            std::chrono::month{static_cast<unsigned>(local.tm_mon + 1)},
            std::chrono::day{static_cast<unsigned>(local.tm_mday)}};
        return static_cast<Day>(std::chrono::sys_days{date}.time_since_epoch().count());
    }

  private:
    void use(const std::string& zone) {
        ::setenv("TZ", (":" + zone).c_str(), 1);
        ::tzset();
        zone_ = zone;
    }
    std::string zone_;
};

}  // namespace nightshift::test
