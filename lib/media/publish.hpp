// What leaves of a file: its objects, with their keys. Nothing of it says more of its owner than
// the picture itself.
#pragma once

#include "media/image_file.hpp"
#include "media/image_worker.hpp"
#include "media/media_index.hpp"
#include "media/object_store.hpp"
#include "media/source_file.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::media {

struct PublishRules {
    std::string prefix = "media";
    std::string private_prefix = "private";
    Original original = Original::is_public;
    std::vector<VariantSize> sizes = {{"small", 400}, {"medium", 800}, {"large", 1200}};
    int quality = 80;
    std::uint64_t most_pixels = 100'000'000;  // of all frames together
    std::uint32_t most_frames = 300;
};

struct Published {
    StoredFile file;
    std::vector<NewObject> objects;
};

// How variants are made: small=400,medium=800,large=1200;q80;v1. Empty: none are.
std::string recipe_of(const PublishRules& rules);

// What is known before anything is decoded. Nothing: it is no image. Throws Error (data) for a file
// that is damaged, and for one with too many pixels or frames.
std::optional<ImageFile> look_at_image(const SourceFile& source, const PublishRules& rules);

// How many bytes a decoder may take for it; 0: nothing is decoded.
std::uint64_t memory_to_decode(const ImageFile& image, const PublishRules& rules);

// Throws Error as the worker does.
Published publish(const std::string& path, SourceFile source, std::optional<ImageFile> image,
                  const PublishRules& rules, ImageWorker& worker);

}  // namespace nightshift::media
