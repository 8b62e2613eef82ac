// lib/http under load: many small POSTs over loopback, and the server that takes them.
//
// usage: nightshift_bench_http serve                       prints its url; until it is killed
//        nightshift_bench_http send URL COUNT CONCURRENCY  ends with 1 unless all were answered 200
#include "http/client.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t body_length = 500;  // bytes, as a push message has
constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    "15\r\n\r\n{\"name\":\"12345\"}";

// Requests have a head and body_length bytes.
void serve_one(int connection) {
    std::string text;
    std::array<char, 16384> piece{};
    while (true) {
        const auto length = ::read(connection, piece.data(), piece.size());
        if (length <= 0) break;
        text.append(piece.data(), static_cast<std::size_t>(length));
        const auto head = text.find("\r\n\r\n");
        if (head == std::string::npos || text.size() < head + 4 + body_length) continue;
        text.erase(0, head + 4 + body_length);
        if (::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
    }
    ::close(connection);
}

int serve() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::listen(listener, 512) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        return 1;
    std::printf("http://127.0.0.1:%d/\n", ntohs(address.sin_port));
    std::fflush(stdout);
    while (true) {
        const int connection = ::accept(listener, nullptr, nullptr);
        if (connection >= 0) std::thread{serve_one, connection}.detach();
    }
}

int send_all(const std::string& url, int count, std::size_t concurrency) {
    nightshift::http::Client client{{.concurrency = concurrency}};
    int answered = 0;
    for (int i = 0; i < count; ++i) {
        client.add(
            {.method = "POST",
             .url = url,
             .headers = {"Content-Type: application/json"},
             .body = std::string(body_length, 'x')},
            [&answered](const auto& response) { answered += response.status == 200 ? 1 : 0; });
    }
    client.run();
    return answered == count ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::strcmp(argv[1], "serve") == 0) return serve();
    if (argc == 5 && std::strcmp(argv[1], "send") == 0)
        return send_all(argv[2], std::atoi(argv[3]), static_cast<std::size_t>(std::atoi(argv[4])));
    return 64;
}
