#include "base/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
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

std::string read_to_end(int descriptor) {
    std::string output;
    std::array<char, 4096> piece{};
    while (true) {
        const auto length = ::read(descriptor, piece.data(), piece.size());
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) return output;
        if (output.size() < most_output)
            output.append(piece.data(), static_cast<std::size_t>(length));
    }
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& words) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {127, "no pipe can be made"};
    auto arguments = words;
    auto environment = environment_in_c();
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
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
    pid_t pid = 0;
    const int error = ::posix_spawnp(&pid, words[0].c_str(), &files, &attributes,
                                     pointers(arguments).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    ::close(ends[1]);
    ProgramResult result{127, ""};
    if (error == 0) {
        result.output = read_to_end(ends[0]);
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    ::close(ends[0]);
    return result;
}

}  // namespace nightshift
