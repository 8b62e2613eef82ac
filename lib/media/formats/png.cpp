// PNG: a signature, and chunks of a length, a name, data and a checksum. Kept are those that
// decode, colour and animate.
#include "media/formats/bytes.hpp"
#include "media/formats/formats.hpp"

#include <algorithm>
#include <array>

#include <zlib.h>

namespace nightshift::media {
namespace {

constexpr std::string_view signature{"\x89PNG\r\n\x1A\n", 8};
constexpr std::uint32_t longest = 0x7FFFFFFF;

bool is_kept(std::string_view name) {
    static constexpr std::array<std::string_view, 16> kept{
        "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB",
        "iCCP", "cICP", "sBIT", "bKGD", "pHYs", "acTL", "fcTL", "fdAT"};
    return std::find(kept.begin(), kept.end(), name) != kept.end();
}

bool is_critical(std::string_view name) { return name[0] >= 'A' && name[0] <= 'Z'; }

}  // namespace

ImageFile read_png(std::string_view bytes) {
    ImageFile image{.type = ImageType::png, .published = {}};
    image.published.reserve(bytes.size());
    Bytes in{bytes};
    if (in.take(signature.size()) != signature) refuse_image("it is no PNG");
    image.published = signature;
    bool has_data = false;
    while (true) {
        const auto from = in.at();
        const auto length = in.big(4);
        if (length > longest) refuse_image("a chunk is too long");
        const auto named = in.take(4 + length);
        const auto name = named.substr(0, 4);
        const auto data = named.substr(4);
        const auto sum = ::crc32(0, reinterpret_cast<const Bytef*>(named.data()),
                                 static_cast<uInt>(named.size()));
        if (in.big(4) != sum) refuse_image("a chunk's checksum is wrong");
        const bool is_first = from == signature.size();
        if (is_first != (name == "IHDR")) refuse_image("its header does not stand first");
        if (is_first) {
            Bytes header{data};
            image.width = header.big(4);
            image.height = header.big(4);
            if (image.width == 0 || image.height == 0) refuse_image("it has no size");
        }
        if (name == "acTL") image.frames = std::max(Bytes{data}.big(4), std::uint32_t{1});
        if (name == "eXIf") image.orientation = exif_orientation(data);
        has_data = has_data || name == "IDAT";
        if (is_kept(name)) {
            image.published += in.since(from);
        } else if (is_critical(name)) {
            refuse_image("it has a chunk that nobody knows, and that it cannot do without");
        }
        if (name == "IEND") break;
    }
    if (!has_data) refuse_image("it has no picture in it");
    return image;
}

}  // namespace nightshift::media
