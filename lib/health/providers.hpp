// Who takes messages: whether they answer, take our credentials, let us send, and have money left.
// Nothing is sent.
//
// FCM: a token is fetched, and a message to a topic is validated (validate_only,
// firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send). Twilio: the account and
// its balance (twilio.com/docs/iam/api/account, /docs/usage/api). SendGrid: the key's scopes and
// the account's credits (docs.sendgrid.com/api-reference). A mail server: login and NOOP (RFC
// 5321).
#pragma once

#include "health/run.hpp"
#include "notifications/channels/fcm.hpp"
#include "notifications/channels/sendgrid.hpp"
#include "notifications/channels/smtp.hpp"
#include "notifications/channels/twilio.hpp"

namespace nightshift::health {

// Of what is wanted that which is none of the provider's is left out.
Probe look_at_fcm(const notifications::FcmOptions& fcm, const http::ClientOptions& client,
                  const Wanted& wanted);
Probe look_at_twilio(const notifications::TwilioOptions& twilio, const http::ClientOptions& client,
                     const Wanted& wanted);
Probe look_at_sendgrid(const notifications::SendGridOptions& sendgrid,
                       const http::ClientOptions& client, const Wanted& wanted);
Probe look_at_smtp(const notifications::SmtpOptions& smtp, const http::ClientOptions& client,
                   const Wanted& wanted);

}  // namespace nightshift::health
