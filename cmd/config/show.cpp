// nightshift config show, config explain: what is set, where, and what it is for.
#include "base/text.hpp"
#include "config/catalog.hpp"
#include "config/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using config::Known;
using config::Settings;

constexpr std::string_view hidden = "(secret)";

struct Options {
    bool has_origin = false;
    bool only_set = false;
    std::string name;
};

std::string origin_of(const Settings& settings, const std::string& name) {
    switch (settings.origin(name)) {
        case Settings::Origin::environment:
            return "environment";
        case Settings::Origin::file:
            return settings.file();
        case Settings::Origin::nowhere:
            return "default";
    }
    return {};
}

// By which name it is set: a secret's may be NAME_FILE.
std::string way_of(const Settings& settings, const Known& known) {
    return settings.find(known.name) || !settings.find(known.name + "_FILE") ? known.name
                                                                             : known.name + "_FILE";
}

// A password in a url is a secret, though the setting is none.
std::string value_of(const Settings& settings, const Known& known) {
    auto value = settings.find(known.name).value_or("");
    const auto scheme = value.find("://");
    if (scheme == std::string::npos) return value;
    const auto host = scheme + 3;
    const auto at = value.substr(0, value.find_first_of("/?#", host)).rfind('@');
    if (at != std::string::npos) value.replace(host, at - host, "...");
    return value;
}

std::string shown(const Settings& settings, const Known& known) {
    if (!settings.has(known.name)) return known.fallback;
    return known.is_secret ? std::string{hidden} : value_of(settings, known);
}

Json to_json(const Settings& settings, const Known& known) {
    const bool is_set = settings.has(known.name);
    return {{"name", known.name},
            {"category", known.category},
            {"type", config::name(known.type)},
            {"is_secret", known.is_secret},
            {"is_set", is_set},
            {"value", is_set && !known.is_secret ? Json(value_of(settings, known)) : Json{}},
            {"default", known.fallback.empty() ? Json{} : Json(known.fallback)},
            {"origin", origin_of(settings, known.name)},
            {"set_by", is_set ? Json(way_of(settings, known)) : Json{}},
            {"about", known.about}};
}

ExitCode show(Session& session, const Options& options) {
    const auto& settings = session.settings;
    std::vector<const Known*> wanted;
    for (const auto& each : config::known_settings()) {
        if (!options.only_set || settings.has(each.name)) wanted.push_back(&each);
    }
    session.output.result(
        [&] {
            std::vector<std::string> header{"setting", "value", "type"};
            if (options.has_origin) header.emplace_back("from");
            Table table{header};
            for (const auto* each : wanted) {
                std::vector<std::string> row{way_of(settings, *each), shown(settings, *each),
                                             config::name(each->type)};
                if (options.has_origin) row.push_back(origin_of(settings, each->name));
                table.add(std::move(row));
            }
            return table.text();
        },
        [&] {
            Json all = Json::array();
            for (const auto* each : wanted) all.push_back(to_json(settings, *each));
            return Json{{"settings_file", settings.file()}, {"settings", all}};
        });
    return ExitCode::done;
}

ExitCode explain(Session& session, const Options& options) {
    const auto* known = config::find_known(options.name);
    if (known == nullptr) {
        const auto meant = config::probably_meant(options.name);
        throw Error{
            Failure::usage, "there is no setting " + excerpt(options.name), "",
            meant.empty() ? "config show lists what there is" : "did you mean " + meant + "?"};
    }
    const auto& settings = session.settings;
    session.output.result(
        [&] {
            std::string text = fmt::format("{}: {}\n", known->name, known->about);
            const auto line = [&](std::string_view what, const std::string& value) {
                if (!value.empty()) text += fmt::format("  {:<9} {}\n", what, value);
            };
            line("category", known->category);
            line("type", config::name(known->type) + (known->is_secret ? ", a secret" : ""));
            line("one of", fmt::format("{}", fmt::join(known->choices, ", ")));
            if (known->type == config::Type::integer)
                line("range", fmt::format("{} to {}", known->min, known->max));
            line("default", known->fallback.empty() ? "none" : known->fallback);
            line("example", known->example.empty() ? "" : known->name + "=" + known->example);
            if (known->is_secret) line("or", known->name + "_FILE, a file that holds it");
            line("here", settings.has(known->name) ? shown(settings, *known) + ", from " +
                                                         origin_of(settings, known->name)
                                                   : "not set");
            return text;
        },
        [&] { return to_json(settings, *known); });
    return ExitCode::done;
}

}  // namespace

void add_config_show(CLI::App& parent, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* showing = parent.add_subcommand("show", "list the settings, with what they are here");
    showing->fallthrough();
    showing->add_flag("--origin", options->has_origin, "say where each is from");
    showing->add_flag("--set", options->only_set, "only those that are set");
    showing->footer(
        "Values of secrets are never shown.\n"
        "\n"
        "Examples:\n"
        "  nightshift config show --origin --set");
    showing->callback([&chosen, options] {
        chosen = {"config show", [options](Session& session) { return show(session, *options); }};
    });

    auto* explaining = parent.add_subcommand("explain", "say what a setting is for");
    explaining->fallthrough();
    explaining->add_option("NAME", options->name, "of the setting")->required();
    explaining->footer(
        "Examples:\n"
        "  nightshift config explain NIGHTSHIFT_ZONE");
    explaining->callback([&chosen, options] {
        chosen = {"config explain",
                  [options](Session& session) { return explain(session, *options); }};
    });
}

}  // namespace nightshift::cmd
