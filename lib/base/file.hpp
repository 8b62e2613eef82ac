// Whole files, read and written.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include <sys/types.h>

namespace nightshift {

// Nothing where there is no such file. Throws Error (data) where it cannot be read, or is a folder,
// a pipe or a device.
std::optional<std::string> read_file(const std::string& path);

// Of a file, a pipe or a device, at most so many bytes, and nothing is waited for longer than two
// seconds: for what a person or a secret store has written. Throws Error (data).
std::string read_short(const std::string& path, std::size_t most);

// The old one stands until the new one is on the disk: a temporary file beside it, fsync, rename.
// Throws Error (output), and nothing has changed, also where something stands there that is no
// regular file: a symlink is not followed, and a device not replaced.
void write_file(const std::string& path, const std::string& text, mode_t mode);

// As read(2), but -1 with errno ECANCELED where a stop is requested before there is anything: a
// pipe may be silent for long.
ssize_t read_some(int descriptor, char* buffer, std::size_t size, const std::stop_token& stop);

// A folder of our own, for our eyes alone; gone at the end. Throws Error (output).
class ScratchFolder {
  public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    // Writes a file there; its path.
    std::string add(const std::string& name, const std::string& text) const;

  private:
    std::filesystem::path path_;
};

}  // namespace nightshift
