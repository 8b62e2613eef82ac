#include "health/certificate.hpp"

#include "health/answer.hpp"

#include <cmath>
#include <set>

#include <fmt/format.h>

namespace nightshift::health {
namespace {

// What was not looked at says nothing of the others.
bool is_worse(const Result& one, const Result& other) {
    const auto rank = [](const Result& result) {
        return result.status == Status::skipped ? -1 : static_cast<int>(result.status);
    };
    const auto days = [](const Result& result) { return result.value.value_or(INFINITY); };
    return rank(one) != rank(other) ? rank(one) > rank(other) : days(one) < days(other);
}

}  // namespace

Result judged_certificate(const Check& check, const std::string& where, std::optional<Instant> ends,
                          Instant now) {
    if (!ends) return {.id = check.id, .status = Status::skipped, .said = where + " has no TLS"};
    const auto days = std::chrono::duration<double, std::ratio<86'400>>(*ends - now).count();
    const auto tenths = std::floor(days * 10) / 10;
    return judged(check, tenths,
                  fmt::format("that of {} ends {}, {} {:.0f} days", where, format_instant(*ends),
                              days < 0 ? "over for" : "in", std::floor(std::abs(days))));
}

Result certificate_of(const Check& check, const std::string& origin,
                      const http::Response& response) {
    if (response.outcome != http::Outcome::answered) return unreachable(check, origin, response);
    if (origin.starts_with("https:") && !response.certificate_ends)
        return {.id = check.id,
                .status = Status::unknown,
                .said = origin + " has a certificate without an end that can be read",
                .fix = check.fix};
    return judged_certificate(check, origin, response.certificate_ends, now());
}

Probe look_at_certificate(const Check& check, const std::vector<std::string>& urls,
                          const http::ClientOptions& options) {
    std::set<std::string> origins;
    for (const auto& url : urls) origins.insert(http::origin(url));
    return {{check}, [check, origins, options](const Tell& tell) {
                http::Client client{options};
                std::optional<Result> worst;
                for (const auto& origin : origins) {
                    auto request = short_request(origin);
                    request.only_connects = true;
                    client.add(std::move(request), [&, origin](const http::Response& response) {
                        auto result = certificate_of(check, origin, response);
                        if (!worst || is_worse(result, *worst)) worst = std::move(result);
                    });
                }
                client.run();
                if (worst) tell(*worst);
            }};
}

}  // namespace nightshift::health
