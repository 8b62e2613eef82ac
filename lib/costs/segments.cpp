#include "costs/segments.hpp"

#include "base/text.hpp"

#include <array>
#include <vector>

namespace nightshift::costs {
namespace {

// TS 23.038, 6.2.1, without the escape; and its extension table, of which each takes two septets.
constexpr std::u32string_view basic =
    U"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    U"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
constexpr std::u32string_view extension = U"^{}\\[~]|€\f";

enum class Width { none, one, two };  // septets; none: it is not in GSM-7

Width width_of(char32_t character) {
    static const auto ascii = [] {
        std::array<Width, 128> widths{};
        for (char32_t each = 0; each < widths.size(); ++each)
            widths[each] = extension.find(each) != std::u32string_view::npos ? Width::two
                           : basic.find(each) != std::u32string_view::npos   ? Width::one
                                                                             : Width::none;
        return widths;
    }();
    if (character < ascii.size()) return ascii[character];
    if (extension.find(character) != std::u32string_view::npos) return Width::two;
    return basic.find(character) != std::u32string_view::npos ? Width::one : Width::none;
}

// How many units each character takes, packed into segments of which none is parted.
int packed(const std::vector<int>& units, int alone, int together) {
    int sum = 0;
    for (const int each : units) sum += each;
    if (sum <= alone) return 1;
    int count = 1;
    int used = 0;
    for (const int each : units) {
        if (used + each > together) {
            ++count;
            used = 0;
        }
        used += each;
    }
    return count;
}

}  // namespace

Segments segments_of(std::string_view text) {
    std::vector<int> septets;
    std::vector<int> utf16;
    bool is_gsm = true;
    for (const char32_t each : code_points(text)) {
        const auto width = width_of(each);
        is_gsm = is_gsm && width != Width::none;
        septets.push_back(width == Width::two ? 2 : 1);
        utf16.push_back(each > 0xFFFF ? 2 : 1);
    }
    if (is_gsm) return {Alphabet::gsm7, packed(septets, 160, 153)};
    return {Alphabet::ucs2, packed(utf16, 70, 67)};
}

}  // namespace nightshift::costs
