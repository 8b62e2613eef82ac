#include "health/in_a_row.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::health {

using Json = nlohmann::json;

constexpr int most_times = 1'000'000;

NotWellChecks parse_not_well(const std::string& text, const std::string& origin) {
    try {
        NotWellChecks checks;
        const auto json = Json::parse(text);
        if (json.at("schema_version") != 1) throw std::runtime_error{"schema_version is not 1"};
        for (const auto& [id, each] : json.at("checks").items()) {
            const auto since = parse_instant(each.at("since").get<std::string>());
            if (!since) throw std::runtime_error{"since is no time"};
            const auto times = each.at("times").get<std::int64_t>();
            if (times < 1 || times > most_times)
                throw std::runtime_error{"times is none from 1 to a million"};
            checks[id] = {static_cast<int>(times), *since};
        }
        return checks;
    } catch (const std::exception& error) {
        throw Error{Failure::data, excerpt(origin, 200) + " does not say how often checks were bad",
                    error.what(), "name another file, or delete it: the count begins anew"};
    }
}

std::string text_of(const NotWellChecks& checks) {
    Json all = Json::object();
    for (const auto& [id, each] : checks)
        all[id] = {{"times", each.times}, {"since", format_instant(each.since)}};
    return Json{{"schema_version", 1}, {"checks", all}}.dump(1) + "\n";
}

void alarm_after(int times, Report& report, NotWellChecks& checks, Instant now) {
    for (auto& each : report.results) {
        if (each.status == Status::skipped) continue;
        if (each.status == Status::healthy) {
            checks.erase(each.id);
            continue;
        }
        auto& count = checks.try_emplace(each.id, NotWell{0, now}).first->second;
        count.times = std::min(count.times + 1, most_times);
        if (count.times >= times) continue;
        each.said = fmt::format("{} {} of {} times in a row: {}", name(each.status), count.times,
                                times, each.said);
        each.status = Status::healthy;
        each.why.clear();
        each.fix.clear();
    }
}

}  // namespace nightshift::health
