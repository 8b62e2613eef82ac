#include "notifications/mime.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace nightshift::notifications {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t longest_line = 76;

bool is_plain(char c) { return c >= ' ' && c <= '~'; }

std::string on_one_line(std::string_view text) {
    std::string line{text};
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c == 127; }, ' ');
    return line;
}

std::string mailbox_text(const Mailbox& mailbox) {
    if (mailbox.name.empty()) return mailbox.address;
    auto name = header_words(mailbox.name);
    if (name.starts_with("=?")) {
        name += line_end;  // folded
    } else {
        std::string quoted = "\"";
        for (const char c : name)
            quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
        name = quoted + "\"";
    }
    return name + " <" + mailbox.address + ">";
}

std::string part(const std::string& type, const std::string& boundary, std::string_view text) {
    return "--" + boundary + "\r\nContent-Type: " + type +
           "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
           quoted_printable(text) + "\r\n";
}

}  // namespace

Mailbox parse_mailbox(const std::string& text) {
    const auto open = text.find('<');
    Mailbox mailbox{"", text};
    if (open != std::string::npos) {
        const auto close = text.find('>', open);
        mailbox = {std::string{trimmed(text.substr(0, open))},
                   text.substr(open + 1, close == std::string::npos ? 0 : close - open - 1)};
        if (mailbox.name.size() >= 2 && mailbox.name.front() == '"' && mailbox.name.back() == '"')
            mailbox.name = mailbox.name.substr(1, mailbox.name.size() - 2);
    }
    const auto at = mailbox.address.find('@');
    const bool is_good =
        at != std::string::npos && at > 0 && at + 1 < mailbox.address.size() &&
        mailbox.address.find_first_of(" <>\t") == std::string::npos &&
        std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; });
    if (is_good) return mailbox;
    throw Error{Failure::configuration, excerpt(text) + " is no e-mail address", "",
                "write it as coach@example.test or Coach <coach@example.test>"};
}

std::string header_words(std::string_view text) {
    const auto line = on_one_line(text);
    if (std::all_of(line.begin(), line.end(), is_plain) && line.find("=?") == std::string::npos)
        return line;
    // 39 bytes make 52 letters, and a line of less than 76 with a header's name; a character is not
    // parted.
    constexpr std::size_t most = 39;
    std::string out;
    for (std::size_t at = 0; at < line.size();) {
        auto length = std::min(most, line.size() - at);
        while (at + length < line.size() && length > 1 &&
               (static_cast<unsigned char>(line[at + length]) & 0xC0U) == 0x80U)
            --length;
        out += (out.empty() ? "=?utf-8?B?" : "\r\n =?utf-8?B?") + base64(line.substr(at, length)) +
               "?=";
        at += length;
    }
    return out;
}

std::string quoted_printable(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    std::size_t column = 0;
    const auto put = [&](const std::string& piece) {
        if (column + piece.size() >= longest_line) {
            out += "=\r\n";
            column = 0;
        }
        out += piece;
        column += piece.size();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool ends_line =
            i + 1 == text.size() || text[i + 1] == '\n' || text.substr(i + 1, 2) == line_end;
        if (c == '\n' || text.substr(i, 2) == line_end) {
            if (c == '\r') ++i;
            out += line_end;
            column = 0;
        } else if (column == 0 && text.substr(i, 5) == "From ") {
            put("=46");  // a mailbox in a file would put a > before it
        } else if ((is_plain(c) && c != '=' && !(c == ' ' && ends_line))) {
            put(std::string{c});
        } else {
            const auto byte = static_cast<unsigned char>(c);
            put({'=', digits[byte >> 4U], digits[byte & 15U]});
        }
    }
    return out;
}

std::string mime(const Email& email) {
    const auto domain = email.from.address.substr(email.from.address.find('@') + 1);
    const auto boundary =
        "nightshift-" + sha256_hex(email.id + email.text + email.html).substr(0, 32);
    std::string out;
    const auto header = [&out](std::string_view name, const std::string& value) {
        out += std::string{name} + ": " + value + "\r\n";
    };
    header("Date", fmt::format("{:%a, %d %b %Y %H:%M:%S +0000}",
                               fmt::gmtime(std::chrono::system_clock::to_time_t(
                                   std::chrono::floor<std::chrono::seconds>(email.date)))));
    header("Message-ID", "<" + on_one_line(email.id) + "@" + domain + ">");
    header("From", mailbox_text(email.from));
    header("To", mailbox_text(email.to));
    header("Subject", header_words(email.subject));
    for (const auto& [name, value] : email.headers) header(name, on_one_line(value));
    header("Auto-Submitted", "auto-generated");
    header("MIME-Version", "1.0");
    header("Content-Type", "multipart/alternative;\r\n boundary=\"" + boundary + "\"");
    return out + "\r\n" + part("text/plain", boundary, email.text) +
           part("text/html", boundary, email.html) + "--" + boundary + "--\r\n";
}

}  // namespace nightshift::notifications
