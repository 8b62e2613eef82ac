#include "health/formats.hpp"

#include "base/error.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"
#include "config/catalog.hpp"
#include "output.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <regex>

#include <fmt/format.h>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using health::Check;
using health::Report;
using health::Result;
using health::Status;

using Format = std::function<std::string(const Report&, const HealthFacts&)>;

double milliseconds(std::chrono::microseconds took) {
    return static_cast<double>(took.count()) / 1000;
}

const Check& check_of(const Result& result) { return *health::find_check(result.id); }

// What is not as it should be, in one line.
std::string told(const Result& result) {
    return result.why.empty() ? result.said : result.said + ": " + result.why;
}

std::vector<const Result*> worst_first(const Report& report) {
    std::vector<const Result*> all;
    for (const auto status : {Status::unhealthy, Status::unknown, Status::degraded}) {
        for (const auto& each : report.results) {
            if (each.status == status) all.push_back(&each);
        }
    }
    return all;
}

std::map<Status, int> counts(const Report& report) {
    std::map<Status, int> counts;
    for (const auto& each : report.results) ++counts[each.status];
    return counts;
}

std::string summary(const Report& report) {
    auto by = counts(report);
    return fmt::format("{} healthy, {} degraded, {} unhealthy, {} unknown, {} skipped",
                       by[Status::healthy], by[Status::degraded], by[Status::unhealthy],
                       by[Status::unknown], by[Status::skipped]);
}

std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// --- json: as the app's own endpoint answers ---------------------------------------------------

std::string connected(Status status) {
    return status == Status::healthy || status == Status::degraded ? "connected" : "disconnected";
}

std::string service_json(const Report& report, const HealthFacts& facts) {
    Json services = Json::object();
    Json details = Json::object();
    for (const auto& each : report.results) {
        if (each.id == "redis.ping" && each.status != Status::skipped) {
            services["redis"] = {{"status", connected(each.status)}};
            if (each.value) services["redis"]["latency_ms"] = *each.value;
            services["redis"]["url"] = facts.redis;
            services["cache"] = {{"status", connected(each.status)}};
        }
        if (each.id == "database.connect")
            services["database"] = {{"status", connected(each.status)}};
        if (each.id == "database.latency" && each.value)
            services["database"]["latency_ms"] = *each.value;
        // fcm, twilio, sendgrid, smtp, store
        if ((each.id.ends_with(".credentials") || each.id == "store.probe") &&
            each.status != Status::skipped)
            services[each.id.substr(0, each.id.find('.'))] = {{"status", connected(each.status)}};
        if (each.status != Status::healthy && each.status != Status::skipped)
            details[each.id] = {{"status", health::name(each.status)}, {"message", told(each)}};
    }
    return dumped({{"status", health::name(report.status())},
                   {"timestamp", facts.at},
                   {"version", NIGHTSHIFT_VERSION},
                   {"environment", facts.environment},
                   {"response_time_ms", milliseconds(report.took)},
                   {"services", services},
                   {"details", details}});
}

// --- health+json: draft-inadarei-api-health-check-06 -------------------------------------------

std::string pass_or_fail(Status status) {
    return status == Status::healthy ? "pass" : status == Status::degraded ? "warn" : "fail";
}

std::string component_type(const std::string& id) {
    static const std::vector<std::string> stores{"database.", "redis.", "store."};
    if (id.starts_with("system.")) return "system";
    const bool is_store = std::any_of(stores.begin(), stores.end(),
                                      [&](const auto& each) { return id.starts_with(each); });
    return is_store ? "datastore" : "component";
}

std::string health_json(const Report& report, const HealthFacts& facts) {
    Json checks = Json::object();
    Json notes = Json::array();
    for (const auto& each : report.results) {
        if (each.status == Status::skipped) {
            notes.push_back(each.id + ": " + each.said);
            continue;
        }
        const auto& check = check_of(each);
        const auto dot = each.id.find('.');
        Json one{{"componentId", each.id},
                 {"componentType", component_type(each.id)},
                 {"status", pass_or_fail(each.status)},
                 {"time", facts.at}};
        if (each.value) one["observedValue"] = *each.value;
        if (each.value && !check.unit.empty()) one["observedUnit"] = check.unit;
        if (each.status != Status::healthy) one["output"] = told(each);
        checks[each.id.substr(0, dot) + ":" + each.id.substr(dot + 1)] = Json::array({one});
    }
    Json document{{"status", pass_or_fail(report.status())},
                  {"version", "1"},
                  {"releaseId", NIGHTSHIFT_VERSION},
                  {"serviceId", facts.host},
                  {"notes", notes}};
    const auto worst = worst_first(report);
    if (!worst.empty()) document["output"] = worst.front()->id + ": " + told(*worst.front());
    document["checks"] = checks;
    return dumped(document);
}

// --- nagios: nagios-plugins.org/doc/guidelines.html --------------------------------------------

// The guidelines take no exponents.
std::string plain(double value) {
    auto text = fmt::format("{:.6f}", value);
    text.resize(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::string perfdata(const Report& report) {
    static const std::map<std::string, std::string> units{
        {"ms", "ms"}, {"s", "s"}, {"%", "%"}, {"B", "B"}};
    std::string data;
    for (const auto& each : report.results) {
        if (!each.value) continue;
        const auto& check = check_of(each);
        const auto unit = units.find(check.unit);
        data += fmt::format("{}'{}'={}{};{};{}", data.empty() ? "" : " ", each.id,
                            plain(*each.value), unit == units.end() ? "" : unit->second,
                            each.warn ? each.warn->text : "", each.crit ? each.crit->text : "");
    }
    return data;
}

// A bar would begin the perfdata.
std::string without_bar(std::string text) {
    for (char& c : text) c = c == '|' ? '/' : c;
    return text;
}

std::string nagios(const Report& report, const HealthFacts&) {
    static const std::map<Status, std::string> words{{Status::healthy, "OK"},
                                                     {Status::degraded, "WARNING"},
                                                     {Status::unhealthy, "CRITICAL"},
                                                     {Status::unknown, "UNKNOWN"}};
    const auto worst = worst_first(report);
    const auto first =
        worst.empty() ? summary(report)
                      : worst.front()->id + " " + worst.front()->said +
                            (worst.size() > 1 ? fmt::format(", {} more", worst.size() - 1) : "");
    auto text = fmt::format("NIGHTSHIFT {}: {}", words.at(report.status()),
                            excerpt(without_bar(one_line(first)), 120));
    const auto data = perfdata(report);
    if (!data.empty()) text += " | " + data;
    text += "\n";
    for (const auto* each : worst)
        text += fmt::format("{}: {}: {}; {}\n", words.at(each->status), each->id,
                            without_bar(one_line(told(*each))), without_bar(one_line(each->fix)));
    return text;
}

// --- prometheus: the text format, for node_exporter's textfile collector -----------------------

std::string prometheus(const Report& report, const HealthFacts&) {
    static const std::map<Status, int> numbers{
        {Status::healthy, 0}, {Status::degraded, 1}, {Status::unhealthy, 2}, {Status::unknown, 3}};
    std::string text =
        "# HELP nightshift_health_status 0 healthy, 1 degraded, 2 unhealthy, 3 unknown.\n"
        "# TYPE nightshift_health_status gauge\n";
    text += fmt::format("nightshift_health_status {}\n", numbers.at(report.status()));
    text +=
        "# HELP nightshift_health_check_status The same of each check.\n"
        "# TYPE nightshift_health_check_status gauge\n";
    std::string values;
    for (const auto& each : report.results) {
        if (each.status == Status::skipped) continue;
        const auto labels =
            fmt::format("check=\"{}\",category=\"{}\"", each.id, check_of(each).category);
        text += fmt::format("nightshift_health_check_status{{{}}} {}\n", labels,
                            numbers.at(each.status));
        if (each.value)
            values += fmt::format("nightshift_health_check_value{{{},unit=\"{}\"}} {:.9g}\n",
                                  labels, check_of(each).unit, *each.value);
    }
    if (!values.empty())
        text +=
            "# HELP nightshift_health_check_value What a check has measured, in its unit.\n"
            "# TYPE nightshift_health_check_value gauge\n" +
            values;
    return text + fmt::format(
                      "# HELP nightshift_health_duration_seconds How long looking took.\n"
                      "# TYPE nightshift_health_duration_seconds gauge\n"
                      "nightshift_health_duration_seconds {:.6f}\n"
                      "# HELP nightshift_health_last_run_timestamp_seconds When it was looked.\n"
                      "# TYPE nightshift_health_last_run_timestamp_seconds gauge\n"
                      "nightshift_health_last_run_timestamp_seconds {}\n",
                      milliseconds(report.took) / 1000,
                      std::chrono::duration_cast<std::chrono::seconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count());
}

// --- junit -------------------------------------------------------------------------------------

std::string xml(const std::string& text) {
    static const std::regex no_characters{"\xEF\xBF[\xBE\xBF]"};  // U+FFFE, U+FFFF
    std::string escaped;
    for (const char c : std::regex_replace(text, no_characters, "?")) {
        escaped += c == '&'   ? "&amp;"
                   : c == '<' ? "&lt;"
                   : c == '>' ? "&gt;"
                   : c == '"' ? "&quot;"
                              : std::string(1, c);
    }
    return escaped;
}

std::string junit(const Report& report, const HealthFacts& facts) {
    auto by = counts(report);
    auto text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"nightshift health\" "
        "tests=\"{}\" "
        "failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\" timestamp=\"{}\">\n",
        report.results.size(), by[Status::unhealthy], by[Status::unknown], by[Status::skipped],
        milliseconds(report.took) / 1000, xml(facts.at.substr(0, 19)));
    for (const auto& each : report.results) {
        text +=
            fmt::format("  <testcase name=\"{}\" classname=\"{}\" time=\"{:.3f}\"", xml(each.id),
                        xml(check_of(each).category), milliseconds(each.took) / 1000);
        const auto words = xml(told(each) + (each.fix.empty() ? "" : ". " + each.fix));
        text += each.status == Status::healthy ? "/>\n"
                : each.status == Status::skipped
                    ? ">\n    <skipped message=\"" + words + "\"/>\n  </testcase>\n"
                : each.status == Status::unhealthy
                    ? ">\n    <failure message=\"" + words + "\"/>\n  </testcase>\n"
                : each.status == Status::unknown
                    ? ">\n    <error message=\"" + words + "\"/>\n  </testcase>\n"
                    : ">\n    <system-out>" + words + "</system-out>\n  </testcase>\n";
    }
    return text + "</testsuite>\n";
}

// --- github: workflow commands, of which a step takes ten of a kind ----------------------------

std::string escaped(const std::string& text, bool is_property) {
    std::string out;
    for (const char c : text) {
        out += c == '%'                  ? "%25"
               : c == '\r'               ? "%0D"
               : c == '\n'               ? "%0A"
               : is_property && c == ':' ? "%3A"
               : is_property && c == ',' ? "%2C"
                                         : std::string(1, c);
    }
    return out;
}

std::string github(const Report& report, const HealthFacts&) {
    std::string text;
    for (const auto* each : worst_first(report)) {
        text += fmt::format(
            "::{} title={}::{}\n", each->status == Status::degraded ? "warning" : "error",
            escaped("nightshift " + each->id, true),
            escaped(told(*each) + (each->fix.empty() ? "" : "\n" + each->fix), false));
    }
    return text + "nightshift is " + health::name(report.status()) + ": " + summary(report) + "\n";
}

const std::map<std::string, Format>& formats() {
    static const std::map<std::string, Format> all{
        {"json", service_json}, {"health+json", health_json},
        {"nagios", nagios},     {"prometheus", prometheus},
        {"junit", junit},       {"github", github}};
    return all;
}

}  // namespace

std::string human(const Report& report, const HealthFacts&) {
    std::string text;
    for (const auto& category : config::categories()) {
        std::string rows;
        for (const auto& each : report.results) {
            if (check_of(each).category != category.name) continue;
            rows +=
                fmt::format("  {:<10} {:<24} {}\n", health::name(each.status), each.id, each.said);
            const bool is_bad = each.status != Status::healthy && each.status != Status::skipped;
            if (is_bad && !each.why.empty()) rows += fmt::format("{:38}{}\n", "", each.why);
            if (is_bad && !each.fix.empty()) rows += fmt::format("{:38}{}\n", "", each.fix);
        }
        if (!rows.empty()) text += category.title + "\n" + rows;
    }
    return text + fmt::format("{}: {}, in {:.0f} ms\n", health::name(report.status()),
                              summary(report), milliseconds(report.took));
}

Json to_json(const Report& report, const HealthFacts& facts) {
    Json all = Json::array();
    for (const auto& each : report.results) {
        const auto& check = check_of(each);
        const auto or_null = [](const std::string& text) {
            return text.empty() ? Json{} : Json(text);
        };
        all.push_back(
            {{"id", each.id},
             {"category", check.category},
             {"severity", check.severity == health::Severity::critical ? "critical" : "warning"},
             {"status", health::name(each.status)},
             {"message", each.said},
             {"value", each.value ? Json(*each.value) : Json{}},
             {"unit", or_null(check.unit)},
             {"warn", each.warn ? Json(each.warn->text) : Json{}},
             {"crit", each.crit ? Json(each.crit->text) : Json{}},
             {"why", or_null(each.why)},
             {"fix", or_null(each.fix)},
             {"duration_ms", milliseconds(each.took)}});
    }
    return {{"status", health::name(report.status())},
            {"environment", facts.environment},
            {"at", facts.at},
            {"duration_ms", milliseconds(report.took)},
            {"checks", all}};
}

std::string step_summary(const Report& report) {
    const auto cell = [](const std::string& text) {
        std::string escaped;
        for (const char c : one_line(text)) escaped += c == '|' ? "\\|" : std::string(1, c);
        return escaped;
    };
    auto text = "### nightshift is " + health::name(report.status()) +
                "\n\n| status | check | | what to do |\n|---|---|---|---|\n";
    auto rows = worst_first(report);
    for (const auto& each : report.results) {
        if (each.status == Status::healthy || each.status == Status::skipped) rows.push_back(&each);
    }
    for (const auto* each : rows)
        text += fmt::format("| {} | {} | {} | {} |\n", health::name(each->status), each->id,
                            cell(told(*each)), cell(each->fix));
    return text;
}

std::string nagios_unknown(const Error& error) {
    const auto why = error.what() + (error.cause.empty() ? "" : ": " + error.cause);
    return "NIGHTSHIFT UNKNOWN: " + excerpt(without_bar(one_line(redacted(why))), 200) + "\n";
}

const std::vector<std::string>& health_formats() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all{"human"};
        for (const auto& [name, format] : formats()) all.push_back(name);
        return all;
    }();
    return names;
}

std::string formatted(const std::string& format, const Report& report, const HealthFacts& facts) {
    if (format == "human") return human(report, facts);
    const auto found = formats().find(format);
    if (found != formats().end()) return found->second(report, facts);
    throw Error{Failure::usage, "there is no format " + excerpt(format), "",
                "give one of human, json, health+json, nagios, prometheus, junit, github"};
}

}  // namespace nightshift::cmd
