// The built program, run as a user would: with settings in its environment and nothing else.
#pragma once

#include "support/process.hpp"
#include "support/servers.hpp"

#include <map>
#include <string>
#include <vector>

namespace nightshift::test {

inline std::string binary() { return NIGHTSHIFT_BINARY; }
inline std::filesystem::path source() { return NIGHTSHIFT_SOURCE; }

inline Spawn program(std::vector<std::string> arguments,
                     std::map<std::string, std::string> environment = {}, std::string input = {}) {
    arguments.insert(arguments.begin(), binary());
    return {.command = std::move(arguments),
            .environment = std::move(environment),
            .input = std::move(input),
            .folder = "/"};
}

// A migrated database and a Redis, and the program pointed at both.
struct Installation {
    Database database;
    Redis redis;

    std::map<std::string, std::string> environment() const {
        return {
            {"DATABASE_URL", database.url()}, {"REDIS_URL", redis.url()}, {"LOG_FORMAT", "plain"}};
    }
    Finished nightshift(std::vector<std::string> arguments, std::string input = {}) const {
        return run(program(std::move(arguments), environment(), std::move(input)));
    }
};

}  // namespace nightshift::test
