// A scripted HTTP server on loopback: what it is asked is kept, what it does is the test's to say.
#pragma once

#include "support/loopback.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace nightshift::test {

struct HttpAsked {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    int connection = 0;  // the first is 1
};

struct HttpAnswer {
    enum class Then { keep, close, hang };
    int status = 200;
    std::vector<std::string> headers = {};
    std::string body = {};
    Then then = Then::keep;       // with the connection
    bool says_nothing = false;    // no answer at all
    std::string raw = {};         // all that is sent, instead of these
    std::size_t cut_after = ~0U;  // bytes of the body, of which Content-Length promises all
};

class HttpServer {
  public:
    explicit HttpServer(std::function<HttpAnswer(const HttpAsked&)> script);

    std::string url(const std::string& target = "/") const;
    std::vector<HttpAsked> asked() const;

  private:
    void serve(int connection, int number);

    std::function<HttpAnswer(const HttpAsked&)> script_;
    mutable std::mutex mutex_;
    std::vector<HttpAsked> asked_;
    Loopback loopback_;  // last: its threads stop before the rest goes
};

}  // namespace nightshift::test
