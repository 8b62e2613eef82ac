// When the certificates of servers end.
#pragma once

#include "base/instant.hpp"
#include "health/run.hpp"
#include "http/client.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::health {

// By the days that are left. where: who has shown it; nothing: it has shown none.
Result judged_certificate(const Check& check, const std::string& where, std::optional<Instant> ends,
                          Instant now);

// Of a response that wanted the certificate.
Result certificate_of(const Check& check, const std::string& origin,
                      const http::Response& response);

// Of servers that are connected to and asked for nothing, the worst is told: a monitor is not
// pinged. Of a url no more is said than its host and port.
Probe look_at_certificate(const Check& check, const std::vector<std::string>& urls,
                          const http::ClientOptions& client);

}  // namespace nightshift::health
