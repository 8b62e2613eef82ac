// What the answers of others' servers say of them.
#pragma once

#include "health/run.hpp"
#include "http/client.hpp"

#include <optional>
#include <string>

namespace nightshift::health {

// A GET that wants the certificate, and is over so soon that two of them are within the budget of a
// whole look.
http::Request short_request(const std::string& url);

// Of a response that is no answer.
Result unreachable(const Check& check, const std::string& where, const http::Response& response);

// What stands against it; nothing: it was 2xx. Credentials that are refused are unhealthy, as is
// who gives no answer; who has too much to do, or trouble of their own, is degraded.
std::optional<Result> objection_to(const Check& check, const std::string& where,
                                   const http::Response& response);

}  // namespace nightshift::health
