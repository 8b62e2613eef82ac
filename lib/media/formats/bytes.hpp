// A hostile file's bytes, read with every step checked. For the formats alone.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace nightshift::media {

[[noreturn]] inline void refuse_image(const std::string& why) {
    throw Error{Failure::data, "this image is broken", why, "open and save it anew"};
}

class Bytes {
  public:
    explicit Bytes(std::string_view all) : all_{all} {}

    std::size_t left() const { return all_.size() - at_; }
    std::size_t at() const { return at_; }
    std::string_view since(std::size_t from) const { return all_.substr(from, at_ - from); }

    std::string_view take(std::size_t count) {
        if (count > left()) refuse_image("it ends too early");
        at_ += count;
        return all_.substr(at_ - count, count);
    }
    std::uint8_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }
    std::uint32_t big(int bytes) { return number(take(static_cast<std::size_t>(bytes)), true); }
    std::uint32_t little(int bytes) { return number(take(static_cast<std::size_t>(bytes)), false); }

    static std::uint32_t number(std::string_view bytes, bool is_big) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const auto byte = static_cast<std::uint8_t>(bytes[is_big ? i : bytes.size() - 1 - i]);
            value = value << 8 | byte;
        }
        return value;
    }

  private:
    std::string_view all_;
    std::size_t at_ = 0;
};

// The orientation that EXIF data has, from its TIFF header on; 1: it has none that can be read.
int exif_orientation(std::string_view tiff);

}  // namespace nightshift::media
