// Streams that are closed, full, or read by nobody.
#include "support/binary.hpp"
#include "support/catch.hpp"

#include <signal.h>

using namespace nightshift::test;

namespace {

using Words = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

// The program with its streams as the script says, where "$@" is the call.
Finished in_bash(const std::string& script, const Words& words, const Environment& environment) {
    Words command{"bash", "-c", script, "bash", binary()};
    command.insert(command.end(), words.begin(), words.end());
    return run({.command = command, .environment = environment, .folder = "/"});
}

}  // namespace

TEST_CASE("a stdout that takes nothing ends with 74, after success and failure alike") {
    const Installation installation;
    const auto environment = installation.environment();
    for (const std::string stdout_is : {">/dev/full", ">&-"}) {
        for (const Words& words :
             {Words{"migrate", "status"}, Words{"migrate", "status", "--json"},
              Words{"completion", "bash"}, Words{"leaderboard", "top"}, Words{"--help"},
              Words{"--version"}, Words{"migrate", "up", "--help"}}) {
            const auto finished = in_bash("exec \"$@\" " + stdout_is, words, environment);
            INFO(words.back() << " " << stdout_is << "\n" << finished.err);
            CHECK(finished.exit_code == 74);
            CHECK_THAT(finished.err, ContainsSubstring("cannot write"));
        }
        // The error counts, not that its document could not be written.
        const auto failed = in_bash("exec \"$@\" " + stdout_is, {"migrate", "up", "--json"}, {});
        INFO(failed.err);
        CHECK(failed.exit_code == 78);
        CHECK_THAT(failed.err, ContainsSubstring("DATABASE_URL is not set"));
        CHECK_THAT(failed.err, !ContainsSubstring("terminate"));
    }
}

TEST_CASE("a pipe that nobody reads any more ends a command with 74 and crashes nothing") {
    const Installation installation;
    const TemporaryFolder folder;
    // A pipe whose reader is gone, and SIGPIPE as a shell leaves it.
    const auto script = "pipe=" + (folder.path() / "pipe").string() +
                        "; mkfifo $pipe; exec 3<>$pipe 4>$pipe 3<&-; "
                        "exec env --default-signal=PIPE \"$@\" >&4";
    const auto call = [&](const Words& words) {
        const auto finished = in_bash(script, words, installation.environment());
        std::filesystem::remove(folder.path() / "pipe");
        INFO(words.back() << "\n" << finished.err);
        CHECK_THAT(finished.err, !ContainsSubstring("terminate"));
        return finished.exit_code;
    };
    CHECK(call({"migrate", "status"}) == 74);
    CHECK(call({"completion", "bash"}) == 74);
    CHECK(call({"leaderboard", "rank", "999", "--json"}) == 65);
    const int help = call({"--help"});
    CHECK((help == 74 || help == 128 + SIGPIPE));
}

TEST_CASE("a stdin that is closed is an empty file, not the next connection") {
    const Installation installation;
    const auto finished =
        in_bash("exec \"$@\" <&-", {"import-attempts", "-"}, installation.environment());
    INFO(finished.err);
    CHECK(finished.exit_code == 65);
    CHECK_THAT(finished.err, ContainsSubstring("the file is empty"));
}

TEST_CASE("a stderr that is closed takes no part in the result") {
    const Installation installation;
    const auto finished =
        in_bash("exec \"$@\" 2>&-", {"migrate", "status", "-v"}, installation.environment());
    CHECK(finished.exit_code == 0);
    CHECK(finished.out == installation.nightshift({"migrate", "status"}).out);
    CHECK(in_bash("exec \"$@\" 2>&-", {"leaderboard", "rank", "999", "-v"},
                  installation.environment())
              .exit_code == 65);
}
