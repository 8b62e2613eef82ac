#include "base/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace nightshift {
namespace {

constexpr std::size_t most_output = 1 << 20;

std::vector<std::string> environment_in_c() {
    std::vector<std::string> all{"LC_ALL=C"};
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string setting{*each};
        if (!setting.starts_with("LC_ALL=") && !setting.starts_with("LANGUAGE="))
            all.push_back(setting);
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

struct Pipe {
    std::array<int, 2> ends{-1, -1};
    bool is_open = ::pipe2(ends.data(), O_CLOEXEC) == 0;

    void close(std::size_t end) {
        if (ends[end] >= 0) ::close(std::exchange(ends[end], -1));
    }
    ~Pipe() {
        close(0);
        close(1);
    }
};

// False at the end.
bool read_some(int descriptor, std::string& text, bool& is_cut) {
    std::array<char, 4096> piece{};
    const auto length = ::read(descriptor, piece.data(), piece.size());
    if (length < 0 && errno == EINTR) return true;
    if (length <= 0) return false;
    const auto room = most_output - text.size();
    text.append(piece.data(), std::min(static_cast<std::size_t>(length), room));
    is_cut = is_cut || static_cast<std::size_t>(length) > room;
    return true;
}

void read_both(Pipe& out, Pipe& err, ProgramResult& result) {
    while (out.ends[0] >= 0 || err.ends[0] >= 0) {
        std::array<pollfd, 2> ready{{{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}}};
        if (::poll(ready.data(), ready.size(), -1) < 0) continue;
        if (ready[0].revents != 0 && !read_some(out.ends[0], result.out, result.is_cut))
            out.close(0);
        if (ready[1].revents != 0 && !read_some(err.ends[0], result.err, result.is_cut))
            err.close(0);
    }
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& words,
                          const std::optional<std::vector<std::string>>& environment) {
    Pipe out;
    Pipe err;
    if (!out.is_open || !err.is_open) return {.exit_code = 127, .err = "no pipe can be made"};
    auto arguments = words;
    auto settings = environment ? *environment : environment_in_c();
    // Signals are blocked in our threads but the one that watches them: not so in the new process.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out.ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, err.ends[1], STDERR_FILENO);
    pid_t pid = 0;
    const int error = ::posix_spawnp(&pid, words[0].c_str(), &files, &attributes,
                                     pointers(arguments).data(), pointers(settings).data());
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    out.close(1);
    err.close(1);
    ProgramResult result{.exit_code = 127};
    if (error != 0) return result;
    read_both(out, err, result);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

}  // namespace nightshift
