// A mail server: smtp://user:password@host:587 (STARTTLS, but to loopback) or smtps://host:465.
// RFC 5321; what a refusal means is told by the command that it answers, its code, and the
// enhanced code (RFC 3463).
#pragma once

#include "notifications/mime.hpp"
#include "notifications/provider.hpp"
#include "notifications/unsubscribe.hpp"

namespace nightshift::notifications {

struct SmtpOptions {
    std::string url;   // may hold user and password, a secret
    std::string from;  // Coach <coach@example.test>
    std::optional<Unsubscribe> unsubscribe = {};
    std::chrono::milliseconds timeout{60'000};
};

struct MailServer {
    std::string url;  // without user and password
    std::string user;
    std::string password;
};

// The password is told to redaction. Throws Error (configuration); the message never holds the url.
MailServer parse_smtp_url(const std::string& url, const Mailbox& from);

class Smtp : public Provider {
  public:
    // Throws Error (configuration).
    Smtp(http::Client& client, SmtpOptions options);
    std::string name() const override { return "smtp"; }
    void send(const Outgoing& message, Done done) override;

  private:
    http::Client& client_;
    Mailbox from_;
    std::optional<Unsubscribe> unsubscribe_;
    MailServer server_;
    std::chrono::milliseconds timeout_;
    int sent_ = 0;
};

}  // namespace nightshift::notifications
