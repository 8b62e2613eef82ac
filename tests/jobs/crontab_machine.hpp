// A machine as `nightshift crontab` finds it: the program where anybody may run it, and its
// settings.
#pragma once

#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <filesystem>

#include <unistd.h>

namespace nightshift::test {

// A user who is on every Debian, where we are root; else ourselves.
inline std::string some_user() {
    if (::geteuid() == 0) return "daemon";
    const auto name = run({.command = {"id", "-un"}}).out;
    return name.substr(0, name.find('\n'));
}

// The program where anybody may run it, and its settings in a file that anybody may read.
struct Machine {
    TemporaryFolder folder;
    Installation app;
    std::string program = (folder.path() / "nightshift").string();
    std::string env_file;
    std::map<std::string, std::string> environment = {};  // of the shell that calls it

    Machine() {
        std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
        std::filesystem::permissions(Postgres::shared().folder(), std::filesystem::perms{0755});
        std::filesystem::copy_file(binary(), program);
        std::filesystem::permissions(program, std::filesystem::perms{0755});
        write_settings("");
    }
    void write_settings(const std::string& more) {
        env_file = folder.file("env", "DATABASE_URL=" + app.database.url() +
                                          "\nREDIS_URL=" + app.redis.url() + "\n" + more);
        std::filesystem::permissions(env_file, std::filesystem::perms{0644});
    }
    Finished crontab(const std::vector<std::string>& words) const {
        std::vector<std::string> command{program, "--env-file", env_file, "crontab"};
        command.insert(command.end(), words.begin(), words.end());
        auto all = environment;
        all["LOG_FORMAT"] = "plain";
        return run({.command = command, .environment = all, .folder = "/"});
    }
    std::string made(const std::string& name) const {
        const auto path = folder.path() / name;
        std::filesystem::create_directory(path);
        return path.string();
    }
};

}  // namespace nightshift::test
