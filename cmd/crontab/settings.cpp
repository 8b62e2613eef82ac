// nightshift crontab settings, which is hidden: what a line's user finds. crontab validate asks it.
#include "jobs/cron_times.hpp"
#include "runs/subcommands.hpp"
#include "subcommands.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

struct Options {
    std::vector<std::string> needs;
    std::vector<std::string> same;  // NAME=VALUE
    std::vector<std::string> also;
};

bool is_same(const std::string& name, const std::string& one, const std::string& other) {
    if (one == other || name != "NIGHTSHIFT_ZONE") return one == other;
    return jobs::most_ahead(one, other, now()).count() == 0 &&  // UTC and Etc/UTC
           jobs::most_ahead(other, one, now()).count() == 0;
}

void require_same(const Session& session, const std::vector<std::string>& pairs) {
    for (const auto& pair : pairs) {
        const auto name = pair.substr(0, pair.find('='));
        const auto wanted = pair.substr(name.size() + 1);
        const auto found =
            name == "NIGHTSHIFT_ZONE" ? session.zone() : session.settings.find(name).value_or("");
        if (is_same(name, found, wanted)) continue;
        const auto said = [](const std::string& value) {
            return value.empty() ? "not set" : "'" + value + "'";
        };
        throw Error{Failure::configuration,
                    name + " is " + said(found) + ", and " + said(wanted) +
                        " where these times are looked at",
                    "", "put it into a settings file for both"};
    }
    if (!pairs.empty()) declared_schedule(session);  // which it can read
}

template <typename IsThere>
std::string missing_of(const std::vector<std::string>& names, const IsThere& is_there) {
    std::string missing;
    for (const auto& name : names) {
        if (!is_there(name)) missing += (missing.empty() ? "" : ", ") + name;
    }
    return missing;
}

ExitCode try_settings(Session& session, const Options& options) {
    const auto& settings = session.settings;
    const auto missing = missing_of(
        options.needs, [&](const auto& name) { return settings.find_secret(name).has_value(); });
    if (!missing.empty()) {
        throw Error{Failure::configuration, "settings are missing: " + missing, "",
                    "put them into a file that this user may read, and name it by --env-file"};
    }
    require_same(session, options.same);
    for (const auto& name : options.needs) {
        if (name == "DATABASE_URL") session.migrated_postgres();
        if (name == "REDIS_URL") session.redis("leaderboard:weekly");
    }
    const auto unset =
        missing_of(options.also, [&](const auto& name) { return settings.has(name); });
    session.output.result(
        [&] { return unset.empty() ? "" : unset + ": set where this is looked at, not here\n"; },
        [&] {
            return nlohmann::ordered_json{{"unset", unset}};
        });
    return ExitCode::done;
}

}  // namespace

void add_crontab_settings(CLI::App& crontab, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* command = crontab.add_subcommand("settings", "try settings as whoever runs it");
    command->fallthrough();
    command->group("");  // hidden
    command->add_option("--need", options->needs, "without it a job cannot run");
    command->add_option("--same", options->same, "NAME=VALUE that it must have");
    command->add_option("--also", options->also, "worth a word where it is missing");
    command->callback([&chosen, options] {
        chosen = {"crontab settings",
                  [options](Session& session) { return try_settings(session, *options); }};
    });
}

}  // namespace nightshift::cmd
