// The help text, the same whatever version of CLI11 draws it, and the words for a command line
// that cannot be right.
#pragma once

#include "base/error.hpp"

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace nightshift::cmd {

// Purpose, usage, commands or options, then the footer (examples).
std::shared_ptr<CLI::FormatterBase> help_formatter();

// The command that the line named, as deep as it goes; its name with its parents': "migrate up".
const CLI::App& deepest(const CLI::App& app);
std::string path_of(const CLI::App& command);

// CLI11's words for what it could not parse, in our manner.
std::string words_of(const CLI::App& app, const CLI::ParseError& error);

// What is wrong with the line, what was probably meant, and where to read on.
Error usage_error(const CLI::App& app, const std::string& why);

// Every command and option that could stand where the command line went wrong.
std::vector<std::string> known_words(const CLI::App& app);

}  // namespace nightshift::cmd
