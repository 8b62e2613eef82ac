// SendGrid, v3 Mail Send: POST /v3/mail/send (docs.sendgrid.com/api-reference/mail-send).
#pragma once

#include "notifications/provider.hpp"
#include "notifications/unsubscribe.hpp"

namespace nightshift::notifications {

struct SendGridOptions {
    std::string api_key;     // a secret
    std::string from_email;  // coach@example.test, or Coach <coach@example.test>
    std::optional<Unsubscribe> unsubscribe = {};
    std::string base_url = "https://api.sendgrid.com";
    std::chrono::milliseconds timeout{20'000};
};

class SendGrid : public Provider {
  public:
    SendGrid(http::Client& client, SendGridOptions options);
    std::string name() const override { return "sendgrid"; }
    void send(const Outgoing& message, Done done) override;

  private:
    http::Client& client_;
    SendGridOptions options_;
};

}  // namespace nightshift::notifications
