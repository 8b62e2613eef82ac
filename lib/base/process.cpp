#include "base/process.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <functional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
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

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

// Whether it has ended; it stays to be waited for, and its pid its own.
bool has_ended(pid_t pid, int options) {
    siginfo_t about{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &about, WEXITED | WNOWAIT | options) != 0 ||
           about.si_pid == pid;
}

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

// Until both are closed, or the program has ended and has no more to say: others that it has left
// behind may keep them open, and write on.
void read_both(pid_t pid, Pipe& out, Pipe& err, ProgramResult& result) {
    constexpr int between_looks = 50;  // milliseconds
    bool is_over = false;
    while (out.ends[0] >= 0 || err.ends[0] >= 0) {
        std::array<pollfd, 2> ready{{{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}}};
        const auto any = ::poll(ready.data(), ready.size(), is_over ? 0 : between_looks);
        if (is_over && (any <= 0 || result.is_cut)) break;
        is_over = is_over || has_ended(pid, WNOHANG);
        if (any <= 0) continue;
        if (ready[0].revents != 0 && !read_some(out.ends[0], result.out, result.is_cut))
            out.close(0);
        if (ready[1].revents != 0 && !read_some(err.ends[0], result.err, result.is_cut))
            err.close(0);
    }
}

struct Account {
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;
};

Account account_of(const std::string& user) {
    const auto* entry = ::getpwnam(user.c_str());
    if (entry == nullptr) throw Error{Failure::internal, "there is no user " + user};
    int count = 1024;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    if (::getgrouplist(user.c_str(), entry->pw_gid, groups.data(), &count) < 0)
        throw Error{Failure::internal, user + " is in too many groups"};
    groups.resize(static_cast<std::size_t>(count));
    return {entry->pw_uid, entry->pw_gid, std::move(groups)};
}

// In the new process, of which other threads are gone: nothing that takes a lock.
[[noreturn]] void become(const Launch& it, const std::optional<Account>& account, char** words,
                         char** environment) {
    if (it.group == Launch::Group::own) ::setpgid(0, 0);
    if (it.group == Launch::Group::session) ::setsid();
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    std::array<int, 3> files{};
    for (std::size_t i = 0; i < files.size(); ++i)  // out of the way of one another
        files[i] = ::fcntl(it.files[i] >= 0 ? it.files[i] : null, F_DUPFD_CLOEXEC, 3);
    for (std::size_t i = 0; i < files.size(); ++i) ::dup2(files[i], static_cast<int>(i));
    ::close_range(3, ~0U, 0);
    if (account && (::setgroups(account->groups.size(), account->groups.data()) != 0 ||
                    ::setgid(account->group) != 0 || ::setuid(account->user) != 0))
        ::_exit(126);
    if (!it.folder.empty() && ::chdir(it.folder.c_str()) != 0 && ::chdir("/") != 0) ::_exit(126);
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGCHLD}) ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::execvpe(it.program.empty() ? words[0] : it.program.c_str(), words, environment);
    ::_exit(127);
}

}  // namespace

pid_t launch(const Launch& launch) {
    auto words = launch.words;
    const auto arguments = pointers(words);
    auto settings = launch.environment.value_or(std::vector<std::string>{});
    const auto variables = pointers(settings);
    auto* const* environment = launch.environment ? variables.data() : environ;
    std::optional<Account> account;
    if (!launch.user.empty()) account = account_of(launch.user);
    const auto pid = ::fork();
    if (pid == 0)
        become(launch, account, const_cast<char**>(arguments.data()),
               const_cast<char**>(environment));
    if (pid < 0) {
        throw Error{Failure::internal, "cannot start " + launch.words[0],
                    std::generic_category().message(errno)};
    }
    return pid;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return 127;
    }
    return code_of(status);
}

ProgramResult run_program(Launch launch, const std::stop_token& stop) {
    Pipe out;
    Pipe err;
    if (!out.is_open || !err.is_open) return {.exit_code = 127, .err = "no pipe can be made"};
    launch.files = {-1, out.ends[1], err.ends[1]};
    const auto pid = nightshift::launch(launch);
    out.close(1);
    err.close(1);
    const bool is_own_group = launch.group != Launch::Group::ours;
    ProgramResult result;
    {
        const std::stop_callback end{stop, [pid, is_own_group] {
                                         if (is_own_group) ::kill(-pid, SIGKILL);
                                         ::kill(pid, SIGKILL);  // it may have no group yet
                                     }};
        read_both(pid, out, err, result);
        while (!has_ended(pid, 0)) {
        }
    }
    result.exit_code = wait_for(pid);
    return result;
}

ProgramResult run_program(const std::vector<std::string>& words) {
    return run_program(Launch{.words = words, .environment = environment_in_c()});
}

}  // namespace nightshift
