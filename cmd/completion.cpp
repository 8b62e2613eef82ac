// nightshift completion: scripts for bash, zsh and fish. They ask the binary itself what can
// stand next (the hidden __complete), so they never fall behind the commands.
#include "commands.hpp"
#include "completions.hpp"
#include "help.hpp"

#include <iterator>
#include <map>

#include <nlohmann/json.hpp>

namespace nightshift::cmd {

namespace {

// The values that an option allows, from its type's text: "PERIOD:{weekly,monthly}".
std::vector<std::string> allowed_values(const CLI::Option& option) {
    const auto type = option.get_type_name();
    const auto open = type.find('{');
    const auto close = type.find('}');
    if (open == std::string::npos || close == std::string::npos) return {};
    return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

}  // namespace

std::vector<std::string> next_words(const CLI::App& app, const std::vector<std::string>& words) {
    const CLI::App* level = &app;
    for (const auto& word : words) {
        for (const auto* sub : level->get_subcommands([](const CLI::App*) { return true; })) {
            if (sub->get_name() == word) {
                level = sub;
                break;
            }
        }
    }
    // Behind an option that takes a value only that can stand: a value, or for the shell a file.
    for (const auto* each = level; each != nullptr; each = each->get_parent()) {
        const auto* option = words.empty() ? nullptr : each->get_option_no_throw(words.back());
        if (option != nullptr && option->get_expected_max() > 0) return allowed_values(*option);
    }
    auto next = known_words(*level);
    for (const auto* option : level->get_options()) {
        if (!option->get_positional()) continue;
        for (auto& value : allowed_values(*option)) next.push_back(std::move(value));
    }
    return next;
}

void add_completion(CLI::App& app, Chosen& chosen) {
    static const std::map<std::string, std::string> scripts{
        {"bash", std::string{completions::bash}},
        {"zsh", std::string{completions::zsh}},
        {"fish", std::string{completions::fish}}};
    auto* completion = app.add_subcommand("completion", "print a completion script for your shell");
    completion->fallthrough();
    auto shell = std::make_shared<std::string>();
    completion->add_option("SHELL", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completion->footer(
        "Examples:\n"
        "  source <(nightshift completion bash)\n"
        "  nightshift completion fish > ~/.config/fish/completions/nightshift.fish");
    completion->callback([&chosen, shell] {
        chosen = {"completion", [shell](Session& session) {
                      const auto& script = scripts.at(*shell);
                      session.output.result([&] { return script; },
                                            [&] {
                                                return nlohmann::ordered_json{{"script", script}};
                                            });
                      return ExitCode::done;
                  }};
    });
}

}  // namespace nightshift::cmd
