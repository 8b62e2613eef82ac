#include "health/mutes.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::health {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& origin, const std::string& why) {
    throw Error{Failure::configuration, "the mutes in " + excerpt(origin, 200) + " cannot be used",
                why, "nightshift-health(1) has one that can"};
}

Mute read(const Json& json, const std::string& origin, std::size_t number) {
    const auto text = [&](const char* field) {
        const auto where = fmt::format("{} of mute {}", field, number);
        if (!json.is_object() || !json.contains(field)) refuse(origin, where + " is not there");
        const auto& value = json.at(field);
        if (!value.is_string() || trimmed(value.get<std::string>()).empty())
            refuse(origin, where + " must be words in quotes");
        return value.get<std::string>();
    };
    const auto until = parse_instant(text("until"));
    if (!until)
        refuse(origin,
               fmt::format("until of mute {} is no time such as 2026-12-06T06:00:00Z", number));
    Mute mute{text("check"), *until, text("reason")};
    const auto& all = checks();
    if (std::none_of(all.begin(), all.end(),
                     [&](const Check& each) { return is_of(each.id, mute.check); }))
        refuse(origin,
               "there is no check " + excerpt(mute.check) + ", of mute " + std::to_string(number));
    return mute;
}

}  // namespace

std::vector<Mute> parse_mutes(const std::string& text, const std::string& origin) {
    const auto json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) refuse(origin, "it is no JSON");
    if (!json.is_object() || json.value("schema_version", Json{}) != 1)
        refuse(origin, "schema_version must be 1");
    if (!json.contains("mutes") || !json["mutes"].is_array())
        refuse(origin, "mutes must be a list");
    std::vector<Mute> mutes;
    for (const auto& each : json["mutes"]) mutes.push_back(read(each, origin, mutes.size() + 1));
    return mutes;
}

void mute(Report& report, const std::vector<Mute>& mutes, Instant now) {
    for (auto& each : report.results) {
        if (each.status == Status::healthy || each.status == Status::skipped) continue;
        const auto found = std::find_if(mutes.begin(), mutes.end(), [&](const Mute& one) {
            return now < one.until && is_of(each.id, one.check);
        });
        if (found == mutes.end()) continue;
        each.said =
            fmt::format("muted until {}, {}: {}, {}", format_instant(found->until),
                        excerpt(one_line(found->reason), 200), name(each.status), each.said);
        each.status = Status::skipped;
        each.why.clear();
        each.fix.clear();
    }
}

}  // namespace nightshift::health
