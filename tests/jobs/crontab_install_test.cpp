// nightshift crontab as a user has it: installed, compared, validated, run by the real cron.
#include "jobs/crontab_machine.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace nightshift;
using namespace nightshift::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Whether we may have mounts of our own.
bool may_mount() {
    return run({.command = {"unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /run"}})
               .exit_code == 0;
}

}  // namespace

TEST_CASE("a schedule is installed once, compared, changed with a backup, and taken away") {
    Machine machine;
    const auto cron_d = machine.made("cron.d");
    const auto path = cron_d + "/nightshift";
    const std::vector<std::string> place{"--target", "cron.d", "--folder",
                                         cron_d,     "--user", some_user()};
    const auto with = [&place](std::vector<std::string> words) {
        words.insert(words.end(), place.begin(), place.end());
        return words;
    };
    CHECK(machine.crontab(with({"validate"})).exit_code == 65);
    CHECK(machine.crontab(with({"diff"})).exit_code == 1);
    CHECK_THAT(machine.crontab(with({"print"})).err,
               ContainsSubstring("left out of the schedule: none of its settings is there"));
    const auto tried = machine.crontab(with({"install", "--dry-run"}));
    CHECK(tried.exit_code == 0);
    CHECK_THAT(tried.out,
               ContainsSubstring("check-streaks --quiet --once-per hour --timeout 3000"));
    CHECK(!fs::exists(path));

    const auto installed = machine.crontab(with({"install"}));
    INFO(installed.err);
    CHECK(installed.exit_code == 0);
    CHECK(installed.out == "wrote " + path + "\n");
    const auto first = content(path);
    CHECK(first == machine.crontab(with({"print"})).out);
    CHECK_THAT(first, ContainsSubstring(" " + some_user() + " " + machine.program + " --env-file " +
                                        machine.env_file + " check-streaks "));
    CHECK((fs::status(path).permissions() & fs::perms::all) == fs::perms{0644});
    const auto written_at = fs::last_write_time(path);
    CHECK(machine.crontab(with({"install"})).out == "nothing to do\n");
    CHECK(fs::last_write_time(path) == written_at);
    CHECK(machine.crontab(with({"diff"})).exit_code == 0);
    CHECK(machine.crontab(with({"validate"})).exit_code == 0);

    machine.write_settings("NIGHTSHIFT_ZONE=Asia/Kolkata\n");
    const auto differs = machine.crontab(with({"diff"}));
    CHECK(differs.exit_code == 1);
    CHECK_THAT(differs.out, ContainsSubstring("+++ nightshift (schedule)"));
    CHECK(machine.crontab(with({"install"})).exit_code == 0);
    CHECK(content(path + ".before") == first);
    CHECK(machine.crontab(with({"uninstall", "--dry-run"})).exit_code == 0);
    CHECK(fs::exists(path));
    CHECK(machine.crontab({"uninstall", "--target", "cron.d", "--folder", cron_d}).exit_code == 0);
    CHECK(!fs::exists(path));
    CHECK(machine.crontab({"uninstall", "--target", "cron.d", "--folder", cron_d}).out ==
          "nothing to do\n");
}

TEST_CASE("systemd's units come in pairs, those that are no more wanted go, others stay") {
    Machine machine;
    const auto units = machine.made("units");
    const std::vector<std::string> install{"install", "--target", "systemd",  "--folder",
                                           units,     "--user",   some_user()};
    machine.folder.file("units/nightshift-mine.service", "[Service]\nExecStart=/bin/true\n");
    const auto installed = machine.crontab(install);
    INFO(installed.err << installed.out);
    CHECK(installed.exit_code == 0);
    CHECK(fs::exists(units + "/nightshift-close-leaderboard-weekly.timer"));
    std::vector<std::string> verify{"systemd-analyze", "verify"};
    for (const auto& entry : fs::directory_iterator{units}) verify.push_back(entry.path().string());
    CHECK(verify.size() == 2 + 11);
    const auto verified = run({.command = verify});
    CHECK(verified.out + verified.err == "");
    CHECK(
        machine
            .crontab({"validate", "--target", "systemd", "--folder", units, "--user", some_user()})
            .exit_code == 0);

    machine.write_settings(
        "NIGHTSHIFT_SCHEDULE=" +
        machine.folder.file("schedule.json",
                            R"({"schema_version": 1, "jobs": [{"job": "check-streaks", "command":)"
                            R"( ["check-streaks"], "every": "day", "missed": "one pass"}]})") +
        "\n");
    fs::permissions(machine.folder.path() / "schedule.json", fs::perms{0644});
    CHECK(machine.crontab(install).exit_code == 0);
    std::vector<std::string> left;
    for (const auto& entry : fs::directory_iterator{units}) {
        const auto name = entry.path().filename().string();
        if (!name.ends_with(".before")) left.push_back(name);
    }
    std::sort(left.begin(), left.end());
    CHECK(left ==
          std::vector<std::string>{"nightshift-catch-up.service", "nightshift-catch-up.timer",
                                   "nightshift-check-streaks.service",
                                   "nightshift-check-streaks.timer", "nightshift-mine.service"});
    CHECK_THAT(content(units + "/nightshift-check-streaks.timer"), ContainsSubstring("*-*-* 00:"));
}

TEST_CASE("what a line's user would lack is found before it is installed") {
    Machine machine;
    const auto cron_d = machine.made("cron.d");
    const std::vector<std::string> install{"install", "--target", "cron.d",   "--folder",
                                           cron_d,    "--user",   some_user()};
    const auto refused_for = [&](const std::string& words) {
        const auto refused = machine.crontab(install);
        INFO(refused.err);
        CHECK(refused.exit_code == 77);
        CHECK_THAT(refused.err, ContainsSubstring(words));
        CHECK(fs::is_empty(cron_d));
    };
    machine.env_file = machine.folder.file("env", "DATABASE_URL=" + machine.app.database.url());
    fs::permissions(machine.env_file, fs::perms{0644});
    refused_for("settings are missing: REDIS_URL");
    if (::geteuid() == 0) {
        fs::permissions(machine.env_file, fs::perms{0600});
        refused_for("Permission denied");
        fs::permissions(machine.env_file, fs::perms{0644});
        fs::permissions(machine.program, fs::perms{0700});
        refused_for("as daemon: ");
        fs::permissions(machine.program, fs::perms{0755});
    }
    machine.write_settings("S3_SECRET=hunter2\n");
    auto unknown = install;
    unknown.back() = "no-such-user";
    const auto refused = machine.crontab(unknown);
    CHECK(refused.exit_code == 77);
    CHECK_THAT(refused.err, ContainsSubstring("this machine has no user no-such-user"));
    unknown.emplace_back("--force");
    CHECK(machine.crontab(unknown).exit_code == 0);
    CHECK(fs::exists(cron_d + "/nightshift"));
    if (::geteuid() == 0) {
        const auto nobody = machine.crontab({"print", "--target", "cron.d"});
        CHECK(nobody.exit_code == 64);
        CHECK_THAT(nobody.err, ContainsSubstring("--user NAME"));
    }
}

TEST_CASE("a crontab of somebody's own is validated") {
    Machine machine;
    const auto cron_d = machine.made("cron.d");
    const auto file = machine.folder.file(
        "cron.d/night.shift", "7 * * * * " + some_user() + " " + machine.program + " --env-file " +
                                  machine.env_file + " check-streaks --quiet >> /tmp/$(date +%F)");
    machine.app.database.query(
        "INSERT INTO nightshift.job_runs (run_id, job, lease, fence, state, started_at, "
        "finished_at, host, pid, version, rerun) SELECT 'R' || n, 'check-streaks', "
        "'check-streaks', n, 'succeeded', now() - n * interval '2 hours', now() - n * interval "
        "'2 hours' + interval '70 minutes', 'h', 1, '0', false FROM "
        "generate_series(1, 20) n");
    const auto said =
        machine.crontab({"validate", "--target", "cron.d", "--user", some_user(), "--json", file});
    INFO(said.out << said.err);
    CHECK(said.exit_code == 1);
    const auto findings = json::parse(said.out)["findings"];
    std::string errors;
    std::string looks;
    for (const auto& each : findings)
        (each["severity"] == "error" ? errors : looks) += each["what"].get<std::string>() + "\n";
    CHECK_THAT(errors, ContainsSubstring("unescaped %"));
    CHECK_THAT(errors, ContainsSubstring("no line end"));
    CHECK_THAT(errors, ContainsSubstring("crontab -n of night.shift"));
    CHECK_THAT(errors, ContainsSubstring("cron reads no file of that name in cron.d: night.shift"));
    CHECK_THAT(looks, ContainsSubstring("a second host"));
    CHECK_THAT(looks,
               ContainsSubstring("check-streaks comes every 3600 s, and its runs take 4200 s"));
    CHECK(machine.crontab({"validate", "--user", some_user(), "/nowhere/at/all"}).exit_code == 65);
}

TEST_CASE("the next times of each job are those of its line") {
    Machine machine;
    machine.write_settings("NIGHTSHIFT_ZONE=Asia/Tokyo\n");
    const auto next = machine.crontab({"next", "--user", some_user(), "--count", "2", "--cron-zone",
                                       "America/New_York", "--json"});
    const auto document = json::parse(next.out);
    CHECK(document["zone"] == "America/New_York");
    REQUIRE(document["next"].size() == 10);
    for (const auto& each : document["next"]) {
        if (each["job"] != "close-leaderboard/weekly") continue;
        // Sunday 23:00 in Tokyo is 14:00 UTC; New York's clock says 9 or 10 of it.
        const auto hour = each["at"].get<std::string>().substr(11, 2);
        CHECK((hour == "14" || hour == "15"));
    }
    CHECK(machine.crontab({"next", "--user", some_user()}).exit_code == 0);
    CHECK(machine.crontab({"next", "--user", some_user(), "--cron-zone", "Foo/Bar"}).exit_code ==
          78);
}

TEST_CASE("where systemd runs it is told each time, and its refusal is ours") {
    if (::geteuid() != 0 || !may_mount()) {
        WARN("systemd's folders cannot be had: what systemctl is told was not looked at");
        return;
    }
    Machine machine;
    machine.made("bin");
    const auto broken = machine.folder.file("broken", "");
    const auto told = machine.folder.path().string() + "/told";
    const auto systemctl = machine.folder.file(
        "bin/systemctl", "#!/bin/sh\necho \"$@\" >> " + told + "\n[ -e " + broken +
                             " ] && [ $2 = enable ] && { echo 'Access denied' >&2; exit 1; }\n"
                             "exit 0\n");
    fs::permissions(systemctl, fs::perms{0755});
    const auto script = machine.folder.file(
        "script",
        "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system\n"
        "mount -t tmpfs tmpfs /etc/systemd/system\n"
        "export PATH=" +
            (machine.folder.path() / "bin").string() +
            ":$PATH\n"
            "install() { " +
            machine.program + " --env-file " + machine.env_file +
            " crontab install --target systemd --user daemon --quiet; echo $?; }\n"
            "install; rm " +
            broken + "; install\n");
    const auto ran = run({.command = {"unshare", "--mount", "sh", script}, .folder = "/"});
    INFO(ran.err);
    CHECK(ran.out == "69\n0\n");
    CHECK_THAT(ran.err, ContainsSubstring("Access denied"));
    const auto words = content(told);
    CHECK_THAT(words, ContainsSubstring("--quiet daemon-reload\n--quiet enable --now "
                                        "nightshift-catch-up.timer\n--quiet daemon-reload\n"));
    CHECK_THAT(words, ContainsSubstring("--quiet enable --now nightshift-check-streaks.timer\n"));
}

// In a mount namespace of its own: no crontab of the machine is touched, and a cron that runs there
// is none of ours. Where that is not allowed, as in a container of CI, the machine's own is used.
TEST_CASE("the real cron runs a plain user's job within a minute or two, and the ledger knows it") {
    if (::geteuid() != 0) {
        WARN("cron's crontabs can be had by root alone: its run was not looked at");
        return;
    }
    Machine machine;
    machine.write_settings(
        "NIGHTSHIFT_SCHEDULE=" +
        machine.folder.file("schedule.json",
                            R"({"schema_version": 1, "jobs": [{"job": "check-streaks", "command":)"
                            R"( ["check-streaks"], "every": "hour", "missed": "one pass"}]})") +
        "\n");
    fs::permissions(machine.folder.path() / "schedule.json", fs::perms{0644});
    // The host whose minute comes next.
    const auto seconds = [](const std::string& instant) {
        return std::chrono::floor<std::chrono::seconds>(parse_instant(instant).value() - now())
            .count();
    };
    std::string host;
    std::int64_t soonest = 3600;
    for (int i = 0; i < 200 && soonest > 75; ++i) {
        const auto name = "host" + std::to_string(i);
        const auto next = machine.crontab({"next", "--target", "user", "--user", "daemon",
                                           "--count", "1", "--host", name, "--json"});
        std::int64_t in = 0;
        const auto document = json::parse(next.out);
        for (const auto& each : document["next"]) {
            if (each["job"] == "check-streaks") in = seconds(each["at"]);
        }
        if (in >= 5 && in < soonest) {
            soonest = in;
            host = name;
        }
    }
    const auto private_mounts =
        machine.folder.file("mounts",
                            "mount -t tmpfs -o mode=1730 tmpfs /var/spool/cron/crontabs\n"
                            "chgrp crontab /var/spool/cron/crontabs\n"
                            "mount -t tmpfs tmpfs /etc/cron.d\n"
                            "mount -t tmpfs tmpfs /run\n"
                            "mount -t tmpfs tmpfs /var/backups\n"
                            "mount --bind " +
                                machine.folder.file("empty", "") + " /etc/crontab\n");
    const auto nightshift =
        fmt::format("{} --env-file {} crontab", machine.program, machine.env_file);
    const auto script = machine.folder.file(
        "script",
        "set -e\n"
        "if crontab -u daemon -l; then echo 'daemon has a crontab already'; exit 1; fi\n"
        "echo '5 5 * * * true # theirs' | crontab -u daemon -\n" +
            nightshift + " install --target user --user daemon --host " + host + "\n" +
            "cron -f & cron=$!\n"
            "trap 'kill $cron; " +
            nightshift + " uninstall --target user --user daemon; crontab -u daemon -l; " +
            "crontab -u daemon -r; " + nightshift + " install --target user --user daemon; " +
            nightshift +
            " uninstall --target user --user daemon; rm -f /var/backups/crontab-daemon.before; "
            "crontab -u daemon -l' EXIT\n" +
            "while [ ! -e " + machine.folder.path().string() + "/enough ]; do sleep 0.2; done\n");
    const bool is_private = may_mount();
    if (!is_private && std::getenv("CI") == nullptr) {
        WARN("no mounts of our own can be had: the real cron was not looked at");
        return;
    }
    const auto log = machine.folder.path() / "log";
    const auto shell = is_private ? "set -e; . " + private_mounts + "; . " + script : ". " + script;
    std::vector<std::string> command{"sh", "-c", shell};
    if (is_private) command.insert(command.begin(), {"unshare", "--mount"});
    Background cron{{.command = command, .folder = "/"}, log.string()};
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{soonest + 60};
    const auto ended = [&] {
        return machine.app.database.query(
            "SELECT state || ' ' || unit || ' ' || job FROM "
            "nightshift.job_runs WHERE state <> 'running'");
    };
    while (ended().empty() && cron.is_running() && std::chrono::steady_clock::now() < give_up)
        ::usleep(200'000);
    machine.folder.file("enough", "");
    cron.wait();
    INFO(content(log));
    CHECK(ended() == "succeeded hour check-streaks");
    CHECK_THAT(content(log), ContainsSubstring("wrote the crontab of daemon"));
    CHECK_THAT(content(log), ContainsSubstring("\n5 5 * * * true # theirs\n"));
    CHECK(content(log).ends_with("no crontab for daemon\n"));  // nor an empty one
}
