// SHA-256 (FIPS 180-4), for checksums that people can repeat with sha256sum.
#pragma once

#include <string>
#include <string_view>

namespace nightshift {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace nightshift
