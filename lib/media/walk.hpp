// The files below what an operator has named, one after the other.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::media {

struct Found {
    std::string path;         // as named, normalised: photos/a/1.jpg
    std::string why_not{};    // it is left alone: "a symbolic link"; empty: it is a file
    bool is_missing = false;  // it is not there, or a folder that cannot be read
    std::string called{};     // in the index; empty: by its path
};

// By name within a folder, folders where they stand among the files. Symbolic links, pipes, sockets
// and devices are not followed or opened; hidden files, and what systems leave in folders
// (Thumbs.db, .DS_Store), are told only where they were named. Memory: the names of the folders on
// the way.
class Walk {
  public:
    explicit Walk(std::vector<std::string> paths);

    std::optional<Found> next();

  private:
    struct Next {
        std::filesystem::path path;
        bool was_named = false;
    };

    Found look_at(const Next& next);
    std::error_code add_content(const std::filesystem::path& folder);

    std::vector<Next> rest_;  // the next one last
};

}  // namespace nightshift::media
