// nightshift __courier: the process that a Courier starts, and what it does.
#include "courier.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <syslog.h>
#include <unistd.h>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::json;
using http::Request;

constexpr auto grace = std::chrono::seconds{1};              // shorter than what a container waits
constexpr auto longest_delivery = std::chrono::seconds{75};  // whatever Retry-After says

std::vector<Request> from_json(const Json& list) {
    std::vector<Request> requests;
    for (const auto& each : list) {
        requests.push_back(
            {.method = each["method"],
             .url = each["url"],
             .headers = each["headers"],
             .body = each["body"].get<std::string>(),
             .connect_timeout = http::Milliseconds{each["connect_timeout_ms"].get<int>()},
             .timeout = http::Milliseconds{each["timeout_ms"].get<int>()},
             .retry = {.most = each["retries"], .of_unknown = each["of_unknown"]}});
    }
    return requests;
}

// What is on the socket, line by line. A delivery that a new line finds at work is given a little
// time to end, as the begin of a job that took milliseconds; then it is cut off.
class Orders {
  public:
    Orders() : reader_{[this] { read(); }} {}

    // Waits for the next; nothing: there will be none.
    std::optional<std::pair<Json, std::stop_token>> next() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return !lines_.empty() || ended_; });
        if (lines_.empty()) return std::nullopt;
        auto order = Json::parse(lines_.front());
        lines_.pop_front();
        delivery_ = {};
        ++taken_;
        changed_.notify_all();
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
        lines_.push_back(line);
        const auto number = ++added_;
        changed_.notify_all();
        const auto is_taken = [this, number] { return taken_ >= number; };
        while (number > 1 && !changed_.wait_for(lock, grace, is_taken)) delivery_.request_stop();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> lines_;
    std::stop_source delivery_;
    int added_ = 0;
    int taken_ = 0;
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
    client.run(stop, std::chrono::steady_clock::now() + longest_delivery);
}

}  // namespace

ExitCode carry() {
    ::signal(SIGPIPE, SIG_IGN);
    ::openlog("nightshift", LOG_PID, LOG_USER);
    try {
        Orders orders;
        std::vector<Request> if_lost;
        while (const auto order = orders.next()) {
            if_lost = from_json(order->first["if_lost"]);
            deliver(from_json(order->first["requests"]), order->second);
        }
        deliver(if_lost, {});
        return ExitCode::done;
    } catch (const std::exception& error) {
        ::syslog(LOG_WARNING, "a heartbeat or an error report was lost: %s", error.what());
        return ExitCode::internal;
    }
}

}  // namespace nightshift::cmd
