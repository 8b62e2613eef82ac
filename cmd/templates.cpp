// nightshift templates: what notifications say, and whether it can be said.
#include "notifications/templates.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "commands.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using notifications::Channel;
using notifications::Template;

struct Options {
    std::string folder;
    std::string kind;
    std::string locale = "en";
    std::vector<std::string> values;  // NAME=VALUE
};

constexpr auto all_channels = {Channel::push, Channel::sms, Channel::email};

std::string folder_of(const Session& session, const Options& options) {
    return options.folder.empty() ? session.settings.find("NIGHTSHIFT_TEMPLATES").value_or("")
                                  : options.folder;
}

std::string channels_of(const Template& it) {
    std::string names;
    for (const auto channel : all_channels) {
        if (it.texts.contains(channel))
            names += (names.empty() ? "" : ", ") + std::string{notifications::name(channel)};
    }
    return names;
}

ExitCode list(Session& session, const Options& options) {
    const notifications::Templates templates{folder_of(session, options)};
    session.output.result(
        [&] {
            Table table{{"kind", "locale", "channels", "version", "from"}};
            for (const auto& each : templates.all())
                table.add({each.kind, each.locale, channels_of(each), each.version, each.origin});
            return table.text();
        },
        [&] {
            Json all = Json::array();
            for (const auto& each : templates.all()) {
                all.push_back({{"kind", each.kind},
                               {"locale", each.locale},
                               {"channels", channels_of(each)},
                               {"version", each.version},
                               {"from", each.origin}});
            }
            return Json{{"templates", all}};
        });
    return ExitCode::done;
}

ExitCode show(Session& session, const Options& options) {
    const notifications::Templates templates{folder_of(session, options)};
    const auto& found = templates.find(options.kind, options.locale);
    // In a language that has none yet it is the nearest, to be translated.
    auto source = found.source;
    if (found.locale != options.locale) {
        auto json = Json::parse(source);
        json["locale"] = options.locale;
        source = json.dump(2) + "\n";
    }
    session.output.result([&] { return source; },
                          [&] {
                              return Json{{"template", Json::parse(source)}};
                          });
    return ExitCode::done;
}

// Each file by itself, so that all that is wrong is told; then all together.
ExitCode check(Session& session, const Options& options) {
    const auto folder = folder_of(session, options);
    std::vector<std::string> errors;
    const auto tried = [&errors](const std::function<void()>& action) {
        try {
            action();
        } catch (const Error& error) {
            errors.push_back(error.what() + (": " + error.cause));
        }
    };
    const auto files =
        folder.empty() ? std::vector<std::string>{} : notifications::template_files(folder);
    for (const auto& file : files)
        tried([&file] { notifications::parse_template(read_file(file).value_or(""), file); });
    if (errors.empty()) tried([&folder] { notifications::Templates{folder}; });
    session.output.result(
        [&] {
            std::string text;
            for (const auto& each : errors) text += printable(each) + "\n";
            return errors.empty() ? counted(static_cast<std::int64_t>(files.size()), "file") +
                                        " and the program's own: nothing is wrong with them\n"
                                  : text;
        },
        [&] {
            return Json{{"files", files.size()}, {"errors", errors}};
        },
        errors.empty());
    return errors.empty() ? ExitCode::done : ExitCode::negative;
}

// Examples, but for what is given.
notifications::Values values_of(const notifications::Kind& kind, const Options& options) {
    notifications::Values values;
    for (const auto& each : kind.variables) values[each.name] = each.example;
    for (const auto& each : options.values) {
        const auto name = each.substr(0, each.find('='));
        if (name.size() < each.size() && values.contains(name)) {
            values[name] = each.substr(name.size() + 1);
            continue;
        }
        std::string known;
        for (const auto& [other, value] : values) known += (known.empty() ? "" : ", ") + other;
        throw Error{Failure::usage, "--set " + excerpt(each) + " sets nothing",
                    kind.name + " has " + known,
                    "write it as --set " + values.begin()->first + "=VALUE"};
    }
    return values;
}

ExitCode render(Session& session, const Options& options) {
    const notifications::Templates templates{folder_of(session, options)};
    const auto& found = templates.find(options.kind, options.locale);
    const auto values = values_of(*notifications::find_kind(found.kind), options);
    std::string text;
    Json json = Json::object();
    for (const auto channel : all_channels) {
        if (!found.texts.contains(channel)) continue;
        const auto message = notifications::render(found, channel, values);
        const std::string name{notifications::name(channel)};
        text += (text.empty() ? "" : "\n") + fmt::format("--- {}\n", name);
        for (const auto& part : {message.title, message.text, message.html}) {
            if (!part.empty()) text += part + (part.ends_with('\n') ? "" : "\n");
        }
        json[name] = {{"title", message.title}, {"text", message.text}, {"html", message.html}};
    }
    session.output.result([&] { return text; },
                          [&] {
                              return Json{{"kind", found.kind},
                                          {"locale", found.locale},
                                          {"version", found.version},
                                          {"messages", json}};
                          });
    return ExitCode::done;
}

}  // namespace

void add_templates(CLI::App& app, Chosen& chosen) {
    auto* templates = app.add_subcommand("templates", "what notifications say");
    templates->require_subcommand(0, 1);
    templates->fallthrough();
    templates->footer(
        "Examples:\n"
        "  nightshift templates list\n"
        "  nightshift templates render streak_at_risk --set streak=1");
    auto options = std::make_shared<Options>();
    const auto add = [&](const std::string& name, const std::string& purpose,
                         ExitCode (*run)(Session&, const Options&), const std::string& examples) {
        auto* command = templates->add_subcommand(name, purpose);
        command->fallthrough();
        command
            ->add_option("--folder", options->folder,
                         "of files that stand before the program's own (NIGHTSHIFT_TEMPLATES)")
            ->type_name("FOLDER");
        command->footer("Examples:\n" + examples);
        command->callback([&chosen, options, name, run] {
            chosen = {"templates " + name,
                      [options, run](Session& session) { return run(session, *options); }};
        });
        return command;
    };
    const auto add_kind = [&](CLI::App* command) {
        command->add_option("KIND", options->kind, "as 'templates list' names it")->required();
        command->add_option("--locale", options->locale, "the learner's language (default en)")
            ->type_name("LOCALE");
    };
    add("list", "which there are", list, "  nightshift templates list");
    add_kind(add("show", "print one, as JSON", show,
                 "  nightshift templates show review > templates/review.fr.json"));
    add("check", "find what is wrong with a folder's", check,
        "  nightshift templates check --folder templates");
    auto* rendered = add("render", "print its messages, with values of examples", render,
                         "  nightshift templates render review --locale fr --set due=1");
    add_kind(rendered);
    rendered->add_option("--set", options->values, "a value that is not the example's")
        ->type_name("NAME=VALUE");
}

}  // namespace nightshift::cmd
