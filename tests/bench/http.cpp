// lib/http under load: many small POSTs over loopback, and the server that takes them.
//
// usage: nightshift_bench_http serve [DELAY_MS]            prints its url; until it is killed
//        nightshift_bench_http send URL COUNT CONCURRENCY [BYTES]
//                                                          ends with 1 unless all were answered 200
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

constexpr std::size_t usual_length = 500;  // bytes of a body
// What a push provider says, and who gives it an access token.
constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    "51\r\n\r\n{\"name\":\"p/1\",\"access_token\":\"t\",\"expires_in\":3599}";

// The length of the request that text begins with; nothing: it is not there yet.
std::size_t request_length(const std::string& text) {
    static constexpr std::string_view name = "\r\nContent-Length: ";
    const auto head = text.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    const auto at = text.find(name);
    const auto body = at < head ? std::strtoul(text.c_str() + at + name.size(), nullptr, 10) : 0;
    const auto length = head + 4 + body;
    return text.size() < length ? 0 : length;
}

void serve_one(int connection, std::chrono::milliseconds delay) {
    std::string text;
    std::array<char, 16384> piece{};
    while (true) {
        const auto length = ::read(connection, piece.data(), piece.size());
        if (length <= 0) break;
        text.append(piece.data(), static_cast<std::size_t>(length));
        const auto request = request_length(text);
        if (request == 0) continue;
        text.erase(0, request);
        if (delay.count() > 0) std::this_thread::sleep_for(delay);
        if (::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
    }
    ::close(connection);
}

int serve(std::chrono::milliseconds delay) {
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
        if (connection >= 0) std::thread{serve_one, connection, delay}.detach();
    }
}

int send_all(const std::string& url, int count, std::size_t concurrency, std::size_t bytes) {
    nightshift::http::Client client{{.concurrency = concurrency}};
    int answered = 0;
    for (int i = 0; i < count; ++i) {
        client.add(
            {.method = "POST",
             .url = url,
             .headers = {"Content-Type: application/json"},
             .body = std::string(bytes, 'x')},
            [&answered](const auto& response) { answered += response.status == 200 ? 1 : 0; });
    }
    client.run();
    return answered == count ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc >= 2 && std::strcmp(argv[1], "serve") == 0)
        return serve(std::chrono::milliseconds{argc == 3 ? std::atoi(argv[2]) : 0});
    if (argc >= 5 && std::strcmp(argv[1], "send") == 0)
        return send_all(argv[2], std::atoi(argv[3]), static_cast<std::size_t>(std::atoi(argv[4])),
                        argc == 6 ? static_cast<std::size_t>(std::atoi(argv[5])) : usual_length);
    return 64;
}
