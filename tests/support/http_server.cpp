#include "support/http_server.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nightshift::test {
namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// Reads more; false: the other side has closed.
bool read_some(int connection, std::string& text) {
    std::array<char, 16384> piece{};
    const auto length = ::recv(connection, piece.data(), piece.size(), 0);
    if (length <= 0) return false;
    text.append(piece.data(), static_cast<std::size_t>(length));
    return true;
}

// The next request of the connection, taken off text; false: there is none.
bool read_request(int connection, std::string& text, HttpAsked& asked) {
    auto end = text.find("\r\n\r\n");
    while (end == std::string::npos) {
        if (!read_some(connection, text)) return false;
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
        if (!read_some(connection, text)) return false;
    }
    asked.body = text.substr(0, bytes);
    text.erase(0, bytes);
    return true;
}

void send_all(int connection, const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
        const auto length =
            ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (length <= 0) return;
        sent += static_cast<std::size_t>(length);
    }
}

}  // namespace

HttpServer::HttpServer(std::function<HttpAnswer(const HttpAsked&)> script)
    : script_{std::move(script)}, listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::listen(listener_, 128) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        throw std::runtime_error{"no server can listen"};
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
}

HttpServer::~HttpServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock{mutex_};
        for (const int each : open_) ::shutdown(each, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    ::close(listener_);
}

std::string HttpServer::url(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(port_) + target;
}

std::vector<HttpAsked> HttpServer::asked() const {
    const std::lock_guard lock{mutex_};
    return asked_;
}

void HttpServer::accept_all() {
    for (int number = 1; !stopping_; ++number) {
        const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) return;
        const std::lock_guard lock{mutex_};
        open_.push_back(connection);
        threads_.emplace_back([this, connection, number] { serve(connection, number); });
    }
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
            send_all(connection, answer.raw);
        } else if (!answer.says_nothing) {
            std::string reply = "HTTP/1.1 " + std::to_string(answer.status) + " x\r\n";
            for (const auto& header : answer.headers) reply += header + "\r\n";
            reply += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
            send_all(connection,
                     reply + answer.body.substr(0, std::min(answer.cut_after, answer.body.size())));
        }
        while (answer.then == HttpAnswer::Then::hang && !stopping_)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        if (answer.then == HttpAnswer::Then::close) break;
        asked = {};
        asked.connection = number;
    }
    const std::lock_guard lock{mutex_};
    open_.erase(std::find(open_.begin(), open_.end(), connection));
    ::close(connection);
}

}  // namespace nightshift::test
