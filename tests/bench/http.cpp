// lib/http under load: many small POSTs over loopback, and the server that takes them.
//
// usage: nightshift_bench_http serve [DELAY_MS]            prints its url; until it is killed
//        nightshift_bench_http store [DELAY_MS]            the same as an object store, which keeps
//                                                          nothing: every PUT is answered late
//        nightshift_bench_http send URL COUNT CONCURRENCY [BYTES]
//        nightshift_bench_http bare URL COUNT CONCURRENCY BYTES     the same by nothing but libcurl
//                                                          end with 1 unless all were answered 200
#include "http/client.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t usual_length = 500;  // bytes of a body
// What a push provider says, and who gives it an access token.
constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    "51\r\n\r\n{\"name\":\"p/1\",\"access_token\":\"t\",\"expires_in\":3599}";

// What an object store says.
constexpr std::string_view stored =
    "HTTP/1.1 200 OK\r\nETag: \"none\"\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view no_object = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view no_objects =
    "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: "
    "19\r\n\r\n<ListBucketResult/>";

struct Answer {
    std::string_view text;
    std::chrono::milliseconds delay{};
};

using Answers = std::function<Answer(std::string_view request)>;

Answers of_provider(std::chrono::milliseconds delay) {
    return [delay](std::string_view) { return Answer{answer, delay}; };
}

Answers of_store(std::chrono::milliseconds delay) {
    return [delay](std::string_view request) {
        return request.starts_with("PUT ")    ? Answer{stored, delay}
               : request.starts_with("HEAD ") ? Answer{no_object}
                                              : Answer{no_objects};
    };
}

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

void serve_one(int connection, const Answers& answers) {
    std::string text;
    std::array<char, 16384> piece{};
    while (true) {
        const auto length = ::read(connection, piece.data(), piece.size());
        if (length <= 0) break;
        text.append(piece.data(), static_cast<std::size_t>(length));
        const auto request = request_length(text);
        if (request == 0) continue;
        const auto [said, delay] = answers(text);
        text.erase(0, request);
        if (delay.count() > 0) std::this_thread::sleep_for(delay);
        if (::send(connection, said.data(), said.size(), MSG_NOSIGNAL) < 0) break;
    }
    ::close(connection);
}

int serve(const Answers& answers) {
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
        if (connection >= 0) std::thread{serve_one, connection, answers}.detach();
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

int send_bare(const std::string& url, int count, int concurrency, std::size_t bytes) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM* multi = curl_multi_init();
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
    const std::string body(bytes, 'x');
    const auto drop = +[](char*, std::size_t size, std::size_t n, void*) { return size * n; };
    int begun = 0;
    int answered = 0;
    int open = 0;
    const auto begin = [&](CURL* easy) {
        curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
        curl_multi_add_handle(multi, easy);
        ++begun;
        ++open;
    };
    while (begun < std::min(count, concurrency)) begin(curl_easy_init());
    while (open > 0) {
        int running = 0;
        curl_multi_perform(multi, &running);
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
            CURL* easy = message->easy_handle;
            long status = 0;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            answered += status == 200 ? 1 : 0;
            --open;
            curl_multi_remove_handle(multi, easy);
            if (begun < count) {
                begin(easy);
            } else {
                curl_easy_cleanup(easy);
            }
        }
        if (open > 0) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    }
    curl_slist_free_all(headers);
    curl_multi_cleanup(multi);
    return answered == count ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::chrono::milliseconds delay{argc == 3 ? std::atoi(argv[2]) : 0};
    if (argc >= 2 && std::strcmp(argv[1], "serve") == 0) return serve(of_provider(delay));
    if (argc >= 2 && std::strcmp(argv[1], "store") == 0) return serve(of_store(delay));
    if (argc >= 5 && std::strcmp(argv[1], "send") == 0)
        return send_all(argv[2], std::atoi(argv[3]), static_cast<std::size_t>(std::atoi(argv[4])),
                        argc == 6 ? static_cast<std::size_t>(std::atoi(argv[5])) : usual_length);
    if (argc == 6 && std::strcmp(argv[1], "bare") == 0)
        return send_bare(argv[2], std::atoi(argv[3]), std::atoi(argv[4]),
                         static_cast<std::size_t>(std::atoi(argv[5])));
    return 64;
}
