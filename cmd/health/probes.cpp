#include "health/probes.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "health/boards.hpp"
#include "health/configuration.hpp"
#include "health/database.hpp"
#include "health/redis.hpp"
#include "health/services.hpp"
#include "health/system.hpp"
#include "runs/subcommands.hpp"

#include <algorithm>

namespace nightshift::cmd {
namespace {

using health::Check;
using health::Status;

bool is_named(const std::vector<std::string>& names, const std::string& id) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return health::is_of(id, name); });
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
        const auto given = health::parse_range(text.substr(equals + 1));
        for (auto& each : wanted) {
            if (each.id == id) each.*range = given;
        }
    }
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
    if (wanted.empty())
        throw Error{Failure::usage, "no check is left to be made",
                    "--only, --skip, --category and --level leave out all of them",
                    "leave one of them away; health --list has the checks"};
    return wanted;
}

std::vector<health::Probe> probes_of(const Session& session, const health::Wanted& wanted) {
    std::vector<health::Probe> probes;
    const auto add = [&](const health::Wanted& group, const std::function<health::Probe()>& make) {
        if (!group.empty()) probes.push_back(health::begun(group, make));
    };
    // Every job needs the database; Redis counts where it is set.
    const auto url = [&] {
        return session.settings.require_secret("DATABASE_URL",
                                               "postgresql://user@localhost:5432/app");
    };
    const auto where_redis_is_set = [&](const health::Wanted& group, const auto& make) {
        add(group, [&] {
            return session.settings.has("REDIS_URL")
                       ? make()
                       : health::not_configured(group, "REDIS_URL is not set");
        });
    };
    add(health::of_database(wanted), [&] {
        return health::look_at_database(
            {.url = url(), .schedule = schedule_of(session), .zone = session.zone()}, wanted);
    });
    where_redis_is_set(health::of_group(wanted, "redis."),
                       [&] { return health::look_at_redis(session.redis_address(), wanted); });
    where_redis_is_set(health::of_group(wanted, "boards.match"), [&] {
        return health::look_at_boards(url(), session.redis_address(), wanted);
    });
    add(health::of_machine(wanted), [&] {
        return health::look_at_system(session.settings.find("TMPDIR").value_or("/tmp"), wanted);
    });
    add(health::of_group(wanted, "config."),
        [&] { return health::look_at_configuration(session.settings, wanted); });
    add_service_probes(session, wanted, probes);
    return probes;
}

}  // namespace nightshift::cmd
