// Secrets never appear anywhere: whoever reads or parses one (a setting, the password in a URL)
// tells this module, and whatever is about to be written (log, error, result) passes through
// redacted().
//
// Matching is by value, in any position: as it is, percent-encoded, or as JSON escapes it; the
// longest value wins. A secret of fewer than four characters is not matched: it would blank out
// ordinary words. Safe from any thread. Forgotten only with the process.
#pragma once

#include <string>
#include <string_view>

namespace nightshift {

void remember_secret(std::string_view value);

// The same text with "[redacted]" for each secret in it.
std::string redacted(std::string text);

}  // namespace nightshift
