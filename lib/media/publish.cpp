#include "media/publish.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace nightshift::media {
namespace {

constexpr const char* private_cache = "private, no-store";
constexpr const char* version = "v1";  // of how the worker makes variants

// media/ab/cd/abcd....
std::string stem_of(const std::string& prefix, const std::string& sha256) {
    return prefix + "/" + sha256.substr(0, 2) + "/" + sha256.substr(2, 2) + "/" + sha256;
}

std::string variant_key(const PublishRules& rules, const std::string& sha256,
                        const std::string& name) {
    const auto size = std::find_if(rules.sizes.begin(), rules.sizes.end(),
                                   [&name](const VariantSize& each) { return each.name == name; });
    return stem_of(rules.prefix, sha256) + "_" + name + "." + std::to_string(size->edge) + "q" +
           std::to_string(rules.quality) + version + ".webp";
}

NewObject object_of(std::string key, Content content, const std::string& sha256,
                    std::string_view mime_type) {
    return {.key = std::move(key),
            .content = std::move(content),
            .sha256 = sha256,
            .mime_type = std::string{mime_type}};
}

// A HEIC is shown by few browsers; neither it nor an AVIF can be rid of what it says of its owner
// but by being made anew, and a photo that is not upright would be shown so.
bool is_made_anew(const ImageFile& image) {
    return image.type == ImageType::heic || image.type == ImageType::avif || image.orientation != 1;
}

// What it is made anew as: what may be transparent, or move, stays so.
ImageType type_anew(ImageType type) {
    return type == ImageType::png || type == ImageType::webp ? type : ImageType::jpeg;
}

void keep_original(Published& published, NewObject object, const std::string& extension,
                   const PublishRules& rules) {
    if (rules.original == Original::none) return;
    const bool is_private = rules.original == Original::is_private;
    object.key =
        stem_of(is_private ? rules.private_prefix : rules.prefix, object.sha256) + "." + extension;
    if (is_private) object.cache_control = private_cache;
    published.file.key = object.key;
    published.objects.push_back(std::move(object));
}

}  // namespace

std::string recipe_of(const PublishRules& rules) {
    std::string recipe;
    for (const auto& each : rules.sizes)
        recipe += (recipe.empty() ? "" : ",") + each.name + "=" + std::to_string(each.edge);
    return recipe.empty() ? recipe : recipe + ";q" + std::to_string(rules.quality) + ";" + version;
}

std::optional<ImageFile> look_at_image(const SourceFile& source, const PublishRules& rules) {
    if (!source.image) return std::nullopt;
    auto image = read_image(source.image_bytes);
    if (image.frames > rules.most_frames) {
        throw Error{
            Failure::data, "this animation is too long",
            counted(image.frames, "frame") + ", and " + grouped(rules.most_frames) + " are taken",
            "shorten it"};
    }
    const auto pixels = std::uint64_t{image.width} * image.height * image.frames;
    if (pixels > rules.most_pixels) {
        throw Error{Failure::data, "this picture is too large",
                    std::to_string(image.width) + " x " + std::to_string(image.height) +
                        (image.frames > 1 ? " x " + counted(image.frames, "frame") : "") +
                        " are more than " + grouped(static_cast<std::int64_t>(rules.most_pixels)) +
                        " pixels",
                    "make it smaller, or raise --max-pixels"};
    }
    return image;
}

// Measured with libvips 8.14 (tests/bench/README.md): a JPEG is shrunk while it is read, and a
// progressive one of 12 megapixels takes 127 MB; the rest is held whole.
std::uint64_t memory_to_decode(const ImageFile& image, const PublishRules& rules) {
    if (rules.sizes.empty() && !is_made_anew(image)) return 0;
    constexpr std::uint64_t program = std::uint64_t{32} << 20;
    constexpr std::uint64_t unknown = std::uint64_t{128} << 20;  // HEIC, AVIF
    const auto pixels = std::uint64_t{image.width} * image.height * image.frames;
    if (pixels == 0) return unknown;
    return program + pixels * (image.type == ImageType::jpeg && !is_made_anew(image) ? 3 : 8);
}

Published publish(const std::string& path, SourceFile source, std::optional<ImageFile> image,
                  const PublishRules& rules, ImageWorker& worker) {
    Published published{.file = {.source_path = path,
                                 .source_sha256 = source.sha256,
                                 .source_bytes = source.bytes,
                                 .key = {},
                                 .sha256 = source.sha256,
                                 .mime_type = source.mime_type,
                                 .bytes = source.bytes,
                                 .recipe = no_recipe,
                                 .variants = {}},
                        .objects = {}};
    auto& file = published.file;
    if (!image) {
        keep_original(published,
                      object_of({}, std::move(source.content), source.sha256, source.mime_type),
                      source.extension, rules);
        return published;
    }
    const bool is_anew = is_made_anew(*image);
    const std::string whole{is_anew ? extension(type_anew(image->type)) : ""};
    std::vector<Picture> pictures;
    if (is_anew || !rules.sizes.empty()) {
        // Of a PNG that moves the decoder knows the first picture alone.
        const auto frames = image->type == ImageType::png ? 1 : image->frames;
        if (is_anew) image->frames = frames;
        pictures = worker.make(
            source.image_bytes,
            {.frames = frames, .whole = whole, .quality = rules.quality, .sizes = rules.sizes});
    }
    auto bytes = std::move(image->published);
    auto type = image->type;
    file.width = static_cast<int>(image->width);
    file.height = static_cast<int>(image->height);
    if (is_anew) {
        bytes = std::move(pictures.front().bytes);
        type = type_anew(type);
        file.width = pictures.front().width;
        file.height = pictures.front().height;
        pictures.erase(pictures.begin());
    }
    file.frames = static_cast<int>(image->frames);
    const bool is_as_it_came = bytes == source.image_bytes;
    file.sha256 = is_as_it_came ? source.sha256 : sha256_hex(bytes);
    file.mime_type = mime_type(type);
    file.bytes = bytes.size();
    file.recipe = recipe_of(rules);
    keep_original(published,
                  object_of({}, content_of(std::move(bytes)), file.sha256, file.mime_type),
                  std::string{extension(type)}, rules);
    std::reverse(pictures.begin(), pictures.end());  // the smallest first
    for (auto& each : pictures) {
        const auto sha256 = sha256_hex(each.bytes);
        const auto key = variant_key(rules, file.sha256, each.name);
        file.variants.push_back({.name = each.name,
                                 .key = key,
                                 .sha256 = sha256,
                                 .bytes = each.bytes.size(),
                                 .width = each.width,
                                 .height = each.height});
        published.objects.push_back(
            object_of(key, content_of(std::move(each.bytes)), sha256, "image/webp"));
    }
    return published;
}

}  // namespace nightshift::media
