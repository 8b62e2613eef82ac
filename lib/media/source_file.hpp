// A file that is to be uploaded, as nobody trusts it: what it is says its content, not its name.
//
// Images are told by their own headers (image_file.hpp), the rest by libmagic. An image is read
// whole; of another file each piece is read when it is sent, and a file that changes meanwhile is
// an error.
#pragma once

#include "media/image_file.hpp"
#include "media/object_store.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace nightshift::media {

struct SourceRules {
    std::uint64_t most_image_bytes = std::uint64_t{50} << 20;
    std::uint64_t most_bytes = std::uint64_t{5} << 30;  // of others
    std::set<std::string> more_types = {};              // MIME types beside images'
};

struct SourceFile {
    std::string sha256;
    std::uint64_t bytes = 0;
    std::string mime_type;
    std::string extension;           // by the type: jpg
    std::optional<ImageType> image;  // then it is in memory
    std::string image_bytes;
    Content content;  // of what is no image
};

// Throws Error (data): a file that cannot be read, is empty, too large, or of a type that is not
// allowed, with what it is.
SourceFile read_source(const std::string& path, const SourceRules& rules);

// How many bytes of memory it may take to hold it until it is stored.
std::uint64_t memory_of_source(std::uint64_t bytes, const SourceRules& rules);

// Why no file of this type is ever taken: it is run by who opens it. Empty: it may be.
std::string why_never(const std::string& mime_type);

}  // namespace nightshift::media
