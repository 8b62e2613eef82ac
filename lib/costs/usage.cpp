#include "costs/usage.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "costs/sql.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace nightshift::costs {
namespace {

using std::chrono::days;

constexpr days longest_history{28};
constexpr std::int64_t bytes_of_gb = std::int64_t{1} << 30;

std::string midnight(Day day) { return postgres::parameter(Instant{day}); }

// Of a row of messages.
[[noreturn]] void refuse(const pqxx::row& row, const char* column) {
    throw Error{Failure::data,
                "what is counted of " + excerpt(row["item"].c_str()) + " of " +
                    excerpt(row["provider"].c_str()) + " is no " + column,
                excerpt(row[column].c_str()),
                "see who has written that into nightshift.quantities or notification_attempts"};
}

Quantity quantity_in(const pqxx::row& row) {
    const auto quantity = parse_quantity(row["quantity"].c_str());
    if (!quantity) refuse(row, "quantity");
    return *quantity;
}

Money saved_in(const pqxx::row& row) {
    const auto saved = parse_money(row["saved"].c_str());
    if (!saved) refuse(row, "saved");
    return *saved;
}

void add(std::vector<Portion>& portions, const pqxx::result& rows) {
    for (const auto& row : rows)
        portions.push_back(
            {.used = {row["provider"].c_str(), row["item"].c_str(), quantity_in(row)},
             .day = postgres::optional_text(row["day"]).value_or(""),
             .kind = postgres::optional_text(row["kind"]).value_or(""),
             .messages = row["messages"].template get<std::int64_t>(),
             .saved = saved_in(row)});
}

template <typename Transaction>
std::vector<Portion> messages(Transaction& transaction, const Period& when,
                              const Breakdown& breakdown, const std::string& currency) {
    std::vector<Portion> used;
    const std::string by_day = breakdown.by_day ? "true" : "false";
    postgres::Parameters parameters{midnight(when.begin), midnight(when.end), currency};
    if (breakdown.by_kind) {
        parameters.emplace_back(by_day);
        add(used, postgres::exec(transaction, sql::messages_by_kind, parameters));
    } else {
        add(used,
            postgres::exec(transaction, breakdown.by_day ? sql::messages_by_day : sql::messages,
                           parameters));
    }
    add(used, postgres::exec(transaction, sql::pruned_messages,
                             {day_name(when.begin), day_name(when.end), currency, by_day}));
    return used;
}

// Quantities of days that follow each other, of which the sum is that of the whole month: what is
// rounded on one day is made up for on the next.
class Proration {
  public:
    // whole: what a month of which each day has one has used.
    Proration(std::int64_t millionths_of_month, std::int64_t divisor)
        : of_month_{millionths_of_month}, divisor_{divisor} {}
    Quantity next(std::int64_t of_day) {
        __extension__ using Wide = __int128;
        sum_ += of_day;
        const auto now = static_cast<Wide>(sum_) * of_month_ / divisor_;
        if (now > std::numeric_limits<std::int64_t>::max())
            throw Error{Failure::data, "a quantity is too large", "it has no room in 64 bits",
                        "see to nightshift.quantities, and to the book's monthly"};
        const Quantity step{static_cast<std::int64_t>(now) - told_};
        told_ = static_cast<std::int64_t>(now);
        return step;
    }

  private:
    std::int64_t of_month_;
    std::int64_t divisor_;
    std::int64_t sum_ = 0;
    std::int64_t told_ = 0;
};

struct Level {
    Day day;
    std::string service;  // postgresql, s3:bucket
    std::string item;
    std::int64_t amount;
    bool is_noted;
};

template <typename Transaction>
std::vector<Level> levels(Transaction& transaction, const Period& when) {
    std::vector<Level> all;
    for (const auto& row :
         postgres::exec(transaction, sql::levels, {day_name(when.begin), day_name(when.end)})) {
        all.push_back({parse_day(row["day"].c_str()).value(), row["service"].c_str(),
                       row["item"].c_str(), row["amount"].template as<std::int64_t>(),
                       row["is_noted"].template as<bool>()});
    }
    return all;
}

std::vector<Portion> levels_of(const PriceBook& book, const Period& month,
                               const std::vector<Level>& levels) {
    std::vector<Portion> portions;
    std::map<std::string, Proration> shares;
    for (const auto& [day, service, item, amount, is_noted] : levels) {
        if (day < month.begin || day >= month.end || (item != "storage" && item != "memory"))
            continue;
        const auto base = service.substr(0, service.find(':'));
        const auto billed_by = book.billed_by.find(base);
        auto& share =
            shares.try_emplace(service + item, whole(1).millionths, bytes_of_gb * month.days())
                .first->second;
        portions.push_back(
            {.used = {billed_by == book.billed_by.end() ? base : billed_by->second,
                      base == "postgresql" || base == "redis" ? base + "/" + item : item,
                      share.next(amount), is_noted ? Basis::measured : Basis::estimated},
             .day = day_name(day)});
    }
    return portions;
}

// The most that were noted, as they are counted from the month's begin.
std::optional<std::int64_t> active_users(const Period& month, const std::vector<Level>& levels) {
    std::optional<std::int64_t> most;
    for (const auto& each : levels) {
        if (each.item == "active users" && each.is_noted && each.day >= month.begin &&
            each.day < month.end)
            most = std::max(most.value_or(0), each.amount);
    }
    return most;
}

std::optional<Day> sizes_since(const std::vector<MonthUsage>& months,
                               const std::vector<Level>& levels) {
    std::optional<Day> first;
    for (const auto& each : levels) {
        if (each.item != "active users" && each.day >= months.front().month.begin)
            first = std::min(first.value_or(each.day), each.day);
    }
    return first;
}

std::optional<std::int64_t> objects(const std::vector<Level>& levels, Day end) {
    std::map<std::string, std::int64_t> last;
    for (const auto& each : levels) {
        if (each.item == "objects" && each.day < end) last[each.service] = each.amount;
    }
    if (last.empty()) return std::nullopt;
    std::int64_t sum = 0;
    for (const auto& [store, count] : last) sum += count;
    return sum;
}

}  // namespace

std::vector<Portion> monthly_of(const PriceBook& book, const Period& month, Day until,
                                std::optional<std::int64_t> active_users, Basis of_users) {
    std::vector<Portion> portions;
    for (const auto& each : book.monthly) {
        if (each.is_per_active_user && !active_users) continue;
        Proration share{each.quantity.millionths, month.days()};
        for (auto day = month.begin; day < std::min(month.end, until); day += days{1})
            portions.push_back(
                {.used = {each.provider, each.item,
                          share.next(each.is_per_active_user ? *active_users : 1),
                          each.is_per_active_user ? std::max(each.basis, of_users) : each.basis},
                 .day = day_name(day)});
    }
    return portions;
}

Usage usage_of(postgres::Connection& postgres, const PriceBook& book, const Period& period,
               Day today, const Breakdown& breakdown) {
    const auto months = months_of(period);
    const auto until = std::min(months.back().end, today + days{1});
    Breakdown parts = breakdown;
    parts.by_day = breakdown.by_day || breakdown.with_history || period != months.front();
    const Period counted{breakdown.with_history
                             ? std::min(months.front().begin, today - longest_history)
                             : months.front().begin,
                         until};
    Usage usage{.period = period, .months = {}};
    for (const auto& month : months) usage.months.push_back({.month = month});
    postgres.snapshot("counting what was used", [&](auto& transaction) {
        for (auto& each : messages(transaction, counted, parts, book.currency)) {
            const auto day = parse_day(each.day).value_or(months.front().begin);
            if (breakdown.with_history && day >= today - longest_history && day < today)
                usage.history.push_back(each);
            for (auto& month : usage.months) {
                if (day >= month.month.begin && day < month.month.end)
                    month.messages.push_back(each);
            }
        }
        const auto month_before = month_of(months.front().begin - days{1});
        const auto noted = levels(transaction, {month_before.begin, until});
        usage.objects = objects(noted, period.end);
        for (const auto& each : noted)
            usage.levels_since = std::min(usage.levels_since.value_or(each.day), each.day);
        usage.sizes_since = sizes_since(usage.months, noted);
        const auto users_before = active_users(month_before, noted);
        for (auto& each : usage.months) {
            each.active_users = active_users(each.month, noted);
            each.levels = levels_of(book, each.month, noted);
            // Of a month that runs not all have come yet.
            each.usual_users = each.active_users;
            if (until < each.month.end)
                each.usual_users = std::max(each.active_users, users_before);
            each.monthly = monthly_of(book, each.month, until, each.usual_users);
        }
    });
    return usage;
}

std::vector<Charge> charges_of(const PriceBook& book, const Usage& usage,
                               const std::string& prices_of) {
    std::vector<Charge> all;
    const auto begin = day_name(usage.period.begin);
    const auto end = day_name(usage.period.end);
    for (const auto& month : usage.months) {
        auto portions = month.messages;
        portions.insert(portions.end(), month.levels.begin(), month.levels.end());
        portions.insert(portions.end(), month.monthly.begin(), month.monthly.end());
        const auto its_name = month_name(month.month.begin);
        for (auto& each :
             charge(book, its_name, portions, prices_of.empty() ? its_name : prices_of)) {
            const auto& day = each.portion.day;
            if (day.empty() || (day >= begin && day < end)) all.push_back(std::move(each));
        }
    }
    return all;
}

namespace {

constexpr auto within = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '500ms'";

void note(postgres::Connection& postgres, std::string_view statement,
          const postgres::Parameters& parameters = {}) {
    postgres.transaction("noting the day's levels", [&](auto& transaction) {
        transaction.exec(within);
        postgres::exec(transaction, statement, parameters);
    });
}

}  // namespace

void note_levels(postgres::Connection& postgres,
                 const std::function<std::optional<std::int64_t>()>& redis_bytes) {
    const auto [is_due, is_media_due] =
        postgres.transaction("looking for the day's levels", [](auto& transaction) {
            const auto row = postgres::exec(transaction, sql::levels_are_due)[0];
            return std::pair{row["is_due"].template as<bool>(),
                             row["is_media_due"].template as<bool>()};
        });
    if (!is_due) return;
    const auto bytes = redis_bytes();
    note(postgres, sql::note_levels,
         {bytes ? std::optional{std::to_string(*bytes)} : std::nullopt});
    note(postgres, sql::note_users);
    if (is_media_due) note(postgres, sql::note_media);
}

}  // namespace nightshift::costs
