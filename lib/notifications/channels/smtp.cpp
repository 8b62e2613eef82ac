#include "notifications/channels/smtp.hpp"

#include "base/error.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

#include <regex>

namespace nightshift::notifications {
namespace {

using namespace std::chrono_literals;

constexpr int most_on_connection = 100;
constexpr auto greylisted_for = 15min;

// "550 5.1.1 no such user": code and words. libcurl keeps the last line.
Receipt refusal(const http::Response& response) {
    static const std::regex shape{R"(^\d{3}[ -](?:(\d\.\d{1,3}\.\d{1,3}) )?(.*))"};
    std::smatch match;
    std::string enhanced;
    std::string words = response.last_line;
    if (std::regex_match(response.last_line, match, shape)) {
        enhanced = match[1];
        words = match[2];
    }
    const auto code = std::to_string(response.status) + (enhanced.empty() ? "" : " " + enhanced);
    const auto it = [&](Class outcome) { return receipt(outcome, response, code, words); };
    const auto& command = response.last_command;
    if (command == "RCPT") {
        if (response.status < 500) {
            auto later = it(Class::retry);
            later.retry_after = greylisted_for;
            return later;
        }
        const bool is_dead = enhanced == "5.1.1" || enhanced == "5.1.10" || enhanced == "5.2.1";
        return it(is_dead ? Class::dead : Class::reject);
    }
    if (response.status < 500) return it(Class::retry);
    return it(command == "DATA" ? Class::reject : Class::config);  // else AUTH, MAIL, the greeting
}

Receipt receipt_from(const http::Response& response) {
    if (response.outcome != http::Outcome::answered) return *receipt_of(response);
    if (response.status >= 400) return refusal(response);
    auto accepted = receipt(Class::accepted, response);
    static const std::regex queued{R"(queued as ([A-Za-z0-9]+)|id=([A-Za-z0-9-]+))"};
    std::smatch match;
    if (std::regex_search(response.last_line, match, queued))
        accepted.provider_id = match[1].matched ? match[1] : match[2];
    return accepted;
}

}  // namespace

MailServer parse_smtp_url(const std::string& url, const Mailbox& from) {
    static const std::regex shape{R"((smtps?://)(?:([^:@/]*)(?::([^@/]*))?@)?([^@]+))"};
    std::smatch match;
    if (!std::regex_match(url, match, shape)) {
        throw Error{Failure::configuration, "SMTP_URL is no address of a mail server", "",
                    "write it as smtp://user:password@host:587"};
    }
    MailServer server{.url = match[1].str() + match[4].str(),
                      .user = percent_decoded(match[2].str()).value_or(match[2]),
                      .password = percent_decoded(match[3].str()).value_or(match[3])};
    remember_secret(server.password);
    const auto domain = from.address.substr(from.address.find('@') + 1);
    if (server.url.find('/', server.url.find("//") + 2) == std::string::npos)
        server.url += "/" + domain;  // EHLO
    return server;
}

Smtp::Smtp(http::Client& client, SmtpOptions options)
    : client_{client},
      from_{parse_mailbox(options.from)},
      unsubscribe_{std::move(options.unsubscribe)},
      server_{parse_smtp_url(options.url, from_)},
      timeout_{options.timeout} {}

void Smtp::send(const Outgoing& message, Done done) {
    const Email email{.from = from_,
                      .to = {"", message.address},
                      .subject = message.message.title,
                      .text = message.message.text,
                      .html = message.message.html,
                      .id = message.id,
                      .date = message.now,
                      .headers = unsubscribe_
                                     ? unsubscribe_->headers(message.user_id, message.category)
                                     : std::map<std::string, std::string>{}};
    client_.add(
        {.url = server_.url,
         .body = mime(email),
         .connect_timeout = 5s,
         .timeout = timeout_,
         .mail = http::Mail{.from = "<" + from_.address + ">",
                            .to = "<" + message.address + ">",
                            .user = server_.user,
                            .password = server_.password,
                            .is_last_on_connection = ++sent_ % most_on_connection == 0}},
        [done = std::move(done)](const http::Response& response) { done(receipt_from(response)); });
}

}  // namespace nightshift::notifications
