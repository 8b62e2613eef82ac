// A file's bytes, or standard input's ("-"), unpacked where they are gzip (told by the first
// bytes, not the name; several members in a row are one file).
// Throws Error: data for no such file, not readable, gzip that is damaged or ends too early;
// interrupted when a stop is requested, also while a pipe is silent.
#pragma once

#include <array>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>

#include <zlib.h>

namespace nightshift::attempts {

class ByteSource {
  public:
    explicit ByteSource(const std::string& path, std::stop_token stop = {});
    ~ByteSource();
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    // The bytes that read() will give next: so many, or fewer where the end comes before. Valid
    // until then.
    std::string_view peek(std::size_t size);

    // Fills the buffer, and returns fewer bytes than it holds only at the end.
    std::size_t read(char* buffer, std::size_t size);

    // "standard input" for "-".
    const std::string& name() const { return name_; }

  private:
    void fill();  // raw_ is empty before; empty after it only at the end
    void tell_format();
    std::size_t give(char* buffer, std::size_t size);
    std::size_t copy(char* buffer, std::size_t size);
    std::size_t unpack(char* buffer, std::size_t size);
    [[noreturn]] void fail(const std::string& why) const;

    std::string name_;
    std::stop_token stop_;
    int descriptor_ = -1;
    std::array<char, 65'537> raw_;  // a block, and the byte that tell_format() puts before it
    std::size_t raw_begin_ = 0;
    std::size_t raw_end_ = 0;
    bool at_end_ = false;  // of the raw bytes
    enum class Format { unknown, plain, gzip };
    Format format_ = Format::unknown;
    z_stream inflater_{};
    bool within_member_ = false;
    std::string ahead_;  // peeked at
};

}  // namespace nightshift::attempts
