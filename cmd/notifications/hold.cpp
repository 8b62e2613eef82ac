// nightshift notifications pause, resume, cancel: hold back what would be said.
#include "base/text.hpp"
#include "jobs/lease.hpp"
#include "notifications/history.hpp"
#include "notifications/kinds.hpp"
#include "notifications/subcommands.hpp"

#include <regex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string what = notifications::everything;
    notifications::CancelFilter filter;
    bool all = false;
};

void say(const Session& session, const std::string& sentence, const Json& json) {
    session.output.result([&] { return sentence + "\n"; }, [&] { return json; });
}

ExitCode pause(Session& session, const Options& options) {
    const bool is_new = notifications::pause(*session.migrated_postgres(), options.what,
                                             jobs::this_host() + ", run " + session.run_id);
    say(session, options.what + (is_new ? " is paused" : " was paused already"),
        {{"what", options.what}, {"paused", true}, {"changed", is_new}});
    return ExitCode::done;
}

ExitCode resume(Session& session, const Options& options) {
    const auto postgres = session.migrated_postgres();
    const bool was_paused = notifications::resume(*postgres, options.what);
    std::string others;
    for (const auto& each : notifications::pauses(*postgres))
        others += (others.empty() ? "" : ", ") + each.what;
    say(session,
        options.what + (was_paused ? " goes on" : " was not paused") +
            (others.empty() ? "" : "; still paused: " + others),
        {{"what", options.what}, {"paused", false}, {"changed", was_paused}});
    return ExitCode::done;
}

ExitCode cancel(Session& session, const Options& options) {
    const auto& filter = options.filter;
    if (!filter.id && !filter.kind && !filter.user_id && !options.all) {
        throw Error{Failure::usage, "what is to be cancelled?", "",
                    "name a delivery, give --user or --kind, or --all"};
    }
    const auto postgres = session.migrated_postgres();
    const auto cancelled = notifications::cancel(*postgres, filter, now());
    say(session, counted(cancelled, "delivery") + " cancelled", {{"cancelled", cancelled}});
    return ExitCode::done;
}

}  // namespace

void add_notifications_hold(CLI::App& notifications, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    const auto add = [&](const std::string& name, const std::string& purpose,
                         ExitCode (*run)(Session&, const Options&), const std::string& notes) {
        auto* command = notifications.add_subcommand(name, purpose);
        command->fallthrough();
        command->footer(notes);
        command->callback([&chosen, options, name, run] {
            chosen = {"notifications " + name,
                      [options, run](Session& session) { return run(session, *options); }};
        });
        return command;
    };
    const auto pausable = notifications::pausable();
    const auto add_what = [&](CLI::App* command) {
        command->add_option("WHAT", options->what, "a kind, a provider, or everything (default)")
            ->check(CLI::IsMember(pausable));
    };
    add_what(add("pause", "send nothing of a kind, or by a provider", pause,
                 "What is due while it is paused waits, and expires.\n"
                 "\n"
                 "Examples:\n"
                 "  nightshift notifications pause twilio\n"
                 "  nightshift notifications pause streak_broken"));
    add_what(add("resume", "end a pause", resume,
                 "Examples:\n  nightshift notifications resume twilio"));
    std::vector<std::string> kinds;
    for (const auto& kind : notifications::kinds()) kinds.push_back(kind.name);
    auto* cancelling = add("cancel", "take back what waits", cancel,
                           "What is on its way is left alone.\n"
                           "\n"
                           "Examples:\n"
                           "  nightshift notifications cancel 123.1\n"
                           "  nightshift notifications cancel --kind milestone");
    static const std::regex id{"[0-9]{1,18}([.][0-9]{1,4})?"};
    cancelling->add_option("ID", options->filter.id, "a delivery, or a whole notification")
        ->check([](const std::string& text) {
            return std::regex_match(text, id) ? "" : "write it as 123 or 123.1";
        });
    cancelling->add_option("--user", options->filter.user_id, "everything to this user")
        ->type_name("USER");
    cancelling->add_option("--kind", options->filter.kind, "everything of this kind")
        ->type_name("KIND")
        ->check(CLI::IsMember(kinds));
    cancelling->add_flag("--all", options->all, "everything");
}

}  // namespace nightshift::cmd
