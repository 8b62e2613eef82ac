#include "base/certificate.hpp"

#include <ctime>

#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace nightshift {

std::optional<Instant> certificate_end(const ssl_st* connection) {
    const auto* certificate = SSL_get0_peer_certificate(connection);
    if (certificate == nullptr) return std::nullopt;
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return std::nullopt;
    return Instant{std::chrono::seconds{::timegm(&end)}};
}

}  // namespace nightshift
