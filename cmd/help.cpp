#include "help.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <regex>

#include <fmt/ranges.h>

namespace nightshift::cmd {
namespace {

constexpr std::size_t text_column = 26;
constexpr std::size_t line_width = 80;

// Words of `text` from text_column on, wrapped; the first line goes on where `out` stands.
void append_description(std::string& out, std::size_t column, const std::string& text) {
    const std::string indent(text_column, ' ');
    if (column + 2 > text_column) {
        out += '\n';
        column = 0;
    }
    out.append(text_column - column, ' ');
    column = text_column;
    std::size_t at = 0;
    while (at < text.size()) {
        auto end = text.find(' ', at);
        if (end == std::string::npos) end = text.size();
        const auto word = text.substr(at, end - at);
        if (column != text_column && column + 1 + word.size() > line_width) {
            out += '\n' + indent;
            column = text_column;
        }
        if (column != text_column) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        at = end + 1;
    }
    out += '\n';
}

std::string names_of(const CLI::Option& option) {
    if (option.nonpositional() && !option.get_positional()) {
        std::string names;
        for (const auto& name : option.get_snames()) names += "-" + name + ", ";
        if (names.empty()) names = "    ";
        for (const auto& name : option.get_lnames()) names += "--" + name;
        // CLI11 puts its checks behind the type's name: "PERIOD:{weekly,monthly}".
        const auto type = option.get_type_name();
        if (option.get_expected_max() > 0) names += " " + type.substr(0, type.find(':'));
        return names;
    }
    return option.get_name(true) + (option.get_expected_max() > 1 ? "..." : "");
}

// But for the hidden ones.
std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

void append_options(std::string& out, const CLI::App& app, const std::string& heading,
                    bool positional) {
    std::string lines;
    for (const auto* option : app.get_options()) {
        const bool matches = option->get_positional() == positional && !option->get_group().empty();
        if (!matches) continue;
        std::string line = "  " + names_of(*option);
        const auto column = line.size();
        append_description(line, column, option->get_description());
        lines += line;
    }
    if (!lines.empty()) out += "\n" + heading + ":\n" + lines;
}

class HelpFormatter : public CLI::FormatterBase {
  public:
    std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
        std::string path;
        const CLI::App* root = app;
        for (; root->get_parent() != nullptr; root = root->get_parent()) {
            path = " " + root->get_name() + path;
        }
        std::string usage = "Usage: nightshift" + path;
        for (const auto* option : app->get_options()) {
            if (option->get_positional()) usage += " " + names_of(*option);
        }
        const auto commands = commands_of(*app);
        if (!commands.empty()) usage += " COMMAND";
        usage += " [OPTION...]\n";

        std::string out = app->get_description() + "\n\n" + usage;
        if (!commands.empty()) out += "\nCommands:\n";
        for (const auto* command : commands) {
            std::string line = "  " + command->get_name();
            const auto column = line.size();
            const auto purpose = command->get_description();
            append_description(line, column, purpose.substr(0, purpose.find('\n')));
            out += line;
        }
        append_options(out, *app, "Arguments", true);
        append_options(out, *app, root == app ? "Options of every command" : "Options", false);
        if (!app->get_footer().empty()) out += "\n" + app->get_footer() + "\n";
        if (root != app) out += "\nOptions of every command: see nightshift --help\n";
        return out;
    }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<HelpFormatter>(); }

std::vector<std::string> known_words(const CLI::App& app) {
    std::vector<std::string> words;
    const auto add = [&words](const std::string& word) {
        if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
    };
    for (const auto* sub : commands_of(app)) add(sub->get_name());
    for (const CLI::App* level = &app; level != nullptr; level = level->get_parent()) {
        for (const auto* option : level->get_options()) {
            for (const auto& name : option->get_lnames()) add("--" + name);
        }
    }
    return words;
}

const CLI::App& deepest(const CLI::App& app) {
    const auto named = app.get_subcommands();
    return named.empty() ? app : deepest(*named.front());
}

// "migrate up"; empty for the app itself.
std::string path_of(const CLI::App& command) {
    if (command.get_parent() == nullptr) return {};
    const auto parent = path_of(*command.get_parent());
    return parent.empty() ? command.get_name() : parent + " " + command.get_name();
}

std::string words_of(const CLI::App& app, const CLI::ParseError& error) {
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)  // which lists them backwards
        return fmt::format("not expected: {}", fmt::join(app.remaining(true), " "));
    // --explain: 1 required USER missing
    static const std::regex missing{"^(.*): 1 required (.*?)(:.*)? missing$"};
    return std::regex_replace(error.what(), missing, "$1 needs a value, $2");
}

Error usage_error(const CLI::App& app, const std::string& why) {
    const auto& where = deepest(app);
    const auto command = path_of(where);
    std::string meant;
    for (const auto& word : app.remaining(true)) {
        const auto known = closest(word, known_words(where));
        if (!known.empty()) meant += (meant.empty() ? "" : ", ") + known;
    }
    const auto see = "see 'nightshift " + command + (command.empty() ? "" : " ") + "--help'";
    return {Failure::usage, why, "", (meant.empty() ? "" : "did you mean " + meant + "? ") + see};
}

}  // namespace nightshift::cmd
