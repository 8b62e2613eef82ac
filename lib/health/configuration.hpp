// What is wrong with the settings, by themselves: no server is connected to and no name resolved,
// so it is the same on a machine without a network.
//
// In production (ENVIRONMENT) it must not be: debug, secrets that are short or stand in every
// tutorial, a connection that anybody on the way can read, a provider's sandbox, CORS *. Elsewhere
// the same is a warning at most.
#pragma once

#include "config/settings.hpp"
#include "health/run.hpp"

#include <string>
#include <vector>

namespace nightshift::health {

struct Finding {
    std::string category;  // of config::categories()
    std::string setting;   // empty: of none alone
    bool is_error = false;
    std::string what;  // REDIS_URL goes over the network in the clear
    std::string why;   // what may come of it
    std::string fix;
};

// By category, errors first. Secrets are read, and stand in none of the words.
std::vector<Finding> look_at_settings(const config::Settings& settings);

// Whether nightshift has anything of that category, and something of it is set.
bool is_configured(const config::Settings& settings, const std::string& category);

// The same as checks, config.CATEGORY.
Probe look_at_configuration(const config::Settings& settings, const Wanted& wanted);

}  // namespace nightshift::health
