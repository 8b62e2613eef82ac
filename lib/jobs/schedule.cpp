#include "jobs/schedule.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "jobs/json.hpp"
#include "jobs/ledger.hpp"

#include <map>
#include <set>

#include <nlohmann/json.hpp>

namespace nightshift::jobs {
namespace {

using Json = nlohmann::json;

const std::map<std::string_view, Missed> policies{{"latest", Missed::latest},
                                                  {"one pass", Missed::one_pass},
                                                  {"each", Missed::each},
                                                  {"never", Missed::never}};

[[noreturn]] void refuse(const std::string& origin, const std::string& why) {
    throw Error{Failure::configuration, "the schedule in " + origin + " cannot be used", why,
                "see 'nightshift runs schedule' for one that can"};
}

ScheduledJob parse_job(const Json& each, const std::string& origin) {
    static const std::set<std::string> fields{"job", "command", "every", "at", "missed"};
    ScheduledJob job;
    job.job = each.at("job").get<std::string>();
    for (const auto& [field, value] : each.items()) {
        if (!fields.contains(field))
            refuse(origin, job.job + ": no field is called " + excerpt(field));
    }
    job.command = each.at("command").get<std::vector<std::string>>();
    job.every = each.at("every").get<std::string>();
    job.at = each.value("at", "");
    if (job.job.empty() || job.command.empty()) refuse(origin, "a job or its command is empty");
    if (!is_unit(job.every)) {
        refuse(origin, job.job + ": every is " + excerpt(job.every) +
                           ", and must be quarter-hour, hour, day, week or month");
    }
    const auto policy = each.at("missed").get<std::string>();
    const auto found = policies.find(policy);
    if (found == policies.end()) {
        refuse(origin, job.job + ": missed is " + excerpt(policy) +
                           ", and must be latest, one pass, each or never");
    }
    job.missed = found->second;
    return job;
}

}  // namespace

std::string_view name(Missed policy) {
    for (const auto& [word, each] : policies) {
        if (each == policy) return word;
    }
    return "";
}

std::string_view default_schedule() { return json::schedule; }

std::vector<ScheduledJob> parse_schedule(std::string_view text, const std::string& origin) {
    try {
        const auto document = Json::parse(text);
        if (document.at("schema_version") != 1) refuse(origin, "its schema_version is not 1");
        std::vector<ScheduledJob> jobs;
        std::set<std::string> names;
        if (!document.at("jobs").is_array()) refuse(origin, "jobs is no list");
        for (const auto& each : document.at("jobs")) {
            jobs.push_back(parse_job(each, origin));
            if (!names.insert(jobs.back().job).second)
                refuse(origin, jobs.back().job + " is there twice");
        }
        return jobs;
    } catch (const Json::exception& error) {
        refuse(origin, error.what());
    }
}

}  // namespace nightshift::jobs
