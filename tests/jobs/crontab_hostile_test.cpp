// What a hostile tester found: crontabs of others, odd names, and what stands where ours is to go.
#include "base/file.hpp"
#include "base/process.hpp"
#include "jobs/crontab.hpp"
#include "jobs/crontab_check.hpp"
#include "jobs/installation.hpp"
#include "jobs/user_look.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/process.hpp"
#include "support/servers.hpp"

#include <filesystem>

#include <sys/stat.h>

using namespace nightshift;
using namespace nightshift::jobs;
using namespace nightshift::test;

namespace {

const CrontabOptions machine{
    .program = "/usr/bin/nightshift", .user = "app", .env_file = "", .host = "web1"};

std::vector<PlannedJob> plan_of(const CrontabOptions& options) {
    return plan(parse_schedule(default_schedule(), "here"), options,
                parse_instant("2026-11-22T00:00:00Z").value());
}

std::string block() { return user_block(plan_of(machine), machine); }

}  // namespace

TEST_CASE("a block that is cut or there twice is refused, and no line of others' is lost") {
    const auto ours = block();
    const auto begin = ours.substr(0, ours.find('\n') + 1);
    const auto end = ours.substr(ours.rfind("# ---"));
    const auto without_end = ours.substr(0, ours.rfind("# ---"));
    const auto without_begin = ours.substr(begin.size());
    for (const auto& crontab :
         {without_end + "1 1 * * * mine\n" + ours, ours + "1 1 * * * mine\n" + ours,
          without_begin + "1 1 * * * mine\n", end + "1 1 * * * mine\n" + begin}) {
        INFO(crontab);
        CHECK(error_of([&] { with_block(crontab, ours); }).failure == Failure::refused);
        CHECK(error_of([&] { without_block(crontab); }).failure == Failure::refused);
        CHECK(error_of([&] { block_of(crontab); }).failure == Failure::refused);
    }
}

TEST_CASE("names that would be other lines or words of a crontab are refused") {
    for (const std::string odd : {"", "a b", "a\n* * * * * root x", "a\tb"}) {
        auto options = machine;
        options.user = odd;
        CHECK(error_of([&] { plan_of(options); }).failure == Failure::configuration);
        options = machine;
        options.host = odd;
        CHECK(error_of([&] { plan_of(options); }).failure == Failure::configuration);
    }
    CHECK(error_of([] {
              parse_schedule(R"({"schema_version": 1, "jobs": [{"job": "x\n* * * * * root y", )"
                             R"("command": ["a"], "every": "day", "missed": "never"}]})",
                             "here");
          }).failure == Failure::configuration);
}

TEST_CASE("a stroke before a percent sign reaches the command through cron") {
    auto options = machine;
    options.env_file = "/srv/p\\%q/\\\\%/env";
    const auto crontab = parse_crontab(user_block(plan_of(options), options), CrontabKind::user);
    CHECK(crontab.findings.empty());
    REQUIRE(!crontab.entries.empty());
    CHECK(crontab.entries[0].started.at(0).words[2] == options.env_file);
    bool is_cut = parse_crontab("1 1 * * * echo a\\\\%b\n", CrontabKind::user).findings.size() == 1;
    CHECK(is_cut);
}

TEST_CASE("a line of fifty thousand characters is told, not choked on") {
    const auto crontab = parse_crontab("A=" + std::string(50'000, 'a') + "\n", CrontabKind::user);
    REQUIRE(crontab.findings.size() == 1);
    CHECK_THAT(crontab.findings[0].what, ContainsSubstring("1000 characters"));
}

TEST_CASE("a device, a pipe, a symlink and a folder are neither replaced nor read") {
    const TemporaryFolder folder;
    const auto path = [&folder](const std::string& name) {
        return (folder.path() / name).string();
    };
    REQUIRE(::mkfifo(path("pipe").c_str(), 0600) == 0);
    folder.file("file", "theirs");
    REQUIRE(::symlink(path("file").c_str(), path("link").c_str()) == 0);
    for (const auto& each : {path("pipe"), path("link"), folder.path().string()}) {
        INFO(each);
        CHECK(error_of([&] { write_file(each, "x", 0644); }).failure == Failure::output);
    }
    CHECK(error_of([&] { write_file("/dev/null", "x", 0644); }).failure == Failure::output);
    for (const auto& each : {path("pipe"), folder.path().string(), std::string{"/dev/null"}})
        CHECK(error_of([&] { read_file(each); }).failure == Failure::data);
    CHECK(read_file(path("file")) == "theirs");
    CHECK(!read_file(path("nothing")));
}

TEST_CASE("somebody else's file in cron.d is left alone, and a backup is for its owner's eyes") {
    const TemporaryFolder folder;
    const Place place{Target::cron_d, "app", folder.path().string()};
    const auto file = folder.file("nightshift", "0 3 * * * root precious\n");
    const auto files = wanted(place, plan_of(machine), machine);
    CHECK(error_of([&] { install(place, files); }).failure == Failure::refused);
    CHECK(install(place, {}).removed.empty());
    CHECK(read_file(file) == "0 3 * * * root precious\n");

    folder.file("nightshift", files.at("nightshift") + "# changed by hand\n");
    CHECK(install(place, files).backups.size() == 1);
    struct stat about {};
    REQUIRE(::stat((file + ".before").c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    // cron reads none that others may write.
    REQUIRE(::chmod(file.c_str(), 0666) == 0);
    CHECK(install(place, files).written == std::vector<std::string>{file});
    REQUIRE(::stat(file.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0644);
    CHECK(install(place, files).written.empty());
}

TEST_CASE("where one of systemd's units is somebody else's, none is written") {
    const TemporaryFolder folder;
    const Place place{Target::systemd, "app", folder.path().string()};
    const auto file = folder.file("nightshift-check-streaks.timer", "[Unit]\n");
    const auto files = wanted(place, plan_of(machine), machine);
    REQUIRE(files.contains("nightshift-check-streaks.timer"));
    const auto error = error_of([&] { install(place, files); });
    CHECK(error.failure == Failure::refused);
    CHECK_THAT(error.what(), ContainsSubstring("nightshift-check-streaks.timer"));
    CHECK(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) == 1);
}

TEST_CASE("a program that a line names is not started where it is another") {
    const TemporaryFolder folder;
    const auto program =
        folder.file("nightshift", "#!/bin/sh\ntouch " + (folder.path() / "pwned").string() + "\n");
    ::chmod(program.c_str(), 0755);
    const auto crontab = parse_crontab("* * * * * " + program + " x\n", CrontabKind::user);
    const auto& entry = crontab.entries.at(0);
    const auto findings =
        UserLook{{}}.look(entry, entry.started.at(0), current_user(), {.needs = {"DATABASE_URL"}});
    REQUIRE(findings.size() == 1);
    CHECK(!findings[0].is_error);
    CHECK_THAT(findings[0].what, ContainsSubstring("was not tried"));
    CHECK(!read_file((folder.path() / "pwned").string()));
}
