#include "jobs/schedule.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "jobs/json.hpp"
#include "jobs/ledger.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include <nlohmann/json.hpp>

namespace nightshift::jobs {
namespace {

using Json = nlohmann::json;

constexpr int deepest = 8;

const std::map<std::string_view, Missed> policies{{"latest", Missed::latest},
                                                  {"one pass", Missed::one_pass},
                                                  {"each", Missed::each},
                                                  {"never", Missed::never}};

[[noreturn]] void refuse(const std::string& origin, const std::string& why) {
    throw Error{Failure::configuration, "the schedule in " + origin + " cannot be used", why,
                "see 'nightshift runs schedule' for one that can"};
}

// "6 days 23:00", "1 day 02:30", "02:30"
std::optional<std::chrono::minutes> parse_time_of_period(const std::string& text) {
    static const std::regex form{R"((?:([0-9]{1,2}) days? )?([0-9]{2}):([0-9]{2}))"};
    std::smatch parts;
    if (!std::regex_match(text, parts, form)) return std::nullopt;
    const auto number = [&](std::size_t part) {
        return parts[part].matched ? std::stoi(parts[part].str()) : 0;
    };
    if (number(2) > 23 || number(3) > 59) return std::nullopt;
    return std::chrono::days{number(1)} + std::chrono::hours{number(2)} +
           std::chrono::minutes{number(3)};
}

// One object of the list, and where it stands, for the message.
class JobReader {
  public:
    JobReader(const Json& json, std::size_t number, std::string origin)
        : json_{json}, origin_{std::move(origin)}, name_{"job " + std::to_string(number)} {
        if (!json.is_object()) fail("it is no object");
        name_ = text("job");
    }

    std::string text(const std::string& field) const {
        const auto found = json_.find(field);
        if (found == json_.end()) fail(field + " is not there");
        if (!found->is_string() || found->get<std::string>().empty())
            fail(field + " must be a word in quotes");
        return found->get<std::string>();
    }

    std::vector<std::string> words(const std::string& field) const {
        const auto found = json_.find(field);
        const bool good = found != json_.end() && found->is_array() && !found->empty() &&
                          std::all_of(found->begin(), found->end(),
                                      [](const auto& word) { return word.is_string(); });
        if (!good) fail(field + " must be a list of words, each in quotes");
        return found->get<std::vector<std::string>>();
    }

    // Which a catch-up gives itself.
    void refuse_ledger_options(const std::vector<std::string>& words) const {
        for (const std::string_view option : {"--once-per", "--for", "--lock-wait", "--env-file"}) {
            for (const auto& word : words) {
                const bool given = word == option || word.starts_with(std::string{option} + "=");
                if (given) fail("command must leave " + word + " away");
            }
        }
    }

    void refuse_other_fields() const {
        static const std::set<std::string> fields{"job",    "command", "every",    "at",
                                                  "missed", "needs",   "where_any"};
        for (const auto& [field, value] : json_.items()) {
            if (!fields.contains(field)) fail("no field is called " + excerpt(field));
        }
    }

    bool has(const std::string& field) const { return json_.contains(field); }

    [[noreturn]] void fail(const std::string& why) const {
        refuse(origin_, excerpt(name_) + ": " + why);
    }

  private:
    const Json& json_;
    std::string origin_;
    std::string name_;
};

ScheduledJob parse_job(const JobReader& reader) {
    reader.refuse_other_fields();
    ScheduledJob job{reader.text("job"), reader.words("command"), reader.text("every")};
    if (std::any_of(job.job.begin(), job.job.end(), [](unsigned char c) { return c < ' '; }))
        reader.fail("job has a control character");
    reader.refuse_ledger_options(job.command);
    if (!is_unit(job.every)) {
        reader.fail("every is " + excerpt(job.every) +
                    ", and must be quarter-hour, hour, day, week or month");
    }
    if (reader.has("at")) {
        const auto at = parse_time_of_period(reader.text("at"));
        if (!at || *at >= shortest(job.every)) {
            reader.fail("at is " + excerpt(reader.text("at")) + R"(, and must be as "02:30" or )" +
                        R"("6 days 23:00", after the begin of the )" + job.every +
                        " and before its end");
        }
        job.at = *at;
    }
    const auto policy = reader.text("missed");
    const auto found = policies.find(policy);
    if (found == policies.end()) {
        reader.fail("missed is " + excerpt(policy) +
                    ", and must be latest, one pass, each or never");
    }
    job.missed = found->second;
    if (reader.has("needs")) job.needs = reader.words("needs");
    if (reader.has("where_any")) job.where_any = reader.words("where_any");
    return job;
}

Json parse_json(std::string_view text, const std::string& origin) {
    const auto not_deep = [&origin](int depth, Json::parse_event_t, const Json&) {
        if (depth > deepest) refuse(origin, "it is nested too deep");
        return true;
    };
    try {
        return Json::parse(text, not_deep);
    } catch (const Json::parse_error& error) {
        const std::string_view words{error.what()};  // [json.exception...] parse error at line ...
        refuse(origin, "it is no JSON: " + excerpt(words.substr(words.find(' ') + 1), 200));
    }
}

}  // namespace

std::chrono::minutes shortest(const std::string& unit) {
    static const std::map<std::string, std::chrono::minutes> lengths{
        {"quarter-hour", std::chrono::minutes{15}},
        {"hour", std::chrono::hours{1}},
        {"day", std::chrono::days{1}},
        {"week", std::chrono::days{7}},
        {"month", std::chrono::days{28}}};
    return lengths.at(unit);
}

std::string_view name(Missed policy) {
    for (const auto& [word, each] : policies) {
        if (each == policy) return word;
    }
    return "";
}

std::string_view default_schedule() { return json::schedule; }

std::vector<ScheduledJob> parse_schedule(std::string_view text, const std::string& origin) {
    const auto document = parse_json(text, origin);
    if (!document.is_object() || document.value("schema_version", Json{}) != 1)
        refuse(origin, "its schema_version is not 1");
    const auto list = document.find("jobs");
    if (list == document.end() || !list->is_array() || list->empty())
        refuse(origin, "jobs is no list of jobs");
    std::vector<ScheduledJob> jobs;
    std::set<std::string> names;
    for (const auto& each : *list) {
        jobs.push_back(parse_job({each, jobs.size() + 1, origin}));
        if (!names.insert(jobs.back().job).second)
            refuse(origin, excerpt(jobs.back().job) + " is there twice");
    }
    return jobs;
}

}  // namespace nightshift::jobs
