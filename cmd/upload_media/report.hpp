// What came of an upload, file by file, as JSON and for people.
#pragma once

#include "media/upload.hpp"
#include "media_store.hpp"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace nightshift::cmd {

// With the urls of what is public, and which size serves which network.
nlohmann::ordered_json to_json(const media::UploadedFile& file, const MediaStore& store,
                               media::Original original);
nlohmann::ordered_json to_json(const media::UploadReport& report);

std::string to_text(const std::vector<media::UploadedFile>& files,
                    const media::UploadReport& report, const MediaStore& store,
                    media::Original original, bool is_dry_run);

}  // namespace nightshift::cmd
