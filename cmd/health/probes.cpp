#include "health/probes.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "health/boards.hpp"
#include "health/configuration.hpp"
#include "health/database.hpp"
#include "health/redis.hpp"
#include "health/system.hpp"
#include "runs/subcommands.hpp"

#include <algorithm>

namespace nightshift::cmd {
namespace {

using health::Check;
using health::Status;

// database is all that begin so.
bool is_named(const std::vector<std::string>& names, const std::string& id) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return id == name || id.starts_with(name + ".");
    });
}

void refuse_unknown(const std::vector<std::string>& names) {
    for (const auto& name : names) {
        const auto& all = health::checks();
        const bool is_there = std::any_of(
            all.begin(), all.end(), [&](const auto& each) { return is_named({name}, each.id); });
        if (!is_there)
            throw Error{Failure::usage, "there is no check " + excerpt(name), "",
                        "health --list has them all"};
    }
}

// database.latency=10
void set_ranges(const std::vector<std::string>& texts, std::optional<health::Range> Check::*range,
                health::Wanted& wanted) {
    for (const auto& text : texts) {
        const auto equals = std::min(text.find('='), text.size());
        const auto id = text.substr(0, equals);
        const auto* check = health::find_check(id);
        if (check == nullptr || equals == text.size() || !(check->*range)) {
            throw Error{Failure::usage, excerpt(text) + " sets no range",
                        check == nullptr        ? "there is no such check"
                        : equals == text.size() ? "there is no = in it"
                                                : "the check has none of that kind",
                        "write it such as database.latency=50; health --list has them all"};
        }
        for (auto& each : wanted) {
            if (each.id == id) each.*range = health::parse_range(text.substr(equals + 1));
        }
    }
}

health::Probe left_out(const health::Wanted& group, const std::string& said) {
    return {group, [group, said](const health::Tell& tell) {
                for (const auto& each : group)
                    tell({.id = each.id, .status = Status::skipped, .said = said});
            }};
}

// What cannot even be begun, such as a url that is none.
health::Probe failing(const health::Wanted& group, const Error& error) {
    return {group, [error](const health::Tell&) { throw error; }};
}

// One that cannot be read is told by config.workers.
std::vector<jobs::ScheduledJob> schedule_of(const Session& session) {
    try {
        return declared_schedule(session);
    } catch (const Error& error) {
        log::warning("jobs are not held against the schedule", {{"why", error.what()}});
        return {};
    }
}

}  // namespace

health::Wanted wanted_checks(const HealthChoice& choice) {
    refuse_unknown(choice.only);
    refuse_unknown(choice.skip);
    health::Wanted wanted;
    for (const auto& each : health::checks()) {
        const bool is_wanted =
            choice.only.empty() ? each.level <= choice.level : is_named(choice.only, each.id);
        const auto& categories = choice.categories;
        const bool is_of_category =
            categories.empty() ||
            std::find(categories.begin(), categories.end(), each.category) != categories.end();
        if (is_wanted && is_of_category && !is_named(choice.skip, each.id)) wanted.push_back(each);
    }
    set_ranges(choice.warn, &Check::warn, wanted);
    set_ranges(choice.crit, &Check::crit, wanted);
    return wanted;
}

std::vector<health::Probe> probes_of(const Session& session, const health::Wanted& wanted) {
    std::vector<health::Probe> probes;
    const auto add = [&](const health::Wanted& group, const std::string& setting,
                         const auto& make) {
        if (group.empty()) return;
        try {
            probes.push_back(
                session.settings.has(setting) ? make() : left_out(group, setting + " is not set"));
        } catch (const Error& error) {
            probes.push_back(failing(group, error));
        }
    };
    add(health::of_database(wanted), "DATABASE_URL", [&] {
        return health::look_at_database({.url = *session.settings.find_secret("DATABASE_URL"),
                                         .schedule = schedule_of(session),
                                         .zone = session.zone()},
                                        wanted);
    });
    add(health::of_group(wanted, "redis."), "REDIS_URL",
        [&] { return health::look_at_redis(session.redis_address(), wanted); });
    if (session.settings.has("DATABASE_URL")) {
        add(health::of_group(wanted, "boards.match"), "REDIS_URL", [&] {
            return health::look_at_boards(*session.settings.find_secret("DATABASE_URL"),
                                          session.redis_address(), wanted);
        });
    }
    const auto folder = session.settings.find("TMPDIR").value_or("/tmp");
    if (auto probe = health::look_at_system(folder, wanted); !probe.checks.empty())
        probes.push_back(std::move(probe));
    if (const auto group = health::of_group(wanted, "config."); !group.empty()) {
        probes.push_back({group, [results = health::settings_as_results(session.settings),
                                  group](const health::Tell& tell) {
                              for (const auto& each : results) {
                                  if (!health::of_group(group, each.id).empty()) tell(each);
                              }
                          }});
    }
    return probes;
}

}  // namespace nightshift::cmd
