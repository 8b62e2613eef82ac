// A strict S3 on loopback, in memory: it checks signature, time and body of each request by its own
// means, and does what a test asks of it besides.
#pragma once

#include "support/http_server.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>

namespace nightshift::test {

class S3Server {
  public:
    struct Object {
        std::string bytes;
        std::map<std::string, std::string> headers;  // that it was put with, names in lower case
    };
    // nullopt: as usual.
    using Fault = std::function<std::optional<HttpAnswer>(const HttpAsked&)>;

    static constexpr const char* access_key = "AKIDTEST";
    static constexpr const char* secret = "a/secret+of=tests";
    static constexpr const char* bucket = "pictures";
    static constexpr const char* region = "eu-test-1";

    explicit S3Server(Fault fault = {});

    std::string url() const;
    std::map<std::string, Object> objects() const;
    void set(const std::string& key, const std::string& bytes);
    int asked(const std::string& method) const;
    int uploads() const;  // in parts, begun and not ended
    int parts() const;    // that were sent

    std::atomic<bool> knows_conditions{true};
    std::atomic<int> clock_offset{0};     // s
    std::atomic<std::size_t> page{1000};  // objects of a list at once

  private:
    struct Upload {
        std::string key;
        std::map<std::string, std::string> headers;
        std::map<int, std::string> parts;
    };
    using Query = std::map<std::string, std::string>;

    HttpAnswer answer(const HttpAsked& asked);
    std::string objection(const HttpAsked& asked) const;
    HttpAnswer put(const std::string& key, const HttpAsked& asked);
    HttpAnswer list(const Query& query) const;
    HttpAnswer list_uploads(const Query& query) const;
    HttpAnswer in_parts(const std::string& key, const Query& query, const HttpAsked& asked);
    HttpAnswer complete(const Upload& upload, const std::string& id, const HttpAsked& asked);

    Fault fault_;
    mutable std::mutex mutex_;
    std::map<std::string, Object> objects_;
    std::map<std::string, Upload> uploads_;
    int begun_ = 0;
    int parts_ = 0;
    HttpServer server_;  // last: its threads stop before the rest goes
};

}  // namespace nightshift::test
