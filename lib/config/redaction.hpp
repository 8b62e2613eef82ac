// Secrets never appear anywhere: settings tell this module each secret they read, and whatever
// is about to be written (log, error, result) passes through redacted().
//
// Matching is by value, in any position, raw and percent-encoded alike; the longest value wins.
// Of a connection string (a URL, or keyword=value) the password is remembered by itself too.
// A secret of fewer than four characters is not matched: it would blank out ordinary words.
// Safe from any thread. Forgotten only with the process.
#pragma once

#include <string>
#include <string_view>

namespace nightshift::config {

void remember_secret(std::string_view value);

// The same text with "[redacted]" for each secret in it.
std::string redacted(std::string text);

}  // namespace nightshift::config
