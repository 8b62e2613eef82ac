// Which country a telephone number belongs to, by its first digits (ITU-T E.164; area codes of the
// North American Numbering Plan included).
#pragma once

#include <string>
#include <string_view>

namespace nightshift::costs {

// +15145550100 is CA, ISO 3166-1. Empty: it is in no country that is known.
std::string country_of(std::string_view number);

}  // namespace nightshift::costs
