#include "check_streaks/explain.hpp"

#include "base/text.hpp"
#include "streaks/explain.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using streaks::Explanation;

std::string verdict(const Explanation& it) {
    if (it.today.empty()) return "not judged yet: the next pass does";
    if (!it.last_day) return "no streak: no attempt was counted";
    const auto days = counted(it.length, "day");
    if (it.streak > 0)
        return fmt::format("alive, {}; it must go on by the end of {}", days, *it.next_day);
    return fmt::format("broken: {} ended on {}, and {} was missed", days, *it.last_day,
                       *it.next_day);
}

std::string to_text(const Explanation& it) {
    auto text = fmt::format("user {} ({}), as of {}\n", printable(it.user_id), printable(it.name),
                            format_instant(it.as_of));
    const auto line = [&text](std::string_view name, const std::string& value) {
        if (!value.empty()) text += fmt::format("{:9} {}\n", name, value);
    };
    line("verdict", verdict(it));
    line("today", it.today);
    if (it.has_moved) {
        line("moves", it.timezone ? "to " + excerpt(*it.timezone) + ", from the next pass on"
                                  : "to the default zone, from the next pass on");
    }
    for (const auto& each : it.zones) {
        line("zone", fmt::format("{} {}{}", each.zone,
                                 each.since ? "since " + format_instant(*each.since) : "since ever",
                                 each.is_valid ? ""
                                               : ", as '" + excerpt(each.named.value_or("")) +
                                                     "' is no zone"));
    }
    if (it.known_day) {
        line("known", fmt::format("{} up to {}, by the app before the first pass",
                                  counted(it.known_length, "day"), *it.known_day));
    }
    line("stored",
         fmt::format("study_streak {}, last_activity_date {}", it.stored_streak,
                     it.stored_last_activity ? format_instant(*it.stored_last_activity) : "NULL"));
    if (it.future_attempts > 0)
        line("future", counted(it.future_attempts, "attempt") + " later than that");
    if (it.days.empty()) return text;
    Table table{{"day", "attempts", "right", "counted", "first", "last", "zone", ""}};
    for (const auto& day : it.days) {
        table.add({day.day, grouped(day.attempts), grouped(day.correct), grouped(day.counted),
                   format_instant(day.first_at), format_instant(day.last_at),
                   day.zone.value_or("-"), day.in_chain ? "*" : ""});
    }
    return text + "\n" + table.text();
}

template <typename Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json();
}

Json or_null(const std::optional<Instant>& instant) {
    return instant ? Json(format_instant(*instant)) : Json();
}

Json to_json(const Explanation& it) {
    Json zones = Json::array();
    for (const auto& each : it.zones) {
        zones.push_back({{"zone", each.zone},
                         {"named", or_null(each.named)},
                         {"valid", each.is_valid},
                         {"since", or_null(each.since)}});
    }
    Json days = Json::array();
    for (const auto& day : it.days) {
        days.push_back({{"day", day.day},
                        {"zone", or_null(day.zone)},
                        {"attempts", day.attempts},
                        {"correct", day.correct},
                        {"counted", day.counted},
                        {"first_at", format_instant(day.first_at)},
                        {"last_at", format_instant(day.last_at)},
                        {"in_chain", day.in_chain}});
    }
    Json known;
    if (it.known_day) known = {{"day", *it.known_day}, {"length", it.known_length}};
    return {{"user_id", it.user_id},
            {"name", it.name},
            {"as_of", format_instant(it.as_of)},
            {"today", it.today.empty() ? Json() : Json(it.today)},
            {"streak", it.streak},
            {"length", it.length},
            {"began", or_null(it.began)},
            {"last_day", or_null(it.last_day)},
            {"next_day", or_null(it.next_day)},
            {"known_before", known},
            {"stored",
             {{"study_streak", it.stored_streak},
              {"last_activity_date", or_null(it.stored_last_activity)}}},
            {"future_attempts", it.future_attempts},
            {"timezone", or_null(it.timezone)},
            {"moves_with_next_pass", it.has_moved},
            {"zones", zones},
            {"days", days}};
}

}  // namespace

ExitCode explain_streak(Session& session, const std::string& user_id,
                        std::optional<Instant> as_of) {
    const auto explanation = streaks::explain(*session.migrated_postgres(), user_id, as_of);
    session.output.result([&] { return to_text(explanation); },
                          [&] { return to_json(explanation); });
    return ExitCode::done;
}

}  // namespace nightshift::cmd
