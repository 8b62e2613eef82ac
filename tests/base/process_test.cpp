// Other programs: what they say, as whom they run, and how they end.
#include "base/process.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

#include <csignal>
#include <filesystem>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace nightshift;
using namespace nightshift::test;

TEST_CASE("a program's output is told from its errors, and from a part of it") {
    const auto both = run_program({"sh", "-c", "echo out; echo err >&2; exit 3"});
    CHECK(both.out == "out\n");
    CHECK(both.err == "err\n");
    CHECK(both.exit_code == 3);
    CHECK(!both.is_cut);
    CHECK(run_program({"head", "-c", "2000000", "/dev/zero"}).is_cut);
    CHECK(run_program({"no-such-program"}).exit_code == 127);
    CHECK(run_program(Launch{.words = {"env"}, .environment = {{"A=b"}}}).out == "A=b\n");
    CHECK(run_program(Launch{.words = {"pwd"}, .folder = "/usr/bin"}).out == "/usr/bin\n");
    CHECK(run_program(Launch{.words = {"pwd"}, .folder = "/no/such/folder"}).out == "/\n");
    CHECK(run_program({"sh", "-c", "kill -9 $$"}).exit_code == 137);
}

TEST_CASE("a program has its own descriptors and no signal that is ignored") {
    const auto open = run_program({"sh", "-c", "ls /proc/$$/fd"}).out;
    CHECK(open == "0\n1\n2\n");
    ::signal(SIGPIPE, SIG_IGN);
    CHECK(run_program({"sh", "-c", "kill -PIPE $$; echo lives"}).exit_code == 128 + SIGPIPE);
    ::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("a program is not waited for longer than it runs, and has no terminal of ours") {
    const auto left = run_program(
        Launch{.words = {"sh", "-c", "sleep 600 & echo $!"}, .group = Launch::Group::session});
    const auto sleeper = std::stoi(left.out);
    CHECK(left.exit_code == 0);
    CHECK(::kill(sleeper, SIGKILL) == 0);  // it ran on
    const auto writer = run_program(
        Launch{.words = {"sh", "-c", "(trap '' PIPE; while echo x; do :; done) 2>&1 & echo $!"},
               .group = Launch::Group::session});
    CHECK(writer.exit_code == 0);
    ::kill(std::stoi(writer.out.substr(writer.out.find_first_not_of("x\n"))), SIGKILL);
    const std::vector<std::string> session{"sh", "-c", "cut -d ' ' -f 6 /proc/$$/stat"};
    const auto own = run_program(Launch{.words = session, .group = Launch::Group::session}).out;
    CHECK(own.ends_with('\n'));
    CHECK(own != run_program(session).out);
}

TEST_CASE("a stop ends the program that is waited for") {
    std::stop_source stopping;
    std::jthread later{[&stopping] {
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
        stopping.request_stop();
    }};
    CHECK(run_program(Launch{.words = {"sleep", "600"}}, stopping.get_token()).exit_code ==
          128 + SIGKILL);
}

// What the loader itself does by the environment, as LD_PRELOAD, is done as that user too.
TEST_CASE("an environment counts for the user that it is given for, and not for root") {
    if (::geteuid() != 0) {
        WARN("another user's process can be had by root alone: this was not looked at");
        return;
    }
    const TemporaryFolder folder;
    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
    const auto ran = run_program(
        Launch{.words = {"sh", "-c", "id -u; id -G"},
               .environment = {{"PATH=/usr/bin:/bin", "LD_DEBUG=statistics",
                                "LD_DEBUG_OUTPUT=" + (folder.path() / "seen").string()}},
               .user = "daemon"});
    const auto* daemon = ::getpwnam("daemon");
    CHECK(ran.out == std::to_string(daemon->pw_uid) + "\n" + std::to_string(daemon->pw_gid) + "\n");
    int seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder.path()}) {
        struct stat about {};
        REQUIRE(::stat(entry.path().c_str(), &about) == 0);
        CHECK(about.st_uid == daemon->pw_uid);
        ++seen;
    }
    CHECK(seen > 0);
}
