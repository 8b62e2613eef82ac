#include "config/env_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <optional>
#include <sstream>

namespace nightshift::config {
namespace {

constexpr std::size_t longest_file = 4 << 20;

bool is_name(std::string_view text) {
    if (text.empty() || (text.front() >= '0' && text.front() <= '9')) return false;
    return text.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
           std::string_view::npos;
}

// nullopt: a quote that is not closed, or something behind the closing one.
std::optional<std::string> unquoted(std::string_view text) {
    if (text.empty() || (text.front() != '\'' && text.front() != '"')) {
        // A # begins a comment at the start or behind a blank; a#b is a value.
        auto comment = text.starts_with('#') ? 0 : text.find(" #");
        comment = std::min(comment, text.find("\t#"));
        return std::string{trimmed(text.substr(0, comment))};
    }
    const char quote = text.front();
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == quote) {
            const auto rest = trimmed(text.substr(i + 1));
            if (!rest.empty() && rest.front() != '#') return std::nullopt;
            return value;
        }
        if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
            const char next = text[++i];
            value += next == 'n' ? '\n' : next == 't' ? '\t' : next;
        } else {
            value += text[i];
        }
    }
    return std::nullopt;
}

}  // namespace

EnvFile read_env_file(const std::filesystem::path& path) {
    const auto unreadable = [&path](const std::string& why) -> Error {
        return {Failure::configuration, "cannot read the settings file " + path.string(), why,
                "give a readable file with --env-file"};
    };
    std::string text_of_file;
    try {
        text_of_file = read_short(path, longest_file);
    } catch (const Error& error) {
        throw unreadable(error.cause);
    }
    std::istringstream file{text_of_file};
    const auto refuse = [&path](int line, const std::string& why) -> Error {
        return {Failure::configuration,
                "bad line in the settings file " + path.string() + ":" + std::to_string(line), why,
                "write NAME=value, with quotes around a value that has blanks or quotes"};
    };

    EnvFile read;
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        std::string_view text = trimmed(line);
        if (text.empty() || text.front() == '#') continue;
        if (text.starts_with("export ") || text.starts_with("export\t"))
            text = trimmed(text.substr(7));
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) throw refuse(number, "there is no = in it");
        const auto name = trimmed(text.substr(0, equals));
        if (!is_name(name)) throw refuse(number, "what stands before the = is no name");
        auto value = unquoted(trimmed(text.substr(equals + 1)));
        if (!value) throw refuse(number, "a quote is not closed, or text follows the closing one");
        const auto [place, is_new] =
            read.values.insert_or_assign(std::string{name}, std::move(*value));
        const bool is_told =
            std::find(read.repeated.begin(), read.repeated.end(), name) != read.repeated.end();
        if (!is_new && !is_told) read.repeated.push_back(place->first);
    }
    return read;
}

}  // namespace nightshift::config
