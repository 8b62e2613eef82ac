// nightshift crontab validate: what a line would find, and what it would do.
#include "jobs/crontab_machine.hpp"

#include <csignal>
#include <fstream>

#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace nightshift;
using namespace nightshift::test;
using nlohmann::json;

namespace {

// What validate says of a file in cron.d, by its severity.
struct Said {
    std::string errors;
    std::string looks;
};

Said validated(const Machine& machine, const std::string& lines) {
    const auto file = machine.folder.file("lines", lines + "\n");
    const auto said =
        machine.crontab({"validate", "--target", "cron.d", "--user", some_user(), "--json", file});
    INFO(said.err);
    Said all;
    const auto document = json::parse(said.out);
    for (const auto& each : document["findings"]) {
        (each["severity"] == "error" ? all.errors : all.looks) +=
            each["what"].get<std::string>() + "\n";
    }
    CHECK(said.exit_code == (all.errors.empty() ? 0 : 1));
    return all;
}

// As a line of cron.d.
std::string line(const Machine& machine, const std::string& words) {
    return "7 * * * * " + some_user() + " " + machine.program + " --env-file " + machine.env_file +
           " " + words;
}

// A crontab(1) that keeps everybody's crontab in one file.
void use_own_crontab(Machine& machine) {
    const auto file = machine.folder.path().string() + "/crontab.kept";
    machine.made("bin");
    const auto program = machine.folder.file(
        "bin/crontab", "#!/bin/sh\n[ \"$1\" = -u ] && shift 2\ncase $1 in\n-l) [ -e " + file +
                           " ] || { echo 'no crontab for you' >&2; exit 1; }; cat " + file +
                           ";;\n-r) rm " + file + ";;\n-n|-V) ;;\n*) cp \"$1\" " + file +
                           ";;\nesac\n");
    std::filesystem::permissions(program, std::filesystem::perms{0755});
    machine.environment["PATH"] =
        (machine.folder.path() / "bin").string() + ":/usr/sbin:/usr/bin:/sbin:/bin";
}

// Takes connections, and says nothing.
class HangingServer {
  public:
    HangingServer() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0);
        REQUIRE(::listen(listener_, 16) == 0);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
        port_ = ntohs(address.sin_port);
    }
    ~HangingServer() { ::close(listener_); }
    int port() const { return port_; }
    bool has_asker() const {
        pollfd ready{listener_, POLLIN, 0};
        return ::poll(&ready, 1, 0) > 0;
    }

  private:
    int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port_ = 0;
};

}  // namespace

TEST_CASE("a line whose words this program does not understand is found") {
    Machine machine;
    const auto error = [&machine](const std::string& words) {
        return validated(machine, line(machine, words)).errors;
    };
    const std::string safe = " --quiet --once-per hour --timeout 9";
    CHECK(error("check-streaks" + safe).empty());
    CHECK_THAT(error("check-streks" + safe),
               ContainsSubstring("it would end with 64 each time: not expected: check-streks"));
    CHECK_THAT(error("check-streaks --quiet --once-per minute --timeout 9"),
               ContainsSubstring("--once-per"));
    CHECK_THAT(error("check-streaks --quiet --once-per hour --timeout soon"),
               ContainsSubstring("--timeout"));
    CHECK_THAT(error("leaderboard --quiet"), ContainsSubstring("which command?"));
    CHECK(error("check-streaks --for \"$(date -I)\"" + safe).empty());
    const auto wrapped =
        validated(machine, "7 * * * * " + some_user() + " cd / && flock -n /x " + machine.program +
                               " --env-file " + machine.env_file + " chek-streaks" + safe);
    CHECK_THAT(wrapped.errors, ContainsSubstring("chek-streaks"));
    CHECK_THAT(error("chek-streaks --for \"$(date -I)\"" + safe),
               ContainsSubstring("chek-streaks"));
    CHECK_THAT(error("check-streaks" + safe + "; nightshift check-streaks; " + machine.program +
                     " chek-streaks"),
               ContainsSubstring("chek-streaks"));
    const auto secret = error("check-streaks --dburl postgresql://u:hunter2secret@h/db" + safe);
    CHECK_THAT(secret, ContainsSubstring("--dburl") && !ContainsSubstring("hunter2secret"));
    CHECK(error("--version -q").empty());
    CHECK(validated(machine, "7 * * * * " + some_user() + " " + machine.program + " --version")
              .errors.empty());
}

TEST_CASE("what cannot be told from a line alone is no error") {
    Machine machine;
    std::filesystem::permissions(machine.made("home"), std::filesystem::perms{0755});
    const auto own = machine.folder.file("home/.env", "DATABASE_URL=" + machine.app.database.url());
    std::filesystem::permissions(own, std::filesystem::perms{0644});
    const auto safe = machine.program + " check-streaks --quiet --once-per hour --timeout 9";
    const auto user = "7 * * * * " + some_user() + " ";
    for (const auto& command :
         {"cd /srv && " + safe, "set -a; . ./.env; set +a; " + safe, "A=\"$(true)\" " + safe,
          "sudo -u app -H " + safe, "env -C /srv " + safe,
          machine.program + " --env-file ~/x check-streaks --quiet --once-per hour --timeout 9"}) {
        INFO(command);
        const auto said = validated(machine, user + command);
        CHECK(said.errors.empty());
        CHECK_THAT(said.looks, ContainsSubstring("what it finds was not looked at"));
    }
    CHECK(validated(machine, user + machine.program + " crontab diff --user app --quiet")
              .errors.empty());
    CHECK_THAT(validated(machine, user + safe).errors, ContainsSubstring("settings are missing"));
    const auto path = "PATH=/opt/x:" + machine.folder.path().string() + "\n";
    CHECK_THAT(validated(machine, path + user + "nightshift check-streaks --quiet").errors,
               ContainsSubstring("settings are missing"));
    CHECK_THAT(validated(machine, user + "nightshift-x; nightshift check-streaks --quiet").errors,
               ContainsSubstring("is not in its PATH"));
}

TEST_CASE("a file that others may write is not tried as its lines' users") {
    Machine machine;
    const auto file = machine.folder.file(
        "theirs", line(machine, "check-streaks --quiet --once-per hour --timeout 9") + "\n");
    const auto said = [&] {
        return machine.crontab({"validate", "--target", "cron.d", "--user", some_user(), file}).out;
    };
    CHECK_THAT(said(), !ContainsSubstring("was not looked at"));
    std::filesystem::permissions(file, std::filesystem::perms{0666});
    CHECK_THAT(said(), ContainsSubstring("would find was not looked at"));
    if (::geteuid() != 0) return;
    std::filesystem::permissions(file, std::filesystem::perms{0644});
    REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);  // nobody, who is not daemon
    CHECK_THAT(said(), ContainsSubstring("would find was not looked at"));
}

TEST_CASE("a stop ends the look, and nothing is installed") {
    Machine machine;
    const auto cron_d = machine.made("cron.d");
    const HangingServer server;
    machine.env_file = machine.folder.file(
        "slow", "DATABASE_URL=postgresql://u@127.0.0.1:" + std::to_string(server.port()) +
                    "/app\nREDIS_URL=" + machine.app.redis.url());
    std::filesystem::permissions(machine.env_file, std::filesystem::perms{0644});
    Background install{
        {.command = {machine.program, "--env-file", machine.env_file, "crontab", "install",
                     "--folder", cron_d, "--user", some_user(), "--target", "cron.d"},
         .folder = "/"}};
    CHECK(eventually([&] { return server.has_asker(); }));
    install.signal(SIGTERM);
    CHECK(install.wait() == 143);
    CHECK(std::filesystem::is_empty(cron_d));
}

TEST_CASE("a line in cron.d without a user, or of one that is unknown, is found") {
    Machine machine;
    const auto lacks =
        validated(machine, "7 * * * * " + machine.program + " check-streaks --quiet");
    CHECK_THAT(lacks.errors, ContainsSubstring("this machine has no user " + machine.program));
    CHECK_THAT(validated(machine, "7 * * * * no-such-user true").errors,
               ContainsSubstring("this machine has no user no-such-user"));
    CHECK(validated(machine, "7 * * * * " + some_user() + " true").errors.empty());
    CHECK_THAT(validated(machine, "CRON_TZ=Asia/Tokyo\n7 * * * * " + some_user() + " true").looks,
               ContainsSubstring("does not read CRON_TZ"));
}

TEST_CASE("settings that the calling shell alone has are found before lines are made by them") {
    Machine machine;
    const auto cron_d = machine.made("cron.d");
    const std::vector<std::string> install{"install", "--target", "cron.d",   "--folder",
                                           cron_d,    "--user",   some_user()};
    machine.environment["NIGHTSHIFT_ZONE"] = "Asia/Tokyo";
    const auto refused = machine.crontab(install);
    CHECK(refused.exit_code == 77);
    CHECK_THAT(refused.err, ContainsSubstring("NIGHTSHIFT_ZONE is 'UTC', and 'Asia/Tokyo' where "
                                              "these times are looked at"));
    machine.environment = {{"NIGHTSHIFT_ZONE", "Etc/UTC"},
                           {"NIGHTSHIFT_HOST", "cron.d"},
                           {"HEARTBEAT_URL", "https://hc.example/x"}};
    const auto installed = machine.crontab(install);
    INFO(installed.err);
    CHECK(installed.exit_code == 0);
    CHECK_THAT(installed.out, ContainsSubstring("look: line") &&
                                  ContainsSubstring("HEARTBEAT_URL, NIGHTSHIFT_HOST: set where") &&
                                  !ContainsSubstring("hc.example") &&
                                  ContainsSubstring("wrote " + cron_d + "/nightshift"));
    // Of a job that is there where one of several is set: without it, it would send nothing.
    machine.environment = {{"EMAIL_PROVIDER", "smtp"}};
    CHECK_THAT(machine.crontab(install).out, ContainsSubstring("EMAIL_PROVIDER: set where"));
    machine.environment = {
        {"NIGHTSHIFT_SCHEDULE",
         machine.folder.file("s.json",
                             R"({"schema_version": 1, "jobs": [{"job": "it", "command":)"
                             R"( ["check-streaks"], "every": "hour", "missed": "never"}]})")}};
    const auto other = machine.crontab(
        {"validate", "--target", "cron.d", "--folder", cron_d, "--user", some_user()});
    INFO(other.err);
    CHECK_THAT(other.out, ContainsSubstring("NIGHTSHIFT_SCHEDULE is not set"));
}

TEST_CASE("a user's block is looked at with what the lines above it set") {
    Machine machine;
    use_own_crontab(machine);
    const std::vector<std::string> print{"print", "--target", "user", "--user", some_user()};
    const std::vector<std::string> validate{"validate", "--target", "user", "--user", some_user()};
    machine.env_file = machine.folder.file("bare", "LOG_LEVEL=info\n");
    std::filesystem::permissions(machine.env_file, std::filesystem::perms{0644});
    const auto block = machine.crontab(print).out;
    machine.folder.file("crontab.kept", block);
    CHECK_THAT(machine.crontab(validate).out, ContainsSubstring("settings are missing"));
    machine.folder.file("crontab.kept", "DATABASE_URL=" + machine.app.database.url() +
                                            "\nREDIS_URL=" + machine.app.redis.url() +
                                            "\n77 1 * * * theirs\n" + block + "1 2 3");
    const auto said = machine.crontab(validate);
    INFO(said.err);
    CHECK(said.exit_code == 1);  // of theirs what makes cron leave out a line: no line end
    CHECK_THAT(said.out, !ContainsSubstring("missing") && !ContainsSubstring("minute") &&
                             !ContainsSubstring("line 3"));
}
