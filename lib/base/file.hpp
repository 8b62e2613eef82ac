// Whole files, read and written.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

namespace nightshift {

// Nothing where there is no such file. Throws Error (data) where it cannot be read.
std::optional<std::string> read_file(const std::string& path);

// The old one stands until the new one is on the disk: a temporary file beside it, fsync, rename.
// Throws Error (output), and nothing has changed.
void write_file(const std::string& path, const std::string& text, mode_t mode);

}  // namespace nightshift
