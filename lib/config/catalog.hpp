// Every setting that there is: what it is for, its type and its default, as data
// (json/settings.json). What commands read must stand there; a test sees to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nightshift::config {

enum class Type {
    text,
    integer,  // from min to max
    money,
    choice,  // one of choices, in any case of letters
    flag,    // true, false, 1, 0, yes, no, on, off
    list,    // with commas
    zone,    // an IANA name
    url,     // of one of schemes
    postgres,
    redis,
    file,      // that can be read
    new_file,  // that can be written, or made
    folder
};

std::string name(Type type);  // "whole number", for people

// In which a configuration is looked at, in the order that they are told.
struct Category {
    std::string name;   // environment
    std::string title;  // Environment
};
const std::vector<Category>& categories();

struct Known {
    std::string name;
    std::string category;
    Type type = Type::text;
    bool is_secret = false;  // its NAME_FILE is understood too
    std::string fallback;    // its default, or what that is; empty: none
    std::string about;
    std::string example;
    std::vector<std::string> choices;
    std::vector<std::string> schemes;
    std::int64_t min = 0;
    std::int64_t max = 0;
};

const std::vector<Known>& known_settings();

// HEARTBEAT_URL_CHECK_STREAKS is HEARTBEAT_URL of one job, and a secret's NAME_FILE is known as it
// is. Nothing where there is no such setting.
const Known* find_known(const std::string& name);

// The one that was probably meant; empty where none is near, or the name is a known one.
std::string probably_meant(const std::string& name);

}  // namespace nightshift::config
