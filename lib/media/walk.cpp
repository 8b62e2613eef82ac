#include "media/walk.hpp"

#include <algorithm>

namespace nightshift::media {
namespace {

namespace fs = std::filesystem;

bool is_clutter(const std::string& name) {
    return name.starts_with('.') || name == "Thumbs.db" || name == "desktop.ini" ||
           name == "__MACOSX";
}

std::string name_of(fs::file_type type) {
    switch (type) {
        case fs::file_type::symlink:
            return "a symbolic link";
        case fs::file_type::fifo:
            return "a pipe";
        case fs::file_type::socket:
            return "a socket";
        case fs::file_type::block:
        case fs::file_type::character:
            return "a device";
        default:
            return "no file";
    }
}

}  // namespace

Walk::Walk(std::vector<std::string> paths) {
    for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
        auto normal = fs::path{*path}.lexically_normal();
        if (!normal.has_filename() && normal.has_parent_path()) normal = normal.parent_path();
        rest_.push_back({normal, true});
    }
}

std::optional<Found> Walk::next() {
    while (!rest_.empty()) {
        const auto next = std::move(rest_.back());
        rest_.pop_back();
        if (!next.was_named && is_clutter(next.path.filename().string())) continue;
        auto found = look_at(next);
        if (!found.path.empty()) return found;
    }
    return std::nullopt;
}

// Of a folder: no path, and its content is next.
Found Walk::look_at(const Next& next) {
    Found found{.path = next.path.string()};
    std::error_code error;
    const auto type = fs::symlink_status(next.path, error).type();
    if (type == fs::file_type::not_found || type == fs::file_type::none) {
        if (!error) error = std::make_error_code(std::errc::no_such_file_or_directory);
        found.why_not = error.message();
        found.is_missing = true;
    } else if (type == fs::file_type::directory) {
        error = add_content(next.path);
        if (!error) return {};
        found.why_not = error.message();
        found.is_missing = true;
    } else if (type != fs::file_type::regular) {
        found.why_not = name_of(type);
    }
    return found;
}

std::error_code Walk::add_content(const fs::path& folder) {
    std::error_code error;
    const auto begin = rest_.size();
    for (fs::directory_iterator each{folder, error}; !error && each != fs::directory_iterator{};
         each.increment(error))
        rest_.push_back({folder == "." ? each->path().filename() : each->path(), false});
    std::sort(rest_.begin() + static_cast<std::ptrdiff_t>(begin), rest_.end(),
              [](const Next& one, const Next& other) { return one.path > other.path; });
    return error;
}

}  // namespace nightshift::media
