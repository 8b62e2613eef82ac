#include "support/http_server.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace nightshift::test {
namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// The next request of the connection, taken off text; false: there is none.
bool read_request(int connection, std::string& text, HttpAsked& asked) {
    auto end = text.find("\r\n\r\n");
    while (end == std::string::npos) {
        if (!Loopback::read_some(connection, text)) return false;
        end = text.find("\r\n\r\n");
    }
    auto head = text.substr(0, end + 2);
    text.erase(0, end + 4);
    asked.method = head.substr(0, head.find(' '));
    const auto target = asked.method.size() + 1;
    asked.target = head.substr(target, head.find(' ', target) - target);
    for (auto at = head.find("\r\n") + 2; at < head.size();) {
        const auto stop = head.find("\r\n", at);
        const auto line = head.substr(at, stop - at);
        const auto colon = line.find(": ");
        if (colon != std::string::npos)
            asked.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
        at = stop + 2;
    }
    const auto length = asked.headers.find("content-length");
    const auto bytes = length == asked.headers.end() ? 0U : std::stoul(length->second);
    while (text.size() < bytes) {
        if (!Loopback::read_some(connection, text)) return false;
    }
    asked.body = text.substr(0, bytes);
    text.erase(0, bytes);
    return true;
}

}  // namespace

HttpServer::HttpServer(std::function<HttpAnswer(const HttpAsked&)> script)
    : script_{std::move(script)}, loopback_{[this](int connection, int number) {
          serve(connection, number);
      }} {}

std::string HttpServer::url(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(loopback_.port()) + target;
}

std::vector<HttpAsked> HttpServer::asked() const {
    const std::lock_guard lock{mutex_};
    return asked_;
}

void HttpServer::serve(int connection, int number) {
    std::string text;
    HttpAsked asked;
    asked.connection = number;
    while (read_request(connection, text, asked)) {
        {
            const std::lock_guard lock{mutex_};
            asked_.push_back(asked);
        }
        const auto answer = script_(asked);
        if (!answer.raw.empty()) {
            Loopback::send_all(connection, answer.raw);
        } else if (!answer.says_nothing) {
            std::string reply = "HTTP/1.1 " + std::to_string(answer.status) + " x\r\n";
            for (const auto& header : answer.headers) reply += header + "\r\n";
            reply += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
            Loopback::send_all(
                connection,
                reply + answer.body.substr(0, std::min(answer.cut_after, answer.body.size())));
        }
        while (answer.then == HttpAnswer::Then::hang && !loopback_.is_stopping())
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        if (answer.then == HttpAnswer::Then::close) break;
        asked = {};
        asked.connection = number;
    }
}

}  // namespace nightshift::test
