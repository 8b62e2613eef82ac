// A database and a Redis of their own, and nightshift health looking at them.
#pragma once

#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/servers.hpp"

#include <map>

#include <nlohmann/json.hpp>

namespace nightshift::test {

using Json = nlohmann::json;
using Values = std::map<std::string, std::string>;

struct Watched {
    Database database;
    Redis redis;

    Values environment(const Values& more = {}) const {
        Values all{{"DATABASE_URL", database.url()}, {"REDIS_URL", redis.url()}};
        for (const auto& [name, value] : more) all[name] = value;
        return all;
    }
    Finished health(std::vector<std::string> words, const Values& more = {}) const {
        words.insert(words.begin(), "health");
        return run(program(words, environment(more)));
    }
    // By id: the check's status; "" is the whole.
    std::map<std::string, Json> looked(std::vector<std::string> words,
                                       const Values& more = {}) const {
        words.emplace_back("--json");
        const auto finished = health(std::move(words), more);
        INFO(finished.out << finished.err);
        const auto json = Json::parse(finished.out);
        std::map<std::string, Json> found{{"", json}};
        for (const auto& each : json.at("checks")) found[each.at("id")] = each;
        return found;
    }
};

inline std::string status(const std::map<std::string, Json>& looked, const std::string& id) {
    return looked.at(id).at("status");
}

}  // namespace nightshift::test
