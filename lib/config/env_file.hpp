// A .env file: NAME=value lines, as docker compose and dotenv write them.
// Blank lines and # comments are skipped, "export " is allowed in front, values may stand in
// single quotes (taken as they are) or double quotes (\n, \t, \", \\ and \$ are understood).
// Nothing is expanded: a $ is a dollar sign. The last of two equal names wins.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace nightshift::config {

struct EnvFile {
    std::map<std::string, std::string> values;
    std::vector<std::string> repeated;  // names that stand there more than once
};

// Throws Error (configuration) naming file and line; the line's content is never shown.
EnvFile read_env_file(const std::filesystem::path& path);

}  // namespace nightshift::config
