// What a month would use if things were otherwise: estimated, from what was used.
#pragma once

#include "costs/usage.hpp"

namespace nightshift::costs {

// As many active users: messages, with their history, and levels in proportion; what every month
// uses is as the book has it for so many. Throws Error (usage) where it is not known how many there
// were.
void suppose_users(Usage& usage, const PriceBook& book, std::int64_t users);

// So many percent of SMS go as push, one for each segment: by who pushes most already, else fcm.
void suppose_push_share(Usage& usage, int percent);
std::vector<Portion> with_push_share(std::vector<Portion> messages, int percent);

}  // namespace nightshift::costs
