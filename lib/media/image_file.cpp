#include "media/image_file.hpp"

#include "media/formats/bytes.hpp"
#include "media/formats/formats.hpp"

#include <algorithm>
#include <array>

namespace nightshift::media {
namespace {

struct Known {
    ImageType type;
    std::string_view mime;
    std::string_view extension;
};

constexpr std::array<Known, 6> known{{{ImageType::jpeg, "image/jpeg", "jpg"},
                                      {ImageType::png, "image/png", "png"},
                                      {ImageType::gif, "image/gif", "gif"},
                                      {ImageType::webp, "image/webp", "webp"},
                                      {ImageType::heic, "image/heic", "heic"},
                                      {ImageType::avif, "image/avif", "avif"}}};

// ISO/IEC 14496-12: the file begins with a box ftyp: the brand that it is best read by, a version,
// and the brands that it can be read by.
std::optional<ImageType> type_of_brands(std::string_view head) {
    static constexpr std::array<std::string_view, 6> heic{"heic", "heix", "heim",
                                                          "heis", "hevc", "hevx"};
    std::optional<ImageType> type;
    for (std::size_t at = 8; at + 4 <= std::min<std::size_t>(head.size(), 32); at += 4) {
        const auto brand = head.substr(at, 4);
        if (brand == "avif" || brand == "avis") return ImageType::avif;
        if (std::find(heic.begin(), heic.end(), brand) != heic.end()) type = ImageType::heic;
    }
    return type;
}

}  // namespace

std::string_view mime_type(ImageType type) { return known.at(static_cast<std::size_t>(type)).mime; }

std::string_view extension(ImageType type) {
    return known.at(static_cast<std::size_t>(type)).extension;
}

std::optional<ImageType> image_type(std::string_view head) {
    if (head.starts_with("\xFF\xD8\xFF")) return ImageType::jpeg;
    if (head.starts_with("\x89PNG\r\n\x1A\n")) return ImageType::png;
    if (head.starts_with("GIF87a") || head.starts_with("GIF89a")) return ImageType::gif;
    if (head.starts_with("RIFF") && head.substr(0, 12).ends_with("WEBP")) return ImageType::webp;
    if (head.size() >= 12 && head.substr(4, 4) == "ftyp") return type_of_brands(head);
    return std::nullopt;
}

ImageFile read_image(std::string_view bytes) {
    const auto type = image_type(bytes);
    if (!type) refuse_image("its first bytes are no image's that is known");
    switch (*type) {
        case ImageType::jpeg:
            return read_jpeg(bytes);
        case ImageType::png:
            return read_png(bytes);
        case ImageType::gif:
            return read_gif(bytes);
        case ImageType::webp:
            return read_webp(bytes);
        case ImageType::heic:
        case ImageType::avif:
            break;
    }
    return {.type = *type, .published = {}};
}

}  // namespace nightshift::media
