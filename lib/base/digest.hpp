// Digests, and bytes as text: SHA-256 (FIPS 180-4), for checksums that people can repeat with
// sha256sum; MD5 (RFC 1321), for S3's ETags; HMAC (RFC 2104); base 64 (RFC 4648).
#pragma once

#include <string>
#include <string_view>

namespace nightshift {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
// 32 of them.
std::string md5_hex(std::string_view bytes);

// SHA-256 of what comes in pieces.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void add(std::string_view bytes);
    std::string hex();  // of all that was added; nothing can be added then

  private:
    void* context_;
};

// Two lower-case digits for each byte.
std::string hex(std::string_view bytes);

// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

std::string base64(std::string_view bytes);
// For urls: -_ in place of +/, and no padding.
std::string base64url(std::string_view bytes);

}  // namespace nightshift
