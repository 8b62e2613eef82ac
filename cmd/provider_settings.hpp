// What the settings say of the providers of messages, for the command that sends and for the one
// that looks.
//
// Each gives nothing where the provider is not set, and throws Error (configuration) naming the
// setting that is missing or wrong.
#pragma once

#include "notifications/channels/fcm.hpp"
#include "notifications/channels/sendgrid.hpp"
#include "notifications/channels/smtp.hpp"
#include "notifications/channels/twilio.hpp"
#include "session.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::cmd {

std::optional<notifications::FcmOptions> fcm_settings(const Session& session);
std::optional<notifications::TwilioOptions> twilio_settings(const Session& session);
std::optional<notifications::SendGridOptions> sendgrid_settings(const Session& session);
std::optional<notifications::SmtpOptions> smtp_settings(const Session& session);

// Of all of them: NOTIFY_CA_FILE, and answers of 64 KiB at most.
http::ClientOptions provider_client(const Session& session);

// A setting that is a number, or the usual one.
std::int64_t number_setting(const Session& session, const std::string& name, std::int64_t usual,
                            std::int64_t least, std::int64_t most);

}  // namespace nightshift::cmd
