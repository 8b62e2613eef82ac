// Files into a store, with smaller pictures of those that are images; each content once.
//
// An object is named by the SHA-256 of what is in it: media/ab/cd/<sha256>.jpg; a smaller picture
// by that of its original and by how it was made: <sha256>_small.400q80v1.webp. A file whose bytes
// are in the index is not read by any decoder and not sent. What leaves has no EXIF, GPS or XMP in
// it; a HEIC or AVIF leaves as a JPEG, and a photo that is not upright is made so.
//
// Files are read, hashed and decoded by threads of their own, and sent by the client's loop, many
// at once. What a file takes of memory is known before it is read, and before it is decoded: one
// waits until there is room.
#pragma once

#include "http/client.hpp"
#include "media/publish.hpp"
#include "media/walk.hpp"

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace nightshift::media {

struct UploadRequest {
    SourceRules source = {};
    PublishRules publish = {};
    ImageWorkerOptions decoder = {};
    std::uint64_t memory = std::uint64_t{256} << 20;  // bytes
    unsigned workers = 2;
    bool dry_run = false;     // everything but what writes
    bool asks_store = false;  // whether what the index has is there
    std::string run_id = {};
    Instant now = {};
};

// deduplicated: the same bytes are there under another name. not_attempted: it was stopped before.
enum class FileOutcome { uploaded, unchanged, deduplicated, skipped, failed, not_attempted };

std::string_view name(FileOutcome outcome);  // uploaded, not attempted

struct UploadedFile {
    std::string path;
    FileOutcome outcome = FileOutcome::uploaded;
    StoredFile file = {};             // uploaded, unchanged, deduplicated
    std::string why = {};             // skipped
    std::optional<Error> error = {};  // failed
};

struct UploadReport {
    std::map<FileOutcome, std::int64_t> files;
    std::int64_t objects = 0;            // that were not there before
    std::uint64_t bytes_sent = 0;        // of these
    std::uint64_t bytes_taken = 0;       // by the store, of objects that are not whole yet as well
    std::uint64_t bytes_done = 0;        // of the files, as they came
    std::optional<Error> ended_by = {};  // credentials, a store or a database that is gone

    std::int64_t count(FileOutcome outcome) const {
        const auto found = files.find(outcome);
        return found != files.end() ? found->second : 0;
    }
};

struct UploadWatch {
    std::function<void(const UploadedFile&)> done = {};  // in no order
    std::function<void(const UploadReport&)> progress = {};
};

// The files, one after the other. Where a stop is requested it gives those alone that need not be
// waited for.
using Next = std::function<std::optional<Found>(const std::stop_token&)>;

// next is asked by one thread at a time. What was stored before a
// stop, or before an error that ends all, is in the index. Meanwhile client and postgres are for it
// alone; what is still under way when watch throws is given up.
UploadReport upload(ObjectStore& store, http::Client& client, postgres::Connection& postgres,
                    const Next& next, const UploadRequest& request, const UploadWatch& watch,
                    const std::stop_token& stop);

}  // namespace nightshift::media
