#include "base/file.hpp"

#include "base/error.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nightshift {
namespace {

constexpr int milliseconds_between_looks = 100;  // at the stop request, while a pipe is silent

[[noreturn]] void refuse(const std::string& path, int error) {
    throw Error{Failure::output, "cannot write " + path, std::strerror(error),
                error == EACCES || error == EPERM ? "run it as a user who may write there"
                                                  : "see that the folder is there and has room"};
}

void sync_folder(const std::string& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

}  // namespace

std::optional<std::string> read_file(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode))
        throw Error{Failure::data, "cannot read " + path, "it is no regular file"};
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        if (errno == ENOENT) return std::nullopt;
        throw Error{Failure::data, "cannot read " + path, std::strerror(errno)};
    }
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (file.bad()) throw Error{Failure::data, "cannot read " + path, std::strerror(errno)};
    return text;
}

std::string read_short(const std::string& path, std::size_t most) {
    constexpr auto patience = std::chrono::seconds{2};
    const auto unreadable = [&path](const std::string& why) -> Error {
        return {Failure::data, "cannot read " + path, why};
    };
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) throw unreadable(std::strerror(errno));
    const std::unique_ptr<const int, void (*)(const int*)> closed{
        &descriptor, [](const int* open) { ::close(*open); }};
    const auto until = std::chrono::steady_clock::now() + patience;
    std::string text;
    std::array<char, 4096> buffer{};
    while (true) {
        const auto count = ::read(descriptor, buffer.data(), buffer.size());
        if (count == 0) return text;
        if (count > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(count));
            if (text.size() > most)
                throw unreadable("it is larger than " + std::to_string(most / 1024) + " KiB");
            continue;
        }
        if (errno == EISDIR) throw unreadable("it is a folder");
        if (errno != EAGAIN && errno != EINTR) throw unreadable(std::strerror(errno));
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd polled{descriptor, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&polled, 1, static_cast<int>(left.count())) == 0)
            throw unreadable("nothing came of it in two seconds");
    }
}

void write_file(const std::string& path, const std::string& text, mode_t mode) {
    struct stat about {};
    if (::lstat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode)) {
        throw Error{Failure::output, "cannot write " + path, "what stands there is no regular file",
                    "give another path, or take it away"};
    }
    const auto folder = std::filesystem::path{path}.parent_path().string();
    auto temporary = (folder.empty() ? "." : folder) + "/.nightshift.XXXXXX";
    const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
    if (descriptor < 0) refuse(path, errno);
    std::size_t written = 0;
    bool good = true;
    while (good && written < text.size()) {
        const auto length = ::write(descriptor, text.data() + written, text.size() - written);
        if (length < 0 && errno == EINTR) continue;
        good = length > 0;
        if (good) written += static_cast<std::size_t>(length);
    }
    good = good && ::fchmod(descriptor, mode) == 0 && ::fsync(descriptor) == 0;
    int error = good ? 0 : errno;
    ::close(descriptor);
    if (good && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) {
        ::unlink(temporary.c_str());
        refuse(path, error);
    }
    sync_folder(folder.empty() ? "." : folder);
}

ssize_t read_some(int descriptor, char* buffer, std::size_t size, const std::stop_token& stop) {
    while (true) {
        const bool must_stop = stop.stop_requested();
        pollfd ready{descriptor, POLLIN, 0};
        if (::poll(&ready, 1, must_stop ? 0 : milliseconds_between_looks) > 0) {
            const auto count = ::read(descriptor, buffer, size);
            if (count >= 0 || (errno != EINTR && errno != EAGAIN)) return count;
        }
        if (must_stop) {
            errno = ECANCELED;
            return -1;
        }
    }
}

ScratchFolder::ScratchFolder() {
    std::error_code none;
    const auto folder = std::filesystem::temp_directory_path(none);
    auto form = ((none ? "/tmp" : folder) / "nightshift.XXXXXX").string();
    if (::mkdtemp(form.data()) == nullptr) refuse(form, errno);
    path_ = form;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::add(const std::string& name, const std::string& text) const {
    auto path = (path_ / name).string();
    write_file(path, text, 0644);
    return path;
}

}  // namespace nightshift
