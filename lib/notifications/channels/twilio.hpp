// Twilio, Programmable Messaging: POST /2010-04-01/Accounts/{sid}/Messages.json
// (twilio.com/docs/messaging/api/message-resource; error codes: twilio.com/docs/api/errors).
#pragma once

#include "notifications/provider.hpp"

namespace nightshift::notifications {

struct TwilioOptions {
    std::string account_sid;
    std::string auth_token;  // a secret
    // One of the two.
    std::string from_number = {};
    std::string messaging_service_sid = {};
    std::string base_url = "https://api.twilio.com";
    std::chrono::milliseconds timeout{15'000};
};

// https://api.twilio.com/2010-04-01/Accounts/AC...
std::string account_url(const TwilioOptions& options);
// The header that shows the credentials; it is told to redaction.
std::string authorization_of(const TwilioOptions& options);

class Twilio : public Provider {
  public:
    Twilio(http::Client& client, TwilioOptions options);
    std::string name() const override { return "twilio"; }
    void send(const Outgoing& message, Done done) override;

  private:
    http::Client& client_;
    TwilioOptions options_;
    std::string url_;
    std::string authorization_;  // the header
};

}  // namespace nightshift::notifications
