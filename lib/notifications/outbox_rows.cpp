#include "notifications/outbox_rows.hpp"

#include "postgres/array_text.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::notifications {

nlohmann::json json_of(const Key& key) {
    return {{"number", key.number}, {"ordinal", key.ordinal}};
}

std::string numbers_of(const std::set<std::int64_t>& numbers) {
    return nlohmann::json(numbers).dump();
}

std::string array_of(const std::vector<std::string>& texts) {
    postgres::ArrayText array;
    for (const auto& text : texts) array.add(text);
    return array.take();
}

std::string dumped(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string day_of(Instant now) { return format_instant(now).substr(0, 10); }

}  // namespace nightshift::notifications
