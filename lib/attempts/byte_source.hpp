// A file's bytes, or standard input's ("-"), unpacked where they are gzip (told by the first
// bytes, not the name; several members in a row are one file).
// Throws Error (data): no such file, not readable, gzip that is damaged or ends too early.
#pragma once

#include <cstddef>
#include <string>

#include <zlib.h>

namespace nightshift::attempts {

class ByteSource {
  public:
    explicit ByteSource(const std::string& path);
    ~ByteSource();
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    // Fills the buffer, and returns fewer bytes than it holds only at the end.
    std::size_t read(char* buffer, std::size_t size);

    // "standard input" for "-".
    const std::string& name() const { return name_; }

  private:
    [[noreturn]] void fail(const std::string& why) const;

    std::string name_;
    gzFile file_ = nullptr;
};

}  // namespace nightshift::attempts
