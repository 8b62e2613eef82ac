#include "http/sentry.hpp"

#include "base/error.hpp"

#include <regex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::http {

Request sentry_request(const std::string& dsn, const SentryEvent& event) {
    static const std::regex form{
        R"((https?)://([0-9a-zA-Z_-]+)(?::[^@/]*)?@([^/@]+)/(.*/)?([0-9]+)/?)"};
    std::smatch parts;
    if (!std::regex_match(dsn, parts, form)) {
        throw Error{Failure::configuration, "SENTRY_DSN is none",
                    "it must be as https://<public key>@<host>/<project id>",
                    "copy it from the project's settings, or leave it unset"};
    }
    using Json = nlohmann::ordered_json;
    const auto seconds = std::chrono::duration<double>{event.at.time_since_epoch()}.count();
    const Json payload{
        {"event_id", event.event_id},
        {"timestamp", seconds},
        {"platform", "native"},
        {"level", "error"},
        {"logger", event.logger},
        {"release", event.release},
        {"environment", event.environment},
        {"server_name", event.server_name},
        {"tags", event.tags},
        {"fingerprint", event.fingerprint},
        {"exception",
         {{"values", Json::array({{{"type", event.type}, {"value", event.message}}})}}},
        {"extra", event.extra}};
    const auto text = payload.dump(-1, ' ', false, Json::error_handler_t::replace);
    const Json head{{"event_id", event.event_id}, {"sent_at", format_instant(event.at)}};
    const Json item{
        {"type", "event"}, {"content_type", "application/json"}, {"length", text.size()}};
    return {.method = "POST",
            .url = fmt::format("{}://{}/{}api/{}/envelope/", parts[1].str(), parts[3].str(),
                               parts[4].str(), parts[5].str()),
            .headers = {"Content-Type: application/x-sentry-envelope",
                        fmt::format("X-Sentry-Auth: Sentry sentry_version=7, "
                                    "sentry_client=nightshift/1.0, sentry_key={}",
                                    parts[2].str())},
            .body = head.dump() + "\n" + item.dump() + "\n" + text + "\n",
            .connect_timeout = Milliseconds{2'000},
            .timeout = Milliseconds{5'000}};
}

}  // namespace nightshift::http
