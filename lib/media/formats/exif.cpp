// TIFF 6.0 as EXIF uses it: a header, and a list of entries of 12 bytes.
#include "media/formats/bytes.hpp"

namespace nightshift::media {

int exif_orientation(std::string_view tiff) {
    constexpr std::uint32_t orientation = 0x0112;
    constexpr std::size_t entry_length = 12;
    if (tiff.starts_with(std::string_view{"Exif\0\0", 6})) tiff.remove_prefix(6);
    const bool is_big = tiff.starts_with("MM");
    if (tiff.size() < 8 || (!is_big && !tiff.starts_with("II"))) return 1;
    const auto number = [&](std::size_t at, std::size_t bytes) {
        return Bytes::number(tiff.substr(at, bytes), is_big);
    };
    const std::size_t list = number(4, 4);
    if (list > tiff.size() || tiff.size() - list < 2) return 1;
    const std::size_t entries = number(list, 2);
    for (std::size_t i = 0; i < entries; ++i) {
        const auto at = list + 2 + i * entry_length;
        if (at > tiff.size() || tiff.size() - at < entry_length) return 1;
        if (number(at, 2) != orientation) continue;
        const auto value = number(at + 8, 2);
        return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return 1;
}

}  // namespace nightshift::media
