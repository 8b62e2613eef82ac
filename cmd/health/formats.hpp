// One report in the words of whoever reads it.
#pragma once

#include "base/error.hpp"
#include "health/check.hpp"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace nightshift::cmd {

struct HealthFacts {
    std::string at;           // 2026-11-30T07:00:00Z
    std::string environment;  // production
    std::string host;
    std::string redis;  // localhost:6379/0; empty: there is none
};

// For people.
std::string human(const health::Report& report, const HealthFacts& facts);
// Behind the common fields of --json.
nlohmann::ordered_json to_json(const health::Report& report, const HealthFacts& facts);

// json, health+json, nagios, prometheus, junit, github; each ends with a line end.
const std::vector<std::string>& health_formats();
// For $GITHUB_STEP_SUMMARY: a table in Markdown, as annotations are ten of a kind at most.
std::string step_summary(const health::Report& report);

// For Nagios, where nothing could be looked at; it ends with 3.
std::string nagios_unknown(const Error& error);

// Throws Error (usage) where there is no such format.
std::string formatted(const std::string& format, const health::Report& report,
                      const HealthFacts& facts);

}  // namespace nightshift::cmd
