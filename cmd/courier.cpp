#include "courier.hpp"

#include "base/log.hpp"
#include "commands.hpp"

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

extern char** environ;

namespace nightshift::cmd {
namespace {

using Json = nlohmann::json;
using http::Request;

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

std::vector<Request> from_json(const Json& list) {
    std::vector<Request> requests;
    for (const auto& each : list) {
        requests.push_back({.method = each["method"],
                            .url = each["url"],
                            .headers = each["headers"],
                            .body = each["body"],
                            .timeout = http::Milliseconds{each["timeout_ms"].get<int>()},
                            .retry = {.most = each["retries"], .of_unknown = each["of_unknown"]}});
    }
    return requests;
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

constexpr auto grace = std::chrono::seconds{2};

// What is on the socket, line by line. A delivery that a new line finds at work is given a little
// time to end, as the begin of a job that took milliseconds; then it is cut off.
class Orders {
  public:
    Orders() : reader_{[this] { read(); }} {}

    // Waits for the next; nothing: there will be none.
    std::optional<std::pair<Json, std::stop_token>> next() {
        std::unique_lock lock{mutex_};
        at_work_ = false;
        changed_.wait(lock, [this] { return !lines_.empty() || ended_; });
        if (lines_.empty()) return std::nullopt;
        auto order = Json::parse(lines_.front());
        lines_.pop_front();
        changed_.notify_all();
        at_work_ = true;
        delivery_ = {};
        return std::pair{std::move(order), delivery_.get_token()};
    }

  private:
    void read() {
        std::string text;
        std::array<char, 4096> piece{};
        while (true) {
            const auto length = ::read(STDIN_FILENO, piece.data(), piece.size());
            if (length < 0 && errno == EINTR) continue;
            if (length <= 0) break;
            text.append(piece.data(), static_cast<std::size_t>(length));
            for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
                add(text.substr(0, end));
                text.erase(0, end + 1);
            }
        }
        const std::lock_guard lock{mutex_};
        ended_ = true;
        changed_.notify_all();
    }

    void add(const std::string& line) {
        std::unique_lock lock{mutex_};
        const bool cuts_off = at_work_;
        lines_.push_back(line);
        changed_.notify_all();
        if (cuts_off && !changed_.wait_for(lock, grace, [this] { return lines_.empty(); }))
            delivery_.request_stop();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> lines_;
    std::stop_source delivery_;
    bool at_work_ = false;
    bool ended_ = false;
    std::jthread reader_;
};

// Without the url, which is a secret, and libcurl's words, which hold its host.
std::string reason(const http::Response& response) {
    switch (response.outcome) {
        case http::Outcome::answered:
            return fmt::format("status {}", response.status);
        case http::Outcome::untrusted:
            return "its certificate is not to be trusted";
        case http::Outcome::impossible:
            return response.why;
        case http::Outcome::unknown:
            return "no answer";
        default:
            return "it cannot be reached";
    }
}

void deliver(const std::vector<Request>& requests, const std::stop_token& stop) {
    http::Client client{{.user_agent = "nightshift/" NIGHTSHIFT_VERSION}};
    for (const auto& each : requests) {
        client.add(each, [&](const http::Response& response) {
            if (response.is_success() || stop.stop_requested()) return;
            ::syslog(LOG_WARNING, "a heartbeat or an error report was not taken: %s",
                     reason(response).c_str());
        });
    }
    client.run(stop);
}

ExitCode carry() {
    ::openlog("nightshift", LOG_PID, LOG_USER);
    Orders orders;
    std::vector<Request> if_lost;
    while (const auto order = orders.next()) {
        if_lost = from_json(order->first["if_lost"]);
        deliver(from_json(order->first["requests"]), order->second);
    }
    deliver(if_lost, {});
    return ExitCode::done;
}

}  // namespace

Courier::~Courier() {
    if (socket_ < 0) return;
    ::close(socket_);
    // Where we are a container's first process, it ends with us.
    const auto until = std::chrono::steady_clock::now() + grace;
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

void add_courier(CLI::App& app, Chosen& chosen) {
    auto* command = app.add_subcommand("__courier", "deliver what is given on standard input");
    command->group("");  // hidden
    command->callback([&chosen] { chosen = {"__courier", [](Session&) { return carry(); }}; });
}

}  // namespace nightshift::cmd
