#include "health/describe.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "health/check.hpp"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using health::Check;

std::string text_of(const std::optional<health::Range>& range, const std::string& unit) {
    return range ? range->text + (unit.empty() ? "" : " " + unit) : "-";
}

std::string severity(const Check& check) {
    return check.severity == health::Severity::critical ? "critical" : "warning";
}

Json to_json(const Check& check) {
    return {{"id", check.id},
            {"category", check.category},
            {"severity", severity(check)},
            {"level", health::name(check.level)},
            {"unit", check.unit},
            {"warn", check.warn ? Json(check.warn->text) : Json{}},
            {"crit", check.crit ? Json(check.crit->text) : Json{}},
            {"about", check.about},
            {"fix", check.fix},
            {"grants", check.grants}};
}

}  // namespace

ExitCode list_checks(Session& session) {
    session.output.result(
        [] {
            Table table{{"check", "category", "level", "severity", "warn", "crit"}};
            for (const auto& each : health::checks())
                table.add({each.id, each.category, health::name(each.level), severity(each),
                           text_of(each.warn, each.unit), text_of(each.crit, each.unit)});
            return table.text();
        },
        [] {
            Json all = Json::array();
            for (const auto& each : health::checks()) all.push_back(to_json(each));
            return Json{{"checks", all}};
        });
    return ExitCode::done;
}

ExitCode explain_check(Session& session, const std::string& id) {
    const auto* check = health::find_check(id);
    if (check == nullptr) {
        std::vector<std::string> ids;
        for (const auto& each : health::checks()) ids.push_back(each.id);
        const auto meant = closest(id, ids);
        throw Error{Failure::usage, "there is no check " + excerpt(id), "",
                    meant.empty() ? "health --list has them all" : "did you mean " + meant + "?"};
    }
    session.output.result(
        [&] {
            auto text = fmt::format("{}: {}\n", check->id, check->about);
            text += fmt::format("  category  {}\n  level     {}\n  severity  {}\n", check->category,
                                health::name(check->level), severity(*check));
            if (check->warn)
                text += fmt::format("  degraded  unless {}\n", text_of(check->warn, check->unit));
            if (check->crit)
                text += fmt::format("  unhealthy unless {}\n", text_of(check->crit, check->unit));
            if (!check->grants.empty()) text += fmt::format("  needs     {}\n", check->grants);
            return text + fmt::format("  do        {}\n", check->fix);
        },
        [&] { return to_json(*check); });
    return ExitCode::done;
}

ExitCode print_grants(Session& session) {
    const std::string role = "monitoring";
    std::set<std::string> grants;
    for (const auto& each : health::checks()) {
        if (each.grants.empty()) continue;
        auto sql = each.grants;
        sql.replace(sql.find("{role}"), 6, role);
        grants.insert(sql + ";");
    }
    std::string text = "-- As an administrator, in the app's database; " + role +
                       " is the role of DATABASE_URL.\n"
                       "GRANT USAGE ON SCHEMA nightshift TO " +
                       role +
                       ";\n"
                       "GRANT SELECT ON ALL TABLES IN SCHEMA nightshift TO " +
                       role + ";\n";
    for (const auto& each : grants) text += each + "\n";
    session.output.result([&] { return text; }, [&] { return Json{{"sql", text}}; });
    return ExitCode::done;
}

}  // namespace nightshift::cmd
