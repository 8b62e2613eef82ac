#include "courier.hpp"

#include "base/log.hpp"

#include <array>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

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
                        {"body", each.body},
                        {"timeout_ms", each.timeout.count()},
                        {"retries", each.retry.most},
                        {"of_unknown", each.retry.of_unknown}});
    }
    return list;
}

// Returns our end of a socket whose other end is the new process's input; -1: it did not start.
int start_process(pid_t& pid) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return -1;
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    // A session of its own: what is sent to ours, as by a terminal or a time limit, is not for it.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    // Whoever waits for the end of our output, as cron does, must not wait for it.
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&files, "/");
    // Nor hold a lock that a wrapper has taken, as flock(1) does.
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    std::string program = "nightshift";
    std::string command = "__courier";
    std::array<char*, 3> argv{program.data(), command.data(), nullptr};
    const int error =
        ::posix_spawn(&pid, "/proc/self/exe", &files, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    ::close(ends[1]);
    if (error == 0) return ends[0];
    ::close(ends[0]);
    log::warning("heartbeats are not sent", {{"why", std::strerror(error)}});
    return -1;
}

}  // namespace

Courier::~Courier() {
    if (socket_ < 0) return;
    ::close(socket_);
    // Where we are a container's first process, it ends with us.
    const auto until = std::chrono::steady_clock::now() + longest_wait;
    while (::getpid() == 1 && ::waitpid(pid_, nullptr, WNOHANG) == 0 &&
           std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
}

void Courier::send(const std::vector<Request>& requests, const std::vector<Request>& if_lost) {
    if (requests.empty() && if_lost.empty() && socket_ < 0) return;
    if (socket_ < 0) socket_ = start_process(pid_);
    const auto line = Json{{"requests", to_json(requests)}, {"if_lost", to_json(if_lost)}}.dump(
                          -1, ' ', false, Json::error_handler_t::replace) +
                      "\n";
    // It fits into the socket's buffer: texts are short.
    if (socket_ >= 0) ::send(socket_, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace nightshift::cmd
