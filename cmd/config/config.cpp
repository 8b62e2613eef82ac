// nightshift config: the settings, and what is wrong with them. No server is asked.
#include "config/config.hpp"

#include "base/text.hpp"
#include "config/catalog.hpp"
#include "health/configuration.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using health::Finding;

std::string to_text(const std::vector<Finding>& findings, const config::Settings& settings) {
    std::string text;
    for (const auto& category : config::categories()) {
        std::string of_category;
        for (const auto& each : findings) {
            if (each.category != category.name) continue;
            of_category +=
                fmt::format("  {}: {}\n      {}\n      {}\n", each.is_error ? "error" : "warning",
                            each.what, each.why, each.fix);
        }
        const auto verdict = !of_category.empty()                             ? ""
                             : health::is_configured(settings, category.name) ? ": good"
                                                                              : ": not configured";
        text += category.title + verdict + "\n" + of_category;
    }
    const auto errors =
        std::count_if(findings.begin(), findings.end(), [](const auto& it) { return it.is_error; });
    return text + counted(errors, "error") + ", " +
           counted(static_cast<std::int64_t>(findings.size()) - errors, "warning") + "\n";
}

Json to_json(const std::vector<Finding>& findings, const config::Settings& settings) {
    Json categories = Json::array();
    for (const auto& category : config::categories()) {
        Json of_category = Json::array();
        for (const auto& each : findings) {
            if (each.category != category.name) continue;
            of_category.push_back({{"setting", each.setting.empty() ? Json{} : Json(each.setting)},
                                   {"level", each.is_error ? "error" : "warning"},
                                   {"message", each.what},
                                   {"why", each.why},
                                   {"fix", each.fix}});
        }
        categories.push_back({{"category", category.name},
                              {"is_configured", health::is_configured(settings, category.name)},
                              {"findings", of_category}});
    }
    return {{"settings_file", settings.file()}, {"categories", categories}};
}

ExitCode check(Session& session, bool is_strict) {
    const auto findings = health::look_at_settings(session.settings);
    const bool is_good = std::none_of(findings.begin(), findings.end(), [&](const Finding& each) {
        return each.is_error || is_strict;
    });
    session.output.result([&] { return to_text(findings, session.settings); },
                          [&] { return to_json(findings, session.settings); }, is_good,
                          Secrets::none_left);
    return is_good ? ExitCode::done : ExitCode::negative;
}

}  // namespace

void add_config(CLI::App& app, Chosen& chosen) {
    auto* command = app.add_subcommand("config", "look at the settings, offline");
    command->fallthrough();
    command->require_subcommand(0, 1);
    command->footer(
        "Examples:\n"
        "  nightshift config check\n"
        "  nightshift config show --origin\n"
        "  nightshift config explain NOTIFY_DAILY_BUDGET\n"
        "  nightshift config init");

    auto* checking = command->add_subcommand("check", "say what is wrong with the settings");
    checking->fallthrough();
    auto is_strict = std::make_shared<bool>(false);
    checking->add_flag("--strict", *is_strict, "a warning is an error, too");
    checking->footer(
        "Exit 1 where there is an error. No server is asked: see nightshift health.\n"
        "\n"
        "Examples:\n"
        "  nightshift config check --strict\n"
        "  ENVIRONMENT=production nightshift config check --env-file production.env");
    checking->callback([&chosen, is_strict] {
        chosen = {"config check",
                  [is_strict](Session& session) { return check(session, *is_strict); }};
    });
    add_config_show(*command, chosen);
    add_config_init(*command, chosen);
}

}  // namespace nightshift::cmd
