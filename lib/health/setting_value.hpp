// Whether a setting's value is one of its type.
#pragma once

#include "config/catalog.hpp"

#include <optional>
#include <string>

namespace nightshift::health {

struct Objection {
    std::string why;  // it must be a number from 60 to 100; never the value of a secret
    std::string fix;
};

std::optional<Objection> object_to(const config::Known& known, const std::string& value);

// Of a flag: whether it says yes; nothing where it says neither.
std::optional<bool> says_yes(const std::string& value);

}  // namespace nightshift::health
