#include "base/digest.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace nightshift {
namespace {

std::string digest_hex(std::string_view bytes, const EVP_MD* algorithm) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, algorithm, nullptr) != 1)
        throw std::runtime_error{"OpenSSL lacks a digest"};
    return hex({reinterpret_cast<const char*>(digest.data()), length});
}

}  // namespace

std::string sha256_hex(std::string_view bytes) { return digest_hex(bytes, EVP_sha256()); }

std::string md5_hex(std::string_view bytes) { return digest_hex(bytes, EVP_md5()); }

Sha256::Sha256() : context_{::EVP_MD_CTX_new()} {
    if (context_ == nullptr ||
        ::EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) != 1)
        throw std::runtime_error{"OpenSSL lacks a digest"};
}

Sha256::~Sha256() { ::EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void Sha256::add(std::string_view bytes) {
    ::EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size());
}

std::string Sha256::hex() {
    std::string digest(32, '\0');
    ::EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_),
                         reinterpret_cast<unsigned char*>(digest.data()), nullptr);
    return nightshift::hex(digest);
}

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::string code(32, '\0');
    unsigned length = 0;
    if (::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
               reinterpret_cast<unsigned char*>(code.data()), &length) == nullptr) {
        throw std::runtime_error{"OpenSSL has no HMAC"};
    }
    return code;
}

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const auto size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                        reinterpret_cast<const unsigned char*>(bytes.data()),
                                        static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string base64url(std::string_view bytes) {
    auto text = base64(bytes);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    text.resize(text.find_last_not_of('=') + 1);
    return text;
}

}  // namespace nightshift
