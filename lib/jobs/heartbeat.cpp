#include "jobs/heartbeat.hpp"

#include "base/digest.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>

#include <fmt/format.h>

namespace nightshift::jobs {
namespace {

constexpr std::size_t longest_text = 10'000;

enum class Kind { healthchecks, cronitor, plain };

Kind kind_of(const std::string& url) {
    static const std::regex uuid{R"(/[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/?(\?|$))"};
    if (url.starts_with("https://cronitor.link/")) return Kind::cronitor;
    if (url.starts_with("https://hc-ping.com/") || std::regex_search(url, uuid))
        return Kind::healthchecks;
    return Kind::plain;
}

std::string with(std::string url, const std::string& name, const std::string& value) {
    for (auto at = url.find(name); at != std::string::npos; at = url.find(name, at + value.size()))
        url.replace(at, name.size(), value);
    return url;
}

std::string state_of(Beat beat) {
    return beat == Beat::start ? "start" : beat == Beat::success ? "success" : "fail";
}

// path goes before a query, the parameters behind it.
std::string extended(const std::string& url, const std::string& path,
                     const std::string& parameters) {
    const auto question = std::min(url.find('?'), url.size());
    auto base = url.substr(0, question);
    if (base.ends_with('/')) base.pop_back();
    const auto query = question < url.size() ? url.substr(question + 1) + "&" : "";
    return base + path + "?" + query + parameters;
}

}  // namespace

std::string slug_of(const std::string& job) {
    auto slug = job;
    std::replace_if(
        slug.begin(), slug.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '-');
    return slug;
}

std::string uuid_of(const std::string& run_id) {
    constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::array<unsigned, 32> digits{};  // hexadecimal
    const bool is_ulid = run_id.size() == 26 && run_id[0] <= '7' &&
                         run_id.find_first_not_of(crockford) == std::string::npos;
    if (is_ulid) {
        // 130 bits, of which the first two are 0.
        for (std::size_t bit = 2; bit < 130; ++bit) {
            const auto value = crockford.find(run_id[bit / 5]);
            const auto is_set = static_cast<unsigned>(value >> (4 - bit % 5)) & 1U;
            digits[(bit - 2) / 4] |= is_set << (3 - (bit - 2) % 4);
        }
    }
    std::string hex;
    if (is_ulid) {
        for (const auto digit : digits) hex += "0123456789abcdef"[digit];
    } else {
        hex = sha256_hex(run_id).substr(0, 32);
    }
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

std::optional<http::Request> heartbeat(const std::string& url, Beat beat, const HeartbeatRun& run) {
    auto filled = with(url, "{job}", slug_of(run.job));
    filled = with(filled, "{run_id}", run.run_id);
    filled = with(filled, "{exit_code}", std::to_string(run.exit_code));
    const bool tells_state = filled.find("{state}") != std::string::npos;
    filled = with(filled, "{state}", state_of(beat));

    http::Request request{.timeout = http::Milliseconds{10'000},
                          .retry = {.most = 4, .of_unknown = true}};
    switch (kind_of(filled)) {
        case Kind::healthchecks:
            request.url = extended(filled,
                                   beat == Beat::start     ? "/start"
                                   : beat == Beat::success ? ""
                                                           : "/" + std::to_string(run.exit_code),
                                   "rid=" + uuid_of(run.run_id));
            if (beat == Beat::failure) {
                request.method = "POST";
                request.headers = {"Content-Type: text/plain; charset=utf-8"};
                request.body = run.text.substr(0, longest_text);
            }
            return request;
        case Kind::cronitor:
            request.url = extended(filled, "",
                                   fmt::format("state={}&series={}&status_code={}",
                                               beat == Beat::start     ? "run"
                                               : beat == Beat::success ? "complete"
                                                                       : "fail",
                                               run.run_id, run.exit_code));
            return request;
        default:
            if (beat != Beat::success && !tells_state) return std::nullopt;
            request.url = filled;
            return request;
    }
}

std::string setting_of(const std::string& job) {
    auto name = "HEARTBEAT_URL_" + slug_of(job);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
        return c == '-' ? '_' : static_cast<char>(std::toupper(c));
    });
    return name;
}

}  // namespace nightshift::jobs
