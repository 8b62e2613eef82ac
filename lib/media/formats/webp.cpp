// WebP: a RIFF of chunks of a name, a length and data, padded to even. Kept are those that decode,
// colour and animate; the extended header no longer promises the others.
#include "media/formats/bytes.hpp"
#include "media/formats/formats.hpp"

namespace nightshift::media {
namespace {

struct Chunk {
    std::string_view name;
    std::string_view data;
};

Chunk next_chunk(Bytes& in) {
    Chunk chunk;
    chunk.name = in.take(4);
    const auto length = in.little(4);
    chunk.data = in.take(length);
    if (length % 2 == 1) in.take(1);
    return chunk;
}

void append(std::string& out, std::string_view name, std::string_view data) {
    const auto length = static_cast<std::uint32_t>(data.size());
    out += name;
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(length >> shift & 0xFF);
    out += data;
    if (length % 2 == 1) out += '\0';
}

// RFC 6386, 9.1.
void read_lossy(std::string_view data, ImageFile& image) {
    Bytes in{data};
    in.take(3);
    if (in.take(3) != std::string_view{"\x9D\x01\x2A", 3})
        refuse_image("its frame has no start code");
    image.width = in.little(2) & 0x3FFF;
    image.height = in.little(2) & 0x3FFF;
}

// RFC 9649, 3.4.
void read_lossless(std::string_view data, ImageFile& image) {
    Bytes in{data};
    if (in.byte() != 0x2F) refuse_image("its frame has no signature");
    const auto bits = in.little(4);
    image.width = (bits & 0x3FFF) + 1;
    image.height = (bits >> 14 & 0x3FFF) + 1;
}

// A frame of an animation: 16 bytes, and chunks of its own.
std::string frame(std::string_view data) {
    Bytes in{data};
    std::string out{in.take(16)};
    bool has_picture = false;
    while (in.left() > 0) {
        const auto [name, part] = next_chunk(in);
        if (name == "ALPH" || name == "VP8 " || name == "VP8L") append(out, name, part);
        has_picture = has_picture || name == "VP8 " || name == "VP8L";
    }
    if (!has_picture) refuse_image("a frame has no picture in it");
    return out;
}

}  // namespace

ImageFile read_webp(std::string_view bytes) {
    constexpr unsigned promises_exif_or_xmp = 0x08 | 0x04;
    ImageFile image{.type = ImageType::webp, .frames = 0, .published = {}};
    image.published.reserve(bytes.size());
    Bytes file{bytes};
    if (file.take(4) != "RIFF") refuse_image("it is no WebP");
    Bytes in{file.take(file.little(4))};  // what stands behind it is left away
    if (in.take(4) != "WEBP") refuse_image("it is no WebP");
    std::string out = "WEBP";
    bool has_picture = false;
    ImageFile inner;  // the size of the picture, where no extended header has it
    while (in.left() > 0) {
        const auto [name, data] = next_chunk(in);
        if (name == "VP8X") {
            Bytes header{data};
            const auto flags = header.byte();
            header.take(3);
            image.width = header.little(3) + 1;
            image.height = header.little(3) + 1;
            std::string changed{data};
            changed[0] = static_cast<char>(flags & ~promises_exif_or_xmp);
            append(out, name, changed);
        } else if (name == "VP8 " || name == "VP8L") {
            name == "VP8 " ? read_lossy(data, inner) : read_lossless(data, inner);
            has_picture = true;
            append(out, name, data);
        } else if (name == "ANMF") {
            ++image.frames;
            append(out, name, frame(data));
        } else if (name == "ICCP" || name == "ANIM" || name == "ALPH") {
            append(out, name, data);
        } else if (name == "EXIF") {
            image.orientation = exif_orientation(data);
        }
    }
    if (!has_picture && image.frames == 0) refuse_image("it has no picture in it");
    if (image.width == 0) image.width = inner.width, image.height = inner.height;
    if (image.width == 0 || image.height == 0) refuse_image("it has no size");
    image.frames = std::max(image.frames, std::uint32_t{1});
    append(image.published, "RIFF", out);
    return image;
}

}  // namespace nightshift::media
