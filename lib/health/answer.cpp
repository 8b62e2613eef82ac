#include "health/answer.hpp"

#include "base/redaction.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace nightshift::health {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_words = 200;

}  // namespace

http::Request short_request(const std::string& url) {
    return {.url = url, .connect_timeout = 2s, .timeout = 3s, .wants_certificate = true};
}

Result unreachable(const Check& check, const std::string& where, const http::Response& response) {
    const auto* what = response.outcome == http::Outcome::untrusted    ? " is not to be trusted"
                       : response.outcome == http::Outcome::impossible ? " cannot be asked"
                                                                       : " does not answer";
    const bool is_ours = response.outcome == http::Outcome::untrusted ||
                         response.outcome == http::Outcome::impossible;
    return {.id = check.id,
            .status = Status::unhealthy,
            .said = where + what,
            .why = excerpt(one_line(redacted(response.why)), longest_words),
            .fix = is_ours ? check.fix : "see that this host may reach it, and that it runs"};
}

std::optional<Result> objection_to(const Check& check, const std::string& where,
                                   const http::Response& response) {
    if (response.outcome != http::Outcome::answered) return unreachable(check, where, response);
    const auto status = response.status;
    if (status / 100 == 2) return std::nullopt;
    const bool is_refusal = status == 401 || status == 403;
    const bool is_theirs = status == 429 || status >= 500;
    const auto* what = is_refusal      ? "refuses our credentials"
                       : status == 429 ? "has too much to do"
                       : is_theirs     ? "has trouble of its own"
                                       : "takes no such question";
    return Result{.id = check.id,
                  .status = is_theirs ? Status::degraded : Status::unhealthy,
                  .said = fmt::format("{} {} ({})", where, what, status),
                  .why = excerpt(one_line(redacted(response.body)), longest_words),
                  .fix = is_theirs ? "look again later, and at its status page" : check.fix};
}

}  // namespace nightshift::health
