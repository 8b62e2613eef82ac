#include "send_reminders/explain.hpp"

#include "base/text.hpp"
#include "notifications/explain.hpp"
#include "notifications/provider.hpp"
#include "send_reminders/providers.hpp"
#include "send_reminders/report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using notifications::Explanation;
using notifications::KindVerdict;

std::string verdict_of(const KindVerdict& it) {
    if (!it.verdict.empty()) return it.verdict;
    if (it.is_before_installation) return "it fell due before migrate up made the outbox";
    if (it.slot_at && !it.is_open) return "its window is over";
    return "not due";
}

std::string instant_or(const std::optional<Instant>& instant, const char* otherwise) {
    return instant ? format_instant(*instant) : otherwise;
}

Json instant_or_null(const std::optional<Instant>& instant) {
    return instant ? Json(format_instant(*instant)) : Json();
}

std::string to_text(const Explanation& it, const notifications::PlanRequest& request) {
    auto text = fmt::format("user {} ({}), as of {}\n", printable(it.user_id), printable(it.name),
                            format_instant(it.as_of));
    const auto line = [&text](std::string_view name, const std::string& value) {
        if (!value.empty()) text += fmt::format("{:9} {}\n", name, value);
    };
    line("zone", it.zone +
                     (it.is_zone_valid ? "" : ", as '" + excerpt(it.named_zone) + "' is no zone") +
                     ", where it is " + it.local_time);
    line("app", it.has_app ? "installed" : "not installed");
    line("wishes", it.wishes.empty() ? "none: quiet from 21:00 to 08:00" : printable(it.wishes));
    line("told", fmt::format("{} today, of {} at most", counted(it.said_today, "notification"),
                             request.user_cap));
    for (const auto& each : it.reach)
        line(each.channel, printable(notifications::masked(each.address)) +
                               (each.obstacle.empty() ? "" : ", " + printable(each.obstacle)));
    Table table{{"kind", "slot", "until", "what it asks for", "verdict"}};
    for (const auto& each : it.kinds)
        table.add({each.kind, instant_or(each.slot_at, "-"), instant_or(each.ends_at, "-"),
                   each.facts, verdict_of(each)});
    return text + "\n" + table.text();
}

Json to_json(const Explanation& it, const notifications::PlanRequest& request) {
    Json reach = Json::array();
    for (const auto& each : it.reach)
        reach.push_back({{"channel", each.channel},
                         {"to", notifications::masked(each.address)},
                         {"obstacle", each.obstacle}});
    Json paused = Json::array();
    for (const auto& each : it.pauses) paused.push_back(each.what);
    Json kinds = Json::array();
    for (const auto& each : it.kinds)
        kinds.push_back({{"kind", each.kind},
                         {"slot_at", instant_or_null(each.slot_at)},
                         {"ends_at", instant_or_null(each.ends_at)},
                         {"window_open", each.is_open},
                         {"before_installation", each.is_before_installation},
                         {"facts", each.facts},
                         {"occasion", each.occasion},
                         {"verdict", verdict_of(each)}});
    return {{"user_id", it.user_id},
            {"name", it.name},
            {"as_of", format_instant(it.as_of)},
            {"zone", it.zone},
            {"zone_valid", it.is_zone_valid},
            {"local_time", it.local_time},
            {"has_app", it.has_app},
            {"wishes", it.wishes},
            {"told_today", it.said_today},
            {"user_cap", request.user_cap},
            {"paused", paused},
            {"allow_list", request.allowed.has_value()},
            {"addresses", reach},
            {"kinds", kinds}};
}

}  // namespace

ExitCode explain_reminders(Session& session, const notifications::Templates& templates,
                           const notifications::Composer& composer, std::optional<Money> budget,
                           const notifications::PlanRequest& request) {
    const auto postgres = session.migrated_postgres();
    const auto reader = session.postgres();
    const auto it = notifications::explain(*postgres, *reader, templates, request);
    // Prices and the budget are a run's own rules.
    const auto forecast =
        notifications::forecast(*postgres, *reader, templates, composer, request, budget);
    const auto& currency = composer.currency();
    session.output.result(
        [&] {
            return to_text(it, request) + "\n" + to_text(forecast, request, currency) +
                   holds_text(it.pauses, request, allow_list_reason(session));
        },
        [&] {
            auto json = to_json(it, request);
            json["run"] = to_json(forecast, request, currency);
            return json;
        });
    return ExitCode::done;
}

}  // namespace nightshift::cmd
