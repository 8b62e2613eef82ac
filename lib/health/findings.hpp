// What the rules of a configuration find, while they look. For configuration.cpp alone.
#pragma once

#include "base/error.hpp"
#include "config/catalog.hpp"
#include "health/configuration.hpp"

#include <map>
#include <string>
#include <vector>

namespace nightshift::health {

class Findings {
  public:
    // Reads all that is set and known; what cannot be read is found.
    explicit Findings(const config::Settings& settings);

    const config::Settings& settings() const { return settings_; }
    bool is_production() const { return is_production_; }
    // By name; secrets too.
    const std::map<std::string, std::string>& values() const { return values_; }
    std::string value(const std::string& name) const;  // empty: it is not set

    void add(const std::string& category, const std::string& setting, bool is_error,
             const std::string& what, const std::string& why, const std::string& fix);
    void add(const std::string& category, const std::string& setting, const Error& error);
    // Of something that production alone must not have.
    void in_production(const std::string& category, const std::string& setting,
                       const std::string& what, const std::string& why, const std::string& fix);

    // By category, errors first.
    std::vector<Finding> sorted();

  private:
    void read(const config::Known& known);

    const config::Settings& settings_;
    bool is_production_ = false;
    std::map<std::string, std::string> values_;
    std::vector<Finding> findings_;
};

// What production must not have: DEBUG, passwords of tutorials, connections in the clear,
// sandboxes.
void look_at_production(Findings& found);
// The files that settings name: the schedule, the mutes, the service account, the image program.
void look_at_named_files(Findings& found);

// a,b, c
std::vector<std::string> names_in(const std::string& list);

}  // namespace nightshift::health
