#include "support/loopback.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nightshift::test {

Loopback::Loopback(Serve serve)
    : serve_{std::move(serve)}, listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
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

Loopback::~Loopback() {
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

bool Loopback::read_some(int connection, std::string& text) {
    std::array<char, 16384> piece{};
    const auto length = ::recv(connection, piece.data(), piece.size(), 0);
    if (length <= 0) return false;
    text.append(piece.data(), static_cast<std::size_t>(length));
    return true;
}

void Loopback::send_all(int connection, const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
        const auto length =
            ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (length <= 0) return;
        sent += static_cast<std::size_t>(length);
    }
}

void Loopback::accept_all() {
    while (!stopping_) {
        const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) return;
        const int number = ++connections_;
        const std::lock_guard lock{mutex_};
        open_.push_back(connection);
        threads_.emplace_back([this, connection, number] {
            serve_(connection, number);
            const std::lock_guard closing{mutex_};
            open_.erase(std::find(open_.begin(), open_.end(), connection));
            ::close(connection);
        });
    }
}

}  // namespace nightshift::test
