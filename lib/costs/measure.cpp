#include "costs/measure.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "costs/sql.hpp"

#include <fmt/format.h>

namespace nightshift::costs {
namespace {

using std::chrono::year_month;

Month month(year_month which) {
    return {fmt::format("{:04}-{:02}", static_cast<int>(which.year()),
                        static_cast<unsigned>(which.month())),
            Instant{std::chrono::sys_days{which / 1}},
            Instant{std::chrono::sys_days{(which + std::chrono::months{1}) / 1}}};
}

}  // namespace

std::optional<Month> parse_month(const std::string& text) {
    const auto begin = parse_instant(text + "-01T00:00:00Z");
    if (!begin || text.size() != 7) return std::nullopt;
    return month_of(*begin);
}

Month month_of(Instant instant) {
    const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(instant)};
    return month(day.year() / day.month());
}

std::vector<Portion> messages_of(postgres::Connection& postgres, const Month& month,
                                 const Parted& parted) {
    return postgres.snapshot("counting messages", [&](auto& transaction) {
        std::vector<Portion> used;
        for (const auto& row : postgres::exec(
                 transaction, sql::messages,
                 {postgres::parameter(month.begin), postgres::parameter(month.end),
                  parted.by_day ? "true" : "false", parted.by_kind ? "true" : "false"})) {
            const auto quantity = parse_quantity(row["quantity"].c_str());
            if (!quantity)
                throw Error{Failure::data, "a quantity in nightshift.quantities is none",
                            row["quantity"].c_str(), "see who has written it"};
            used.push_back({{row["provider"].c_str(), row["item"].c_str(), *quantity},
                            postgres::optional_text(row["day"]).value_or(""),
                            postgres::optional_text(row["kind"]).value_or("")});
        }
        return used;
    });
}

}  // namespace nightshift::costs
