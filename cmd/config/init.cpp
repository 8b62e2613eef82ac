// nightshift config init: a settings file to begin with.
#include "base/file.hpp"
#include "base/text.hpp"
#include "config/catalog.hpp"
#include "config/config.hpp"
#include "shared_options.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using config::Known;

struct Options {
    std::string file = ".env";
    std::string environment = "development";
    bool force = false;
};

// Each as a comment, but for the environment.
std::string text_of(const Known& known, const std::string& environment) {
    auto about = known.about;
    if (!known.choices.empty()) about += fmt::format(": {}", fmt::join(known.choices, ", "));
    if (!known.fallback.empty()) about += "; default: " + known.fallback;
    if (known.is_secret) about += "; a secret, or " + known.name + "_FILE";
    if (known.name == "ENVIRONMENT") return "# " + about + "\nENVIRONMENT=" + environment + "\n";
    const auto& value = !known.example.empty()   ? known.example
                        : !known.choices.empty() ? known.choices.front()
                                                 : known.fallback;
    const bool has_blank = value.find_first_of(" \t#") != std::string::npos;
    return "# " + about + "\n# " + known.name + "=" + (has_blank ? "'" + value + "'" : value) +
           "\n";
}

std::string text_of(const std::string& environment) {
    std::string text =
        "# Settings of nightshift. Lines are NAME=value; what the environment has goes before.\n"
        "# nightshift config check says what is wrong with them.\n";
    for (const auto& category : config::categories()) {
        std::string settings;
        for (const auto& each : config::known_settings()) {
            if (each.category == category.name) settings += "\n" + text_of(each, environment);
        }
        if (!settings.empty()) text += "\n# --- " + category.title + "\n" + settings;
    }
    return text;
}

ExitCode init(Session& session, const Options& options) {
    std::error_code none;
    if (!options.force && std::filesystem::exists(options.file, none)) {
        throw Error{Failure::refused, excerpt(options.file, 200) + " is there already",
                    "what stands in it would be lost",
                    "name another with --output, or replace it with --force"};
    }
    write_file(options.file, text_of(options.environment), 0600);
    session.output.result([&] { return options.file + " is written, for this user alone\n"; },
                          [&] {
                              return nlohmann::ordered_json{{"file", options.file}};
                          });
    return ExitCode::done;
}

}  // namespace

void add_config_init(CLI::App& parent, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* command = parent.add_subcommand("init", "write a settings file to begin with");
    command->fallthrough();
    command->add_option("--output", options->file, "where (default .env)")
        ->type_name("FILE")
        ->check(not_empty);
    command
        ->add_option("--environment", options->environment,
                     "development (default), staging, production or testing")
        ->type_name("NAME")
        ->check(CLI::IsMember(config::find_known("ENVIRONMENT")->choices));
    command->add_flag("-f,--force", options->force, "replace a file that is there");
    command->footer(
        "Every setting stands in it as a comment, with what it is for; mode 0600.\n"
        "\n"
        "Examples:\n"
        "  nightshift config init --environment production --output nightshift.env");
    command->callback([&chosen, options] {
        chosen = {"config init", [options](Session& session) { return init(session, *options); }};
    });
}

}  // namespace nightshift::cmd
