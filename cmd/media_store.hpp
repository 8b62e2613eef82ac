// The store that settings or --store name, for the commands that upload and look after media.
#pragma once

#include "http/client.hpp"
#include "media/object_store.hpp"
#include "media/s3_store.hpp"
#include "session.hpp"

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace nightshift::cmd {

struct MediaStoreOptions {
    std::string store = {};  // folder:/srv/media, s3:bucket; empty: STORAGE_BACKEND says
    std::string prefix = "media";
    double most_mib_per_second = 0;  // 0: as fast as it goes
    bool is_brief = false;           // each request once, for two seconds
};

struct MediaStore {
    std::unique_ptr<http::Client> client;  // the store's, which uses it
    std::unique_ptr<media::ObjectStore> store;
    media::S3Store* s3 = nullptr;  // where it is one
    std::string public_base;       // https://cdn.example.com; empty: no url leads there

    // Where the public finds an object; nothing: nowhere.
    std::optional<std::string> url_of(const std::string& key) const;
};

void add_media_store_options(CLI::App& command, MediaStoreOptions& options);

// nightshift-image: NIGHTSHIFT_IMAGE_PROGRAM, else beside this program as it was built or
// installed.
std::string image_program(const Session& session);

// Throws Error (configuration) naming the setting that is missing.
MediaStore open_media_store(const Session& session, const MediaStoreOptions& options);

}  // namespace nightshift::cmd
