#include "provider_settings.hpp"

#include "base/text.hpp"

namespace nightshift::cmd {
namespace {

std::chrono::milliseconds timeout(const Session& session, const std::string& name,
                                  std::int64_t usual) {
    return std::chrono::milliseconds{number_setting(session, name, usual, 100, 600'000)};
}

std::string base_url(const Session& session, const std::string& name, const std::string& usual) {
    const auto set = session.settings.find(name);
    if (!set) return usual;
    const auto why = set->find('@') != std::string::npos
                         ? "it has a user or password in it, which would stand in logs"
                         : http::objection(*set);
    if (!why.empty()) {
        throw Error{Failure::configuration, name + " cannot be used", why,
                    "give it as https://host, or http:// to loopback"};
    }
    return set->ends_with('/') ? set->substr(0, set->size() - 1) : *set;
}

std::string required(const Session& session, const std::string& name, const std::string& example) {
    const auto set = session.settings.find(name);
    if (set) return *set;
    throw Error{Failure::configuration, name + " is not set", "", "set it, such as " + example};
}

std::optional<notifications::Unsubscribe> unsubscribe(const Session& session) {
    const auto url = session.settings.find("UNSUBSCRIBE_URL");
    const auto secret = session.settings.find_secret("UNSUBSCRIBE_SECRET");
    if (!url && !secret) return std::nullopt;
    if (!url || !secret || !url->starts_with("https://")) {
        throw Error{Failure::configuration,
                    "UNSUBSCRIBE_URL and UNSUBSCRIBE_SECRET belong together",
                    !url      ? "UNSUBSCRIBE_URL is not set"
                    : !secret ? "UNSUBSCRIBE_SECRET is not set"
                              : "UNSUBSCRIBE_URL must begin with https://",
                    "set both; nightshift-send-reminders(1) tells what the app does with them"};
    }
    return notifications::Unsubscribe{*url, *secret};
}

// Whether the setting names this one of them.
bool is_chosen(const Session& session, const std::string& name, const std::string& chosen,
               const std::vector<std::string>& all, const std::string& else_what) {
    const auto set = session.settings.find(name);
    if (!set || *set == chosen) return set.has_value();
    std::string known;
    for (const auto& each : all) {
        if (each == *set) return false;
        known += (known.empty() ? "" : " or ") + each;
    }
    throw Error{Failure::configuration, name + " is " + excerpt(*set), "it must be " + known,
                "correct it, or leave it away" + else_what};
}

bool sends_email_by(const Session& session, const std::string& provider) {
    return is_chosen(session, "EMAIL_PROVIDER", provider, {"sendgrid", "smtp"}, "");
}

}  // namespace

std::optional<notifications::FcmOptions> fcm_settings(const Session& session) {
    const auto file = session.settings.find("FIREBASE_CREDENTIALS_PATH");
    if (!file) return std::nullopt;
    auto account = notifications::read_service_account(*file);
    if (const auto why = http::objection(account.token_uri); !why.empty()) {
        throw Error{Failure::configuration, "the service account's token_uri cannot be used", why,
                    "download the account's key again"};
    }
    return notifications::FcmOptions{
        .account = std::move(account),
        .base_url = base_url(session, "FCM_BASE_URL", "https://fcm.googleapis.com"),
        .timeout = timeout(session, "FCM_TIMEOUT_MS", 15'000)};
}

std::optional<notifications::TwilioOptions> twilio_settings(const Session& session) {
    if (!is_chosen(session, "SMS_PROVIDER", "twilio", {"twilio"}, ": then there are no SMS"))
        return std::nullopt;
    const auto setting = [&](const char* name) { return session.settings.find(name).value_or(""); };
    notifications::TwilioOptions options{
        .account_sid = required(session, "TWILIO_ACCOUNT_SID", "AC..."),
        .auth_token = session.settings.require_secret("TWILIO_AUTH_TOKEN", "..."),
        .from_number = setting("TWILIO_FROM_NUMBER"),
        .messaging_service_sid = setting("TWILIO_MESSAGING_SERVICE_SID"),
        .base_url = base_url(session, "TWILIO_BASE_URL", "https://api.twilio.com"),
        .timeout = timeout(session, "TWILIO_TIMEOUT_MS", 15'000)};
    if (options.from_number.empty() == options.messaging_service_sid.empty()) {
        throw Error{Failure::configuration, "who sends the SMS is not clear",
                    options.from_number.empty()
                        ? "neither TWILIO_FROM_NUMBER nor TWILIO_MESSAGING_SERVICE_SID is set"
                        : "both TWILIO_FROM_NUMBER and TWILIO_MESSAGING_SERVICE_SID are set",
                    "set one of them"};
    }
    return options;
}

std::optional<notifications::SendGridOptions> sendgrid_settings(const Session& session) {
    if (!sends_email_by(session, "sendgrid")) return std::nullopt;
    auto from = required(session, "SENDGRID_FROM_EMAIL", "coach@example.test");
    notifications::parse_mailbox(from);
    return notifications::SendGridOptions{
        .api_key = session.settings.require_secret("SENDGRID_API_KEY", "SG...."),
        .from_email = std::move(from),
        .unsubscribe = unsubscribe(session),
        .base_url = base_url(session, "SENDGRID_BASE_URL", "https://api.sendgrid.com"),
        .timeout = timeout(session, "SENDGRID_TIMEOUT_MS", 20'000)};
}

std::optional<notifications::SmtpOptions> smtp_settings(const Session& session) {
    if (!sends_email_by(session, "smtp")) return std::nullopt;
    return notifications::SmtpOptions{
        .url = session.settings.require_secret("SMTP_URL",
                                               "smtp://user:password@mail.example.test:587"),
        .from = required(session, "EMAIL_FROM", "Coach <coach@example.test>"),
        .unsubscribe = unsubscribe(session),
        .timeout = timeout(session, "SMTP_TIMEOUT_MS", 60'000)};
}

http::ClientOptions provider_client(const Session& session) {
    return {.user_agent = std::string{"nightshift/"} + NIGHTSHIFT_VERSION,
            .body_limit = 64 * 1024,
            .ca_file = session.settings.find("NOTIFY_CA_FILE").value_or("")};
}

std::int64_t number_setting(const Session& session, const std::string& name, std::int64_t usual,
                            std::int64_t least, std::int64_t most) {
    const auto set = session.settings.find(name);
    if (!set) return usual;
    const auto value = parse_integer<std::int64_t>(*set);
    if (value && *value >= least && *value <= most) return *value;
    throw Error{Failure::configuration, name + " is " + excerpt(*set),
                "it must be a number from " + std::to_string(least) + " to " + std::to_string(most),
                "correct it, or leave it away"};
}

}  // namespace nightshift::cmd
