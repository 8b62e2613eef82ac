// What providers said where it was no success: each different word of one once, to be read by
// whoever has to mend it.
#pragma once

#include "notifications/outbox.hpp"

#include <string>
#include <vector>

namespace nightshift::notifications {

struct Trouble {
    std::string provider;
    Class outcome = Class::retry;
    std::string code;
    std::string example;  // its words, told()
    std::int64_t times = 0;
};

// Fifty different ones at most.
void note(std::vector<Trouble>& troubles, const Result& result);

}  // namespace nightshift::notifications
