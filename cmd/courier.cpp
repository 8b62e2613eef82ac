#include "courier.hpp"

#include "base/log.hpp"
#include "base/process.hpp"
#include "own_process.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::json;
using http::Request;

constexpr auto longest_wait = std::chrono::seconds{2};

Json to_json(const std::vector<Request>& requests) {
    Json list = Json::array();
    for (const auto& each : requests) {
        list.push_back({{"method", each.method},
                        {"url", each.url},
                        {"headers", each.headers},
                        {"body", each.body.bytes()},
                        {"connect_timeout_ms", each.connect_timeout.count()},
                        {"timeout_ms", each.timeout.count()},
                        {"retries", each.retry.most},
                        {"of_unknown", each.retry.of_unknown}});
    }
    return list;
}

// A pid namespace other than the first, whose number is the kernel's (PROC_PID_INIT_INO).
bool is_in_a_container() {
    std::error_code unknown;
    const auto name = std::filesystem::read_symlink("/proc/self/ns/pid", unknown).string();
    return unknown || name != "pid:[4026531836]";
}

// Our end of a socket whose other end is the new process's input; -1: it did not start.
int start_process(pid_t& pid) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return -1;
    try {
        // Whoever waits for the end of our output, as cron does, or for a lock that a wrapper
        // holds, as flock(1) does, must not wait for it; and what is sent to our session is not for
        // it.
        pid = launch({.words = {"nightshift", "__courier"},
                      .program = this_program,
                      .folder = "/",
                      .files = {ends[1], -1, -1},
                      .group = Launch::Group::session});
    } catch (const Error& error) {
        log::warning("heartbeats are not sent", {{"why", error.cause}});
        ::close(std::exchange(ends[0], -1));
    }
    ::close(ends[1]);
    return ends[0];
}

}  // namespace

Courier::~Courier() {
    if (socket_ < 0) return;
    ::close(socket_);
    // In a container it may end with us, or with whoever started us.
    const auto until = std::chrono::steady_clock::now() + longest_wait;
    while (is_in_a_container() && ::waitpid(pid_, nullptr, WNOHANG) == 0 &&
           std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
}

void Courier::send(const std::vector<Request>& requests, const std::vector<Request>& if_lost) {
    if (requests.empty() && if_lost.empty() && socket_ < 0) return;
    if (socket_ < 0) socket_ = start_process(pid_);
    const auto line = Json{{"requests", to_json(requests)}, {"if_lost", to_json(if_lost)}}.dump(
                          -1, ' ', false, Json::error_handler_t::replace) +
                      "\n";
    // It fits into the socket's buffer: texts are cut.
    if (socket_ < 0) return;
    const auto sent = ::send(socket_, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == static_cast<ssize_t>(line.size())) return;
    log::warning("a heartbeat or an error report was not sent", {{"why", std::strerror(errno)}});
    ::close(std::exchange(socket_, -1));
}

}  // namespace nightshift::cmd
