// JPEG: segments of a marker, a length and data; after each start of scan come coded bytes up to
// the next marker. Kept is what decodes and colours: JFIF without its thumbnail, ICC, Adobe's
// transform.
#include "media/formats/bytes.hpp"
#include "media/formats/formats.hpp"

namespace nightshift::media {
namespace {

constexpr std::uint8_t start_of_image = 0xD8;
constexpr std::uint8_t end_of_image = 0xD9;
constexpr std::uint8_t start_of_scan = 0xDA;
constexpr std::uint8_t comment = 0xFE;

bool is_frame(std::uint8_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}
bool stands_alone(std::uint8_t marker) {
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
}
bool is_application(std::uint8_t marker) { return marker >= 0xE0 && marker <= 0xEF; }

// Any number of FF may stand before a marker.
std::uint8_t next_marker(Bytes& in) {
    if (in.byte() != 0xFF) refuse_image("a segment does not begin where the one before it ends");
    auto marker = in.byte();
    while (marker == 0xFF) marker = in.byte();
    return marker;
}

std::string segment(std::uint8_t marker, std::string_view data) {
    const auto length = data.size() + 2;
    std::string text{'\xFF', static_cast<char>(marker), static_cast<char>(length >> 8),
                     static_cast<char>(length & 0xFF)};
    return text.append(data);
}

// What of an application's segment is kept; empty: nothing.
std::string kept(std::uint8_t marker, std::string_view data) {
    constexpr std::size_t jfif_without_thumbnail = 14;
    if (marker == 0xE0 && data.starts_with(std::string_view{"JFIF\0", 5}) &&
        data.size() >= jfif_without_thumbnail)
        return segment(marker, std::string{data.substr(0, 12)} + std::string(2, '\0'));
    const bool is_profile =
        marker == 0xE2 && data.starts_with(std::string_view{"ICC_PROFILE\0", 12});
    const bool is_transform = marker == 0xEE && data.starts_with("Adobe");
    return is_profile || is_transform ? segment(marker, data) : std::string{};
}

void read_frame(std::string_view data, ImageFile& image) {
    Bytes in{data};
    in.take(1);  // bits of a sample
    image.height = in.big(2);
    image.width = in.big(2);
    if (image.width == 0 || image.height == 0) refuse_image("it has no size");
}

// Up to the marker that ends them: one that is neither an escaped FF nor a restart.
std::string_view coded_bytes(Bytes& in, std::string_view all) {
    const auto from = in.at();
    while (true) {
        const auto next = all.find('\xFF', in.at());
        if (next == std::string_view::npos || next + 1 >= all.size())
            refuse_image("it ends too early");
        in.take(next - in.at());
        const auto marker = static_cast<std::uint8_t>(all[next + 1]);
        if (marker == 0xFF) {
            in.take(1);
        } else if (marker == 0 || stands_alone(marker)) {
            in.take(2);
        } else {
            return in.since(from);
        }
    }
}

}  // namespace

ImageFile read_jpeg(std::string_view bytes) {
    ImageFile image{.type = ImageType::jpeg, .published = {}};
    image.published.reserve(bytes.size());
    Bytes in{bytes};
    auto& out = image.published;
    in.take(1);
    if (in.byte() != start_of_image) refuse_image("it is no JPEG");
    out = "\xFF\xD8";
    bool has_scan = false;
    while (true) {
        const auto marker = next_marker(in);
        if (marker == end_of_image) break;
        if (marker == start_of_image) refuse_image("one image begins within another");
        if (stands_alone(marker)) continue;
        const auto length = in.big(2);
        if (length < 2) refuse_image("a segment has no length");
        const auto data = in.take(length - 2);
        if (is_application(marker)) {
            out += kept(marker, data);
            if (marker == 0xE1 && data.starts_with(std::string_view{"Exif\0\0", 6}))
                image.orientation = exif_orientation(data);
            continue;
        }
        if (marker == comment) continue;
        if (is_frame(marker)) {
            if (image.width != 0) refuse_image("it has two frames");
            read_frame(data, image);
        }
        out += segment(marker, data);
        if (marker != start_of_scan) continue;
        if (image.width == 0) refuse_image("it has a scan and no frame");
        has_scan = true;
        out += coded_bytes(in, bytes);
    }
    if (!has_scan) refuse_image("it has no picture in it");
    out += "\xFF\xD9";
    return image;
}

}  // namespace nightshift::media
