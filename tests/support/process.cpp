#include "support/process.hpp"

#include <array>
#include <cstdlib>
#include <stdexcept>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nightshift::test {
namespace {

// In the child: never returns.
[[noreturn]] void become(const Spawn& spawn, pid_t parent) {
    if (!spawn.user.empty() && ::geteuid() == 0) {
        const auto* user = ::getpwnam(spawn.user.c_str());
        if (user == nullptr || ::setgid(user->pw_gid) != 0 ||
            ::initgroups(spawn.user.c_str(), user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0) {
            ::_exit(126);
        }
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    if (!spawn.folder.empty() && ::chdir(spawn.folder.c_str()) != 0) ::_exit(126);

    auto all = spawn.environment;
    all.insert({{"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
                {"HOME", "/nonexistent"},
                {"LC_ALL", "C.UTF-8"}});
    std::vector<std::string> variables;
    for (const auto& [name, value] : all) variables.push_back(name + "=" + value);
    std::vector<char*> environment;
    for (auto& each : variables) environment.push_back(each.data());
    environment.push_back(nullptr);
    auto words = spawn.command;
    std::vector<char*> arguments;
    for (auto& each : words) arguments.push_back(each.data());
    arguments.push_back(nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::execvpe(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
}

int exit_code(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Writes input and reads both outputs until the child has closed them.
void converse(int in, const std::string& input, int out, int err, Finished& finished) {
    std::size_t written = 0;
    std::array<pollfd, 3> ends{pollfd{in, POLLOUT, 0}, {out, POLLIN, 0}, {err, POLLIN, 0}};
    if (input.empty()) {
        ::close(in);
        ends[0].fd = -1;
    }
    while (ends[1].fd >= 0 || ends[2].fd >= 0) {
        ::poll(ends.data(), ends.size(), -1);
        if (ends[0].fd >= 0 && ends[0].revents != 0) {
            const auto count = ::write(in, input.data() + written, input.size() - written);
            if (count > 0) written += static_cast<std::size_t>(count);
            if (count < 0 || written == input.size()) {
                ::close(in);
                ends[0].fd = -1;
            }
        }
        for (const std::size_t i : {1U, 2U}) {
            if (ends[i].fd < 0 || ends[i].revents == 0) continue;
            std::array<char, 65536> buffer{};
            const auto count = ::read(ends[i].fd, buffer.data(), buffer.size());
            if (count <= 0) {
                ::close(ends[i].fd);
                ends[i].fd = -1;
            } else {
                (i == 1 ? finished.out : finished.err)
                    .append(buffer.data(), static_cast<std::size_t>(count));
            }
        }
    }
    if (ends[0].fd >= 0) ::close(in);
}

}  // namespace

Finished run(const Spawn& spawn) {
    ::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> in{}, out{}, err{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0 ||
        ::pipe2(err.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error{"no pipe"};
    }
    const auto parent = ::getpid();
    const auto child = ::fork();
    if (child == 0) {
        ::dup2(in[0], 0);
        ::dup2(out[1], 1);
        ::dup2(err[1], 2);
        become(spawn, parent);
    }
    ::close(in[0]);
    ::close(out[1]);
    ::close(err[1]);
    Finished finished;
    converse(in[1], spawn.input, out[0], err[0], finished);
    int status = 0;
    ::waitpid(child, &status, 0);
    finished.exit_code = exit_code(status);
    return finished;
}

Background::Background(const Spawn& spawn, const std::string& log) {
    const auto parent = ::getpid();
    pid_ = ::fork();
    if (pid_ != 0) return;
    const int null = ::open("/dev/null", O_RDONLY);
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::dup2(null, 0);
    ::dup2(file, 1);
    ::dup2(file, 2);
    become(spawn, parent);
}

Background::~Background() {
    if (!is_running()) return;
    signal(SIGKILL);
    wait();
}

void Background::signal(int number) const {
    if (!finished_) ::kill(pid_, number);
}

bool Background::is_running() {
    if (finished_) return false;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
    finished_ = true;
    exit_code_ = exit_code(status);
    return false;
}

int Background::wait() {
    if (finished_) return exit_code_;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    finished_ = true;
    return exit_code_ = exit_code(status);
}

}  // namespace nightshift::test
