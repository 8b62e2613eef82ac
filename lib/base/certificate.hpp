// What the server at the other end of a TLS connection has shown.
#pragma once

#include "base/instant.hpp"

#include <optional>

struct ssl_st;

namespace nightshift {

// When its own certificate ends; nothing: it has shown none.
std::optional<Instant> certificate_end(const ssl_st* connection);

}  // namespace nightshift
