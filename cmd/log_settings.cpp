#include "log_settings.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <map>

#include <unistd.h>

namespace nightshift::cmd {

log::Level log_level(bool verbose, bool quiet, const config::Settings& settings) {
    static const std::map<std::string, log::Level> levels{{"debug", log::Level::debug},
                                                          {"info", log::Level::info},
                                                          {"warning", log::Level::warning},
                                                          {"error", log::Level::error}};
    if (verbose) return log::Level::debug;
    if (quiet) return log::Level::warning;
    const auto setting = settings.find("LOG_LEVEL");
    if (!setting) return log::Level::info;
    const auto wanted = levels.find(lowered(*setting));
    if (wanted != levels.end()) return wanted->second;
    throw Error{Failure::configuration, "LOG_LEVEL is " + excerpt(*setting),
                "it must be debug, info, warning or error", "correct it, or leave it unset"};
}

log::Format log_format(const std::string& flag, const config::Settings& settings) {
    auto wanted = flag;
    if (wanted.empty()) wanted = settings.find("LOG_FORMAT").value_or("auto");
    if (wanted == "plain") return log::Format::plain;
    if (wanted == "json") return log::Format::json;
    if (wanted != "auto") {
        throw Error{Failure::configuration, "LOG_FORMAT is " + excerpt(wanted),
                    "it must be auto, plain or json", "correct it, or leave it unset"};
    }
    return ::isatty(STDERR_FILENO) != 0 ? log::Format::plain : log::Format::json;
}

}  // namespace nightshift::cmd
