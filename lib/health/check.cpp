#include "health/check.hpp"

#include "health/json.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::health {
namespace {

using Json = nlohmann::json;

std::optional<Range> range_of(const Json& json, const char* name) {
    if (!json.contains(name)) return std::nullopt;
    return parse_range(json.at(name));
}

std::vector<Check> read() {
    static const std::map<std::string, Level> levels{
        {"quick", Level::quick}, {"standard", Level::standard}, {"deep", Level::deep}};
    std::vector<Check> all;
    for (const auto& each : Json::parse(json::checks)) {
        all.push_back(
            {.id = each.at("id"),
             .category = each.at("category"),
             .severity = each.at("severity") == "critical" ? Severity::critical : Severity::warning,
             .level = levels.at(each.at("level")),
             .unit = each.value("unit", ""),
             .warn = range_of(each, "warn"),
             .crit = range_of(each, "crit"),
             .about = each.at("about"),
             .fix = each.at("fix"),
             .grants = each.value("grants", "")});
    }
    return all;
}

}  // namespace

std::string name(Status status) {
    static const std::map<Status, std::string> names{{Status::healthy, "healthy"},
                                                     {Status::degraded, "degraded"},
                                                     {Status::unhealthy, "unhealthy"},
                                                     {Status::unknown, "unknown"},
                                                     {Status::skipped, "skipped"}};
    return names.at(status);
}

std::string name(Level level) {
    return level == Level::quick ? "quick" : level == Level::standard ? "standard" : "deep";
}

const std::vector<Check>& checks() {
    static const auto all = read();
    return all;
}

const Check* find_check(const std::string& id) {
    const auto& all = checks();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Check& each) { return each.id == id; });
    return found != all.end() ? &*found : nullptr;
}

bool is_of(const std::string& id, const std::string& name) {
    return id == name || id.starts_with(name + ".");
}

Result judged(const Check& check, double value, const std::string& said) {
    Result result{
        .id = check.id, .said = said, .value = value, .warn = check.warn, .crit = check.crit};
    const auto alarm = [&](const std::optional<Range>& range, Status status) {
        if (result.status != Status::healthy || !range || !range->alarms(value)) return;
        result.status = status;
        result.why = "it should be " + range->words(check.unit);
        result.fix = check.fix;
    };
    alarm(check.crit, Status::unhealthy);
    alarm(check.warn, Status::degraded);
    return result;
}

Status Report::status() const {
    Status worst = Status::healthy;
    const auto rank = [](Status status) {
        return status == Status::unhealthy  ? 3
               : status == Status::unknown  ? 2
               : status == Status::degraded ? 1
                                            : 0;
    };
    for (const auto& each : results) {
        auto status = each.status;
        if (find_check(each.id)->severity == Severity::warning) {
            if (status == Status::unhealthy) status = Status::degraded;
            if (status == Status::unknown) status = Status::healthy;
        }
        if (rank(status) > rank(worst)) worst = status;
    }
    return worst;
}

}  // namespace nightshift::health
