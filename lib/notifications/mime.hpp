// E-mail as it goes over the wire: RFC 5322 headers, RFC 2047 words in them, RFC 2046
// multipart/alternative, RFC 2045 quoted-printable. Lines end with CRLF and are at most 76 long.
#pragma once

#include "base/instant.hpp"

#include <map>
#include <string>
#include <string_view>

namespace nightshift::notifications {

struct Mailbox {
    std::string name;  // may be empty
    std::string address;
};

// coach@example.test, or Coach <coach@example.test>. Throws Error (configuration) for what is none,
// or holds a line end.
Mailbox parse_mailbox(const std::string& text);

struct Email {
    Mailbox from;
    Mailbox to;
    std::string subject;
    std::string text;
    std::string html;
    std::string id;  // of the message, without its domain: the same whenever it is sent again
    Instant date;
    std::map<std::string, std::string> headers = {};  // more of them
};

// Line ends and control characters in what becomes a header are blanks there.
std::string mime(const Email& email);

std::string quoted_printable(std::string_view text);
// A header's value: as it is where it is printable ASCII, else in UTF-8 words of base 64.
std::string header_words(std::string_view text);

}  // namespace nightshift::notifications
