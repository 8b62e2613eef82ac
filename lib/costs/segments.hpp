// How many SMS a text takes: 3GPP TS 23.038 (alphabets) and TS 23.040 (concatenation).
#pragma once

#include <string_view>

namespace nightshift::costs {

enum class Alphabet { gsm7, ucs2 };

struct Segments {
    Alphabet alphabet = Alphabet::gsm7;
    int count = 1;
};

// 160 septets in one, else 153 in each; where a character is not in GSM-7, 70 and 67 UTF-16 units.
// Neither an escaped character nor a surrogate pair is parted. text: UTF-8.
Segments segments_of(std::string_view text);

}  // namespace nightshift::costs
