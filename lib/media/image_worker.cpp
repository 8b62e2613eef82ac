#include "media/image_worker.hpp"

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "media/image_file.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nightshift::media {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_line = 64 * 1024;
constexpr std::size_t longest_picture = std::size_t{256} << 20;
constexpr int no_such_program = 127;

Error undecodable(const std::string& why) {
    return {Failure::data, "this picture cannot be decoded", why,
            "open and save it anew, or take it out"};
}

}  // namespace

std::optional<std::string> find_image_program() {
    namespace fs = std::filesystem;
    constexpr const char* name = "nightshift-image";
    std::error_code none;
    const auto own = fs::read_symlink("/proc/self/exe", none).parent_path();
    std::vector<fs::path> places;
    if (!own.empty()) places = {own / name, own.parent_path() / "libexec/nightshift" / name};
    const char* path = std::getenv("PATH");
    std::istringstream folders{path == nullptr ? "" : path};
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (!folder.empty()) places.push_back(fs::path{folder} / name);
    }
    for (const auto& place : places) {
        if (fs::is_regular_file(place, none) && ::access(place.c_str(), X_OK) == 0)
            return place.string();
    }
    return std::nullopt;
}

ImageWorker::ImageWorker(ImageWorkerOptions options) : options_{std::move(options)} {}

ImageWorker::~ImageWorker() {
    if (pid_ > 0) stop();
}

void ImageWorker::start() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw Error{Failure::internal, "no socket can be made", std::strerror(errno)};
    socket_ = ends[0];
    received_.clear();
    pid_ = launch({.words = {options_.program, std::to_string(options_.memory)},
                   .files = {ends[1], ends[1], -1},
                   .group = Launch::Group::own});
    ::close(ends[1]);
}

int ImageWorker::stop() {
    ::close(socket_);
    socket_ = -1;
    ::kill(pid_, SIGKILL);
    const auto code = wait_for(pid_);
    pid_ = 0;
    return code;
}

void ImageWorker::died() {
    const auto code = stop();
    if (code == no_such_program) {
        throw Error{Failure::configuration, "there is no " + options_.program,
                    "it makes the smaller pictures",
                    "build it where libvips-dev is installed, or leave them out: --no-variants"};
    }
    if (code == 128 + SIGKILL) throw undecodable("its decoder did not answer any more");
    throw undecodable(code > 128 ? std::string{"its decoder crashed: "} + ::strsignal(code - 128)
                                 : "its decoder ended with " + std::to_string(code));
}

void ImageWorker::wait(short events, Deadline deadline) {
    pollfd polled{socket_, events, 0};
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        const auto ready = left > 0 ? ::poll(&polled, 1, static_cast<int>(left)) : 0;
        if (ready > 0) return;
        if (ready < 0 && errno == EINTR) continue;
        stop();
        throw undecodable("it takes longer than " +
                          counted(options_.longest.count(), "millisecond"));
    }
}

void ImageWorker::send(std::string_view bytes, Deadline deadline) {
    while (!bytes.empty()) {
        wait(POLLOUT, deadline);
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (sent < 0) died();
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void ImageWorker::receive_more(Deadline deadline) {
    std::array<char, 65536> piece{};
    wait(POLLIN, deadline);
    const auto count = ::recv(socket_, piece.data(), piece.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) died();
    received_.append(piece.data(), static_cast<std::size_t>(count));
}

std::string ImageWorker::receive_line(Deadline deadline) {
    auto end = received_.find('\n');
    for (; end == std::string::npos; end = received_.find('\n')) {
        if (received_.size() > longest_line) died();
        receive_more(deadline);
    }
    auto line = received_.substr(0, end);
    received_.erase(0, end + 1);
    return line;
}

std::string ImageWorker::receive(std::size_t count, Deadline deadline) {
    if (count > longest_picture) died();
    while (received_.size() < count) receive_more(deadline);
    auto bytes = received_.substr(0, count);
    received_.erase(0, count);
    return bytes;
}

// It was asked for nothing: that there is something to be read is its end.
bool ImageWorker::has_ended() const {
    pollfd polled{socket_, POLLIN, 0};
    return ::poll(&polled, 1, 0) > 0;
}

std::vector<Picture> ImageWorker::make(const std::string& bytes, const PictureRequest& request) {
    if (pid_ != 0 && has_ended()) stop();
    if (pid_ == 0) start();
    Json json{{"bytes", bytes.size()},
              {"frames", request.frames},
              {"whole", request.whole},
              {"quality", request.quality},
              {"sizes", Json::array()}};
    for (const auto& each : request.sizes)
        json["sizes"].push_back({{"name", each.name}, {"edge", each.edge}});
    const auto deadline = Clock::now() + options_.longest;
    send(json.dump() + "\n", deadline);
    send(bytes, deadline);
    // What it says is as little to be trusted as the picture that it has read.
    const auto answer = Json::parse(receive_line(deadline), nullptr, false);
    if (answer.is_object() && answer.contains("error")) {
        stop();  // what it may have left of its memory, the next picture is not to miss
        throw undecodable(excerpt(one_line(answer["error"].dump()), 200));
    }
    std::vector<Picture> pictures;
    try {
        for (const auto& each : answer.at("outputs")) {
            pictures.push_back({.name = each.at("name"),
                                .width = each.at("width"),
                                .height = each.at("height"),
                                .bytes = receive(each.at("bytes"), deadline)});
        }
    } catch (const Json::exception&) {
        died();
    }
    for (auto& each : pictures) each.bytes = read_image(each.bytes).published;
    return pictures;
}

}  // namespace nightshift::media
