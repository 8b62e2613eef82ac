// nightshift crontab validate: what a line would find, and what it would do.
#include "jobs/crontab_machine.hpp"

#include <fstream>

#include <nlohmann/json.hpp>

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
    machine.environment = {{"NIGHTSHIFT_ZONE", "UTC"}, {"HEARTBEAT_URL", "https://hc.example/x"}};
    const auto installed = machine.crontab(install);
    INFO(installed.err);
    CHECK(installed.exit_code == 0);
    CHECK_THAT(installed.out, ContainsSubstring("look: line") &&
                                  ContainsSubstring("HEARTBEAT_URL: set where this is looked at") &&
                                  !ContainsSubstring("hc.example"));
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
