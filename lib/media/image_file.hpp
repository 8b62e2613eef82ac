// What an image file says of itself, read from its bytes alone and before anything is decoded; and
// the same image without what it says of its owner.
//
// JPEG (ITU-T T.81, JFIF), PNG (W3C, third edition, with APNG), GIF (89a) and WebP (RFC 9649) are
// read whole, block by block. HEIC and AVIF (ISO/IEC 23008-12) are recognised, and are to be made
// anew.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nightshift::media {

enum class ImageType { jpeg, png, gif, webp, heic, avif };

// image/jpeg, and jpg.
std::string_view mime_type(ImageType type);
std::string_view extension(ImageType type);

// By the first bytes; 32 are enough. nullopt: none of these.
std::optional<ImageType> image_type(std::string_view head);

struct ImageFile {
    ImageType type = ImageType::jpeg;
    std::uint32_t width = 0;  // pixels, as stored
    std::uint32_t height = 0;
    std::uint32_t frames = 1;  // of an animation
    int orientation = 1;       // EXIF's, 1 to 8: 1 is upright
    // The file without EXIF, GPS, XMP, IPTC, comments, thumbnails, and whatever stands behind its
    // end; pixels and colour profile are the same bytes. Empty of HEIC and AVIF.
    std::string published;
};

// Throws Error (data) for what is truncated, or no such file: a block that goes past the end, a
// PNG's checksum that is wrong. Width and height of HEIC and AVIF are 0.
ImageFile read_image(std::string_view bytes);

}  // namespace nightshift::media
