#include "notifications/outbox_rows.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace nightshift::notifications {

void ArrayText::begin_element() { text_ += text_.empty() ? '{' : ','; }

void ArrayText::add(std::int64_t number) {
    begin_element();
    text_ += std::to_string(number);
}

void ArrayText::add(std::string_view text) {
    begin_element();
    text_ += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') text_ += '\\';
        text_ += c;
    }
    text_ += '"';
}

void ArrayText::add_or_null(std::string_view text) {
    if (!text.empty()) return add(text);
    begin_element();
    text_ += "NULL";
}

std::string ArrayText::take() { return text_.empty() ? "{}" : std::exchange(text_, {}) + "}"; }

nlohmann::json json_of(const Key& key) {
    return {{"number", key.number}, {"ordinal", key.ordinal}};
}

std::string numbers_of(const std::set<std::int64_t>& numbers) {
    return nlohmann::json(numbers).dump();
}

std::string array_of(const std::vector<std::string>& texts) {
    ArrayText array;
    for (const auto& text : texts) array.add(text);
    return array.take();
}

std::string dumped(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string day_of(Instant now) { return format_instant(now).substr(0, 10); }

}  // namespace nightshift::notifications
