// Where objects are kept: a folder, or S3 and what speaks like it. One interface, one conformance
// suite (tests/media/object_store_test.cpp).
//
// An object is named by what is in it, and never changes: to put it where it is already is no
// error, and nothing is ever written over.
#pragma once

#include "base/error.hpp"
#include "base/instant.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace nightshift::media {

// What is to be stored, read in pieces, by several threads at once: a large file is never whole in
// memory, and bytes that are there are not copied. Nobody changes a piece while another holds it.
using Piece = std::shared_ptr<const std::string>;
struct Content {
    std::uint64_t size = 0;
    // Fewer bytes than asked for: it has changed. May throw Error.
    std::function<Piece(std::uint64_t offset, std::uint64_t length)> read;
};

Content content_of(std::string bytes);

struct NewObject {
    std::string key;  // media/ab/cd/....jpg
    Content content;
    std::string sha256;  // of it, in hexadecimal
    std::string mime_type;
    std::string cache_control = "public, max-age=31536000, immutable";
};

struct ObjectInfo {
    std::string key;
    std::uint64_t bytes = 0;
    Instant changed_at{};
};

struct Put {
    bool was_there = false;
    int calls = 0;                    // to the store
    std::optional<Error> error = {};  // nothing was stored
};

struct Look {
    std::optional<ObjectInfo> object = {};  // nothing: there is none
    std::optional<Error> error = {};        // as find throws it
};

class ObjectStore {
  public:
    using Done = std::function<void(const Put&)>;
    using Looked = std::function<void(const Look&)>;

    virtual ~ObjectStore() = default;
    virtual std::string name() const = 0;  // folder:/srv/media, s3:bucket
    // How much was put so far, parts of what is not whole yet included.
    virtual std::uint64_t bytes_taken() const = 0;
    // done is called once, before this returns or while the client's loop runs.
    virtual void put(NewObject object, Done done) = 0;
    virtual void look(const std::string& key, Looked done) = 0;  // as put
    // The rest waits for its answer, and throws Error: data for a key that can be none,
    // configuration for credentials, a bucket or a right that is missing, unavailable for a store
    // that is.
    virtual std::optional<ObjectInfo> find(const std::string& key) = 0;
    // At most so many bytes, those behind the first ones; nothing: there is no such object.
    virtual std::optional<std::string> read(const std::string& key, std::uint64_t most,
                                            std::uint64_t from) = 0;
    std::optional<std::string> read(const std::string& key, std::uint64_t most) {
        return read(key, most, 0);
    }
    // All whose keys begin so, in no order.
    virtual void list(const std::string& prefix,
                      const std::function<void(const ObjectInfo&)>& each) = 0;
    // It may be gone already.
    virtual void remove(const std::string& key) = 0;
};

// Throws Error (data) where there are fewer bytes.
Piece whole_piece(const Content& content, std::uint64_t offset, std::uint64_t length);

// Throws Error (data) for what would not be one name everywhere: empty parts, . and .., control
// characters, a backslash, bytes that are no UTF-8, over 1,024 bytes.
void require_key(const std::string& key);

}  // namespace nightshift::media
