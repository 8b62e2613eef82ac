// GIF: a screen, and blocks; each block's data is in pieces of a length and bytes, up to one of
// none. Kept are images, what controls them, and how often an animation runs.
#include "media/formats/bytes.hpp"
#include "media/formats/formats.hpp"

namespace nightshift::media {
namespace {

void take_pieces(Bytes& in) {
    while (const auto length = in.byte()) in.take(length);
}

// A table of colours, where its flag says so.
void take_colours(Bytes& in, std::uint8_t flags) {
    if ((flags & 0x80) != 0) in.take(std::size_t{3} << ((flags & 7) + 1));
}

// Whether it is kept.
bool take_extension(Bytes& in) {
    const auto label = in.byte();
    if (label != 0xFF) {
        take_pieces(in);
        return label == 0xF9;
    }
    const auto name = in.take(in.byte());
    take_pieces(in);
    return name == "NETSCAPE2.0" || name == "ANIMEXTS1.0";
}

}  // namespace

ImageFile read_gif(std::string_view bytes) {
    ImageFile image{.type = ImageType::gif, .frames = 0, .published = {}};
    image.published.reserve(bytes.size());
    Bytes in{bytes};
    const auto version = in.take(6);
    if (version != "GIF87a" && version != "GIF89a") refuse_image("it is no GIF");
    image.width = in.little(2);
    image.height = in.little(2);
    if (image.width == 0 || image.height == 0) refuse_image("it has no size");
    const auto flags = in.byte();
    in.take(2);  // background, aspect
    take_colours(in, flags);
    image.published = in.since(0);
    while (true) {
        const auto from = in.at();
        const auto kind = in.byte();
        bool is_kept = true;
        if (kind == ';') {
            image.published += ';';
            break;
        }
        if (kind == '!') {
            is_kept = take_extension(in);
        } else if (kind == ',') {
            in.take(8);  // place and size
            take_colours(in, in.byte());
            in.take(1);  // bits of a code
            take_pieces(in);
            ++image.frames;
        } else {
            refuse_image("it has a block that nobody knows");
        }
        if (is_kept) image.published += in.since(from);
    }
    if (image.frames == 0) refuse_image("it has no picture in it");
    return image;
}

}  // namespace nightshift::media
