#include "postgres/array_text.hpp"

#include <utility>

namespace nightshift::postgres {

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

}  // namespace nightshift::postgres
