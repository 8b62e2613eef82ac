#include "health/configuration.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/catalog.hpp"
#include "health/findings.hpp"
#include "health/json.hpp"
#include "health/secret_shape.hpp"
#include "health/setting_value.hpp"
#include "http/client.hpp"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace nightshift::health {
namespace {

using config::Known;
using config::Settings;
using config::Type;

// Settings that others cannot do without (json/belongings.json).
struct Belonging {
    std::string setting;
    std::string value;                // of it
    std::vector<std::string> all_of;  // must be set, too
    std::vector<std::string> one_of;  // exactly one of them must be
};

const std::vector<Belonging>& belongings() {
    static const auto all = [] {
        std::vector<Belonging> read;
        const std::vector<std::string> none;
        for (const auto& each : nlohmann::json::parse(json::belongings))
            read.push_back({each.at("setting"), each.value("value", ""), each.value("all_of", none),
                            each.value("one_of", none)});
        return read;
    }();
    return all;
}

void look_at_secret(Findings& found, const Known& known, const std::string& value) {
    if (const auto why = weakness_of(known.name, value); !why.empty())
        found.in_production(known.category, known.name, known.name + " is no secret", why,
                            "make a new one, such as of openssl rand -hex 32");
    for (const auto& [other, same] : found.values()) {
        const auto* second = config::find_known(other);
        if (other > known.name && second->is_secret && second->type == Type::text && same == value)
            found.add(known.category, known.name, false,
                      known.name + " and " + other + " are the same",
                      "who learns one has the other", "give each its own");
    }
}

void look_at_value(Findings& found, const Known& known, const std::string& value) {
    if (const auto objection = object_to(known, value)) {
        found.add(known.category, known.name, true, known.name + " cannot be used", objection->why,
                  objection->fix);
        return;
    }
    if (known.is_secret && known.type == Type::text) look_at_secret(found, known, value);
    // A container's own addresses speak no TLS; what else it may be is told when it is used.
    const bool is_near = known.name == "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    if (known.type == Type::url && !is_near && value.starts_with("http://")) {
        if (const auto why = http::objection(value); !why.empty())
            found.in_production(known.category, known.name,
                                known.name + " goes over the network in the clear", why,
                                "give it as https://");
    }
}

// Of a service called nightshift, which Kubernetes tells every program.
bool is_service_link(const std::string& name) {
    return name.starts_with("NIGHTSHIFT_SERVICE_") || name == "NIGHTSHIFT_PORT" ||
           name.starts_with("NIGHTSHIFT_PORT_");
}

void look_at_names(Findings& found) {
    for (const auto& name : found.settings().names()) {
        const auto meant = is_service_link(name) ? "" : config::probably_meant(name);
        if (!meant.empty()) {
            found.add("environment", name, false, "there is no setting " + excerpt(name),
                      "nothing reads it", "did you mean " + meant + "?");
        } else if (name.starts_with("NIGHTSHIFT_") && !is_service_link(name) &&
                   config::find_known(name) == nullptr) {
            found.add("environment", name, false, "there is no setting " + excerpt(name),
                      "nothing reads it", "take it away; config show lists what there is");
        }
    }
    for (const auto& name : names_in(found.value("REQUIRED_SETTINGS"))) {
        if (found.settings().has(name)) continue;
        found.add("environment", name, true, name + " is not set", "REQUIRED_SETTINGS names it",
                  "set it, or take it out of REQUIRED_SETTINGS");
    }
}

// HEARTBEAT_URL_CHECK_STREAKS is as HEARTBEAT_URL.
void look_at_jobs_urls(Findings& found) {
    for (auto name : found.settings().names()) {
        if (name.ends_with("_FILE")) name.resize(name.size() - std::string{"_FILE"}.size());
        const auto* known = config::find_known(name);
        if (known == nullptr || known->name == name) continue;
        auto its = *known;
        its.name = name;
        try {
            look_at_value(found, its, found.settings().find_secret(name).value_or(""));
        } catch (const Error& error) {
            found.add(known->category, name, error);
        }
    }
}

bool holds_a_secret(const Findings& found) {
    return std::any_of(found.values().begin(), found.values().end(), [&](const auto& each) {
        return config::find_known(each.first)->is_secret &&
               found.settings().origin(each.first) == Settings::Origin::file;
    });
}

void look_at_file(Findings& found) {
    const auto& file = found.settings().file();
    if (file.empty()) return;
    for (const auto& name : found.settings().repeated())
        found.add("environment", name, false, name + " stands twice in " + file,
                  "the last one counts", "take one away");
    struct stat about {};
    if (::stat(file.c_str(), &about) != 0) return;
    if ((about.st_mode & (S_IRGRP | S_IROTH)) != 0 && holds_a_secret(found)) {
        const bool is_everybodys = (about.st_mode & S_IROTH) != 0;
        found.add("environment", "", found.is_production() && is_everybodys,
                  std::string{is_everybodys ? "everybody" : "its group"} + " may read " + file,
                  "there are secrets in it", "chmod 600 " + file);
    }
}

void look_at_belongings(Findings& found) {
    for (const auto& each : belongings()) {
        if (!found.settings().has(each.setting)) continue;
        if (!each.value.empty() && lowered(found.value(each.setting)) != each.value) continue;
        const auto named = each.setting + (each.value.empty() ? "" : "=" + each.value);
        const auto* known = config::find_known(each.setting);
        for (const auto& name : each.all_of) {
            if (!found.settings().has(name))
                found.add(known->category, name, true, name + " is not set", named + " needs it",
                          "set it, or leave " + each.setting + " unset");
        }
        const auto set =
            std::count_if(each.one_of.begin(), each.one_of.end(),
                          [&](const std::string& name) { return found.settings().has(name); });
        if (each.one_of.empty() || set == 1) continue;
        found.add(known->category, each.one_of.front(), true,
                  (set == 0 ? "neither " : "both ") + each.one_of.front() +
                      (set == 0 ? " nor " : " and ") + each.one_of.back() +
                      (set == 0 ? " is set" : " are set"),
                  named + " needs one of them", "set one");
    }
}

// The first of a category's findings counts: errors stand first.
Result result_of(const Check& check, const std::vector<Finding>& findings,
                 const Settings& settings) {
    Result result{.id = check.id, .said = "good"};
    int count = 0;
    for (const auto& each : findings) {
        if (each.category != check.category || count++ > 0) continue;
        result.status = each.is_error ? Status::unhealthy : Status::degraded;
        result.said = each.what;
        result.why = each.why;
        result.fix = each.fix;
    }
    if (count > 1) result.said += " (and " + std::to_string(count - 1) + " more)";
    if (count == 0 && !is_configured(settings, check.category)) {
        result.status = Status::skipped;
        result.said = "not configured";
    }
    return result;
}

}  // namespace

std::vector<Finding> look_at_settings(const Settings& settings) {
    Findings found{settings};
    for (const auto& [name, value] : found.values())
        look_at_value(found, *config::find_known(name), value);
    look_at_names(found);
    look_at_jobs_urls(found);
    look_at_file(found);
    look_at_belongings(found);
    look_at_production(found);
    look_at_named_files(found);
    return found.sorted();
}

bool is_configured(const Settings& settings, const std::string& category) {
    if (category == "environment" || category == "system") return true;
    const auto& all = config::known_settings();
    return std::any_of(all.begin(), all.end(), [&](const Known& each) {
        return each.category == category &&
               (settings.has(each.name) || (!each.fallback.empty() && category != "services"));
    });
}

Probe look_at_configuration(const Settings& settings, const Wanted& wanted) {
    const auto mine = of_group(wanted, "config.");
    std::vector<Result> results;
    const auto findings = look_at_settings(settings);
    for (const auto& check : mine) results.push_back(result_of(check, findings, settings));
    return {mine,
            [results](const Tell& tell) { std::for_each(results.begin(), results.end(), tell); }};
}

}  // namespace nightshift::health
