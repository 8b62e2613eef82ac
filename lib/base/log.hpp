// What happened, on stderr: for people plain lines, for collectors one JSON object a line with
// the run id. Everything passes the filter (secrets) before it is written. Safe from any thread.
// Until configure() is called, as in a program that links the library, only warnings are
// written, plainly.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nightshift::log {

enum class Level { debug, info, warning, error };
enum class Format { plain, json };

struct Options {
    Level level = Level::info;
    Format format = Format::plain;
    std::string command;
    std::string run_id;
    std::function<std::string(std::string)> filter;  // the last word on every line
};

using Fields = std::vector<std::pair<std::string_view, std::string>>;

void configure(Options options);

void debug(std::string_view message, const Fields& fields = {});
void info(std::string_view message, const Fields& fields = {});
void warning(std::string_view message, const Fields& fields = {});
// In plain format a field of an error stands on a line of its own: "why: ...", "fix: ...".
void error(std::string_view message, const Fields& fields = {});

}  // namespace nightshift::log
