#include "base/text.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace nightshift {
namespace {

// Levenshtein's distance.
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto above = row[j];
            row[j] =
                std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

// Each character's bytes; none of what is no UTF-8.
template <typename Take>
void for_each_character(std::string_view text, const Take& take) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        const auto bytes = text.substr(i, length);
        const bool is_one = lead < 0x80 || is_database_text(bytes);
        take(is_one ? bytes : std::string_view{});
        i += is_one ? length : 1;
    }
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    static constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lowered(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

bool is_database_text(std::string_view text) {
    const auto continues = [&](std::size_t at) {
        return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead == 0) return false;
        if (lead < 0x80) {
            ++i;
        } else if (lead >= 0xC2 && lead <= 0xDF && continues(i + 1)) {
            i += 2;
        } else if (lead >= 0xE0 && lead <= 0xEF && continues(i + 1) && continues(i + 2)) {
            const auto second = static_cast<unsigned char>(text[i + 1]);
            if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return false;
            i += 3;
        } else if (lead >= 0xF0 && lead <= 0xF4 && continues(i + 1) && continues(i + 2) &&
                   continues(i + 3)) {
            const auto second = static_cast<unsigned char>(text[i + 1]);
            if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return false;
            i += 4;
        } else {
            return false;
        }
    }
    return true;
}

std::u32string code_points(std::string_view text) {
    std::u32string points;
    for_each_character(text, [&points](std::string_view bytes) {
        if (bytes.size() < 2) {
            points += bytes.empty() ? U'\uFFFD' : static_cast<unsigned char>(bytes.front());
            return;
        }
        char32_t point = static_cast<unsigned char>(bytes.front());
        point &= 0xFFU >> (bytes.size() + 1);
        for (const char c : bytes.substr(1))
            point = (point << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
        points += point;
    });
    return points;
}

std::string well_formed(std::string_view text) {
    std::string out;
    for_each_character(text,
                       [&out](std::string_view bytes) { out += bytes.empty() ? "\uFFFD" : bytes; });
    return out;
}

std::string percent_encoded(std::string_view text, std::string_view digits) {
    static constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos) {
            out += c;
        } else {
            (out += '%') += digits[byte >> 4U];
            out += digits[byte & 15U];
        }
    }
    return out;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned byte = 0;
        const auto* digits = text.data() + i + 1;
        if (i + 2 >= text.size()) return std::nullopt;
        const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
        if (error != std::errc{} || end != digits + 2) return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

std::string grouped(std::int64_t number) {
    auto out = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (auto at = static_cast<std::int64_t>(out.size()) - 3; at > static_cast<std::int64_t>(first);
         at -= 3) {
        out.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return out;
}

std::string counted(std::int64_t number, std::string_view thing) {
    const auto count = grouped(number) + " ";
    if (number == 1) return count + std::string{thing};
    if (thing.ends_with('y') && !thing.ends_with("ay"))
        return count + std::string{thing.substr(0, thing.size() - 1)} + "ies";
    return count + std::string{thing} + "s";
}

std::string one_line(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = trimmed(text.substr(0, end));
        if (!line.empty() && std::find(lines.begin(), lines.end(), line) == lines.end()) {
            lines.push_back(line);
        }
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    std::string out;
    for (const auto line : lines) out += (out.empty() ? "" : " ") + std::string{line};
    return out;
}

std::string csv_quoted(std::string_view text) {
    std::string out = "\"";
    for (const auto character : text) {
        if (character == '"') out += '"';
        out += character;
    }
    return out + '"';
}

std::string printable(std::string_view text) {
    std::string out{text};
    const auto at = [&out](std::size_t i) {
        return i < out.size() ? static_cast<unsigned char>(out[i]) : 0U;
    };
    for (std::size_t i = 0; i < out.size(); ++i) {
        const bool c1 = at(i) == 0xC2 && at(i + 1) >= 0x80 && at(i + 1) < 0xA0;  // U+0080 to U+009F
        // U+202A to U+202E, U+2066 to U+2069
        const bool turns =
            at(i) == 0xE2 && ((at(i + 1) == 0x80 && at(i + 2) >= 0xAA && at(i + 2) <= 0xAE) ||
                              (at(i + 1) == 0x81 && at(i + 2) >= 0xA6 && at(i + 2) <= 0xA9));
        if (at(i) < 0x20 || at(i) == 0x7F) out[i] = '?';
        if (c1) out.replace(i, 2, "?");
        if (turns) out.replace(i, 3, "?");
    }
    return out;
}

std::string excerpt(std::string_view text, std::size_t length) {
    const bool cut = text.size() > length;
    std::string out{text.substr(0, length)};
    if (cut) {  // never half a character
        while (!out.empty() && !is_database_text(out) && is_database_text(text)) out.pop_back();
    }
    if (!is_database_text(out))
        std::replace_if(
            out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
            '?');
    return printable(out) + (cut ? "..." : "");
}

std::string closest(const std::string& word, const std::vector<std::string>& known) {
    std::string best;
    std::size_t best_distance = 3;
    for (const auto& candidate : known) {
        const bool is_begun = word.size() >= 3 && candidate.starts_with(word);
        const auto longer = std::max(word.size(), candidate.size());
        const auto shorter = std::min(word.size(), candidate.size());
        if (!is_begun && longer - shorter >= best_distance) continue;
        const auto d = is_begun ? 1 : distance(word, candidate);
        if (d < best_distance) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

}  // namespace nightshift
