#include "leaderboard/document.hpp"

#include "base/error.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

namespace nightshift::leaderboard {

using Json = nlohmann::ordered_json;

std::int64_t accuracy_tenths(std::int64_t correct, std::int64_t attempts) {
    return (2000 * correct + attempts) / (2 * attempts);
}

std::string text_of_accuracy(std::int64_t tenths) {
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

Json id_json(const std::string& user_id, bool numeric) {
    if (numeric) return Json::parse(user_id);
    return user_id;
}

Json to_json(const Document& document) {
    Json list = Json::array();
    for (const auto& each : document.top) {
        list.push_back({{"rank", each.rank},
                        {"user_id", id_json(each.user_id, document.numeric_ids)},
                        {"name", each.name},
                        {"attempts", each.attempts},
                        {"accuracy", static_cast<double>(each.accuracy_tenths) / 10}});
    }
    return {{"period", name(document.period)},
            {"updated_at", format_instant(document.updated_at)},
            {"leaderboard", std::move(list)}};
}

Document parse_document(std::string_view text) {
    try {
        const auto json = Json::parse(text);
        Document document;
        const auto period = json.at("period").get<std::string>();
        document.period = period == "weekly" ? Period::weekly : Period::monthly;
        if (period != name(document.period)) throw std::runtime_error{"its period is " + period};
        document.updated_at = parse_instant(json.at("updated_at").get<std::string>()).value();
        for (const auto& each : json.at("leaderboard")) {
            const auto& id = each.at("user_id");
            document.numeric_ids = id.is_number();
            document.top.push_back({each.at("rank").get<std::int64_t>(),
                                    document.numeric_ids ? id.dump() : id.get<std::string>(),
                                    each.at("name").get<std::string>(),
                                    each.at("attempts").get<std::int64_t>(),
                                    std::llround(each.at("accuracy").get<double>() * 10)});
        }
        return document;
    } catch (const std::exception& error) {
        throw Error{Failure::internal, "a board is no document of ours", error.what(),
                    "publish it anew with 'nightshift recompute-leaderboard'"};
    }
}

}  // namespace nightshift::leaderboard
