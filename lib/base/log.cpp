#include "base/log.hpp"

#include "base/instant.hpp"
#include "base/text.hpp"

#include <mutex>

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace nightshift::log {
namespace {

struct Log {
    std::mutex mutex;
    Options options{.level = Level::warning,
                    .format = Format::plain,
                    .command = {},
                    .run_id = {},
                    .filter = {}};
    spdlog::logger sink{"nightshift", std::make_shared<spdlog::sinks::stderr_sink_mt>()};

    Log() {
        sink.set_pattern("%v");
        sink.set_level(spdlog::level::debug);
        sink.flush_on(spdlog::level::debug);
    }
};

Log& state() {
    static Log log;
    return log;
}

std::string plain_line(Level level, std::string_view message, const Fields& fields) {
    std::string line = "nightshift: ";
    if (level == Level::warning) line += "warning: ";
    line += one_line(message);
    for (const auto& [name, value] : fields) {
        if (level == Level::error) {
            line += "\n  " + std::string{name} + ": " + one_line(value);
        } else {
            line += "  " + std::string{name} + "=" + one_line(value);
        }
    }
    return line;
}

std::string json_line(Level level, std::string_view message, const Fields& fields) {
    static constexpr const char* names[] = {"debug", "info", "warning", "error"};
    nlohmann::ordered_json line{{"time", format_instant(now())},
                                {"level", names[static_cast<int>(level)]},
                                {"command", state().options.command},
                                {"run_id", state().options.run_id},
                                {"message", message}};
    for (const auto& [name, value] : fields) line[std::string{name}] = value;
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void write(Level level, std::string_view message, const Fields& fields) {
    auto& log = state();
    const std::scoped_lock lock{log.mutex};
    if (level < log.options.level) return;
    auto line = log.options.format == Format::json ? json_line(level, message, fields)
                                                   : plain_line(level, message, fields);
    if (log.options.filter) line = log.options.filter(std::move(line));
    log.sink.log(spdlog::level::err, line);
}

}  // namespace

void configure(Options options) {
    const std::scoped_lock lock{state().mutex};
    state().options = std::move(options);
}

void debug(std::string_view message, const Fields& fields) { write(Level::debug, message, fields); }
void info(std::string_view message, const Fields& fields) { write(Level::info, message, fields); }
void warning(std::string_view message, const Fields& fields) {
    write(Level::warning, message, fields);
}
void error(std::string_view message, const Fields& fields) { write(Level::error, message, fields); }

}  // namespace nightshift::log
