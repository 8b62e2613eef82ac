#include "send_reminders/providers.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "notifications/channels/fcm.hpp"
#include "notifications/channels/folder.hpp"
#include "notifications/channels/sendgrid.hpp"
#include "notifications/channels/smtp.hpp"
#include "notifications/channels/twilio.hpp"

#include <sstream>

namespace nightshift::cmd {
namespace {

using notifications::Channel;
using notifications::Lane;
using notifications::Provider;

// As many at once as all of them can have, and one that fetches a token.
constexpr std::size_t most_connections = 256;

class Maker {
  public:
    Maker(const Session& session, Providers& made) : session_{session}, made_{made} {}

    void add(Channel channel, std::unique_ptr<Provider> provider, int concurrency) {
        auto prefix = provider->name();
        for (char& c : prefix) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        made_.lanes.push_back(
            {.channel = channel,
             .provider = provider.get(),
             .concurrency = static_cast<int>(number(prefix + "_CONCURRENCY", concurrency, 1, 150)),
             .rate = static_cast<double>(number(prefix + "_RATE", 0, 0, 100'000))});
        made_.all.push_back(std::move(provider));
    }

    std::chrono::milliseconds timeout(const std::string& name, std::int64_t usual) const {
        return std::chrono::milliseconds{number(name, usual, 100, 600'000)};
    }

    std::string base_url(const std::string& name, const std::string& usual) {
        const auto set = session_.settings.find(name);
        if (!set) return usual;
        const auto why = set->find('@') != std::string::npos
                             ? "it has a user or password in it, which would stand in logs"
                             : http::objection(*set);
        if (!why.empty()) {
            throw Error{Failure::configuration, name + " cannot be used", why,
                        "give it as https://host, or http:// to loopback"};
        }
        made_.elsewhere.push_back(name + " " + *set);
        return set->ends_with('/') ? set->substr(0, set->size() - 1) : *set;
    }

    std::string required(const std::string& name, const std::string& example) const {
        const auto set = session_.settings.find(name);
        if (set) return *set;
        throw Error{Failure::configuration, name + " is not set", "", "set it, such as " + example};
    }

    std::optional<notifications::Unsubscribe> unsubscribe() const {
        const auto url = session_.settings.find("UNSUBSCRIBE_URL");
        const auto secret = session_.settings.find_secret("UNSUBSCRIBE_SECRET");
        if (!url && !secret) {
            if (is_production(session_))
                log::warning("e-mails have no unsubscribe link: UNSUBSCRIBE_URL is not set");
            return std::nullopt;
        }
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

  private:
    std::int64_t number(const std::string& name, std::int64_t usual, std::int64_t least,
                        std::int64_t most) const {
        const auto set = session_.settings.find(name);
        if (!set) return usual;
        const auto value = parse_integer<std::int64_t>(*set);
        if (value && *value >= least && *value <= most) return *value;
        throw Error{
            Failure::configuration, name + " is " + excerpt(*set),
            "it must be a number from " + std::to_string(least) + " to " + std::to_string(most),
            "correct it, or leave it away"};
    }

    const Session& session_;
    Providers& made_;
};

// An access token is good for an hour, and others that run after us need not fetch their own.
notifications::TokenStore token_store(const Session& session, const std::string& client_email) {
    if (!session.settings.has("REDIS_URL")) return {};
    const auto key = "nightshift:fcm:token:" + client_email;
    const auto tried = [](const std::function<void()>& action) {
        try {
            action();
        } catch (const Error& error) {
            log::warning("the access token is not shared between runs", {{"why", error.what()}});
        }
    };
    return {.load =
                [&session, key, tried] {
                    std::optional<std::string> token;
                    tried([&] { token = session.redis(key)->command({"GET", key}).text_or_nil(); });
                    return token;
                },
            .save =
                [&session, key, tried](const notifications::AccessToken& token) {
                    tried([&] {
                        session.redis(key)->command(
                            {"SET", key, token.value, "EX", std::to_string(token.lasts.count())});
                    });
                }};
}

void add_push(const Session& session, Maker& maker, http::Client& client) {
    const auto file = session.settings.find("FIREBASE_CREDENTIALS_PATH");
    if (!file) return;
    auto account = notifications::read_service_account(*file);
    if (const auto why = http::objection(account.token_uri); !why.empty()) {
        throw Error{Failure::configuration, "the service account's token_uri cannot be used", why,
                    "download the account's key again"};
    }
    auto tokens = token_store(session, account.client_email);
    maker.add(
        Channel::push,
        std::make_unique<notifications::Fcm>(
            client,
            notifications::FcmOptions{std::move(account),
                                      maker.base_url("FCM_BASE_URL", "https://fcm.googleapis.com"),
                                      std::move(tokens), maker.timeout("FCM_TIMEOUT_MS", 15'000)}),
        100);
}

void add_sms(const Session& session, Maker& maker, http::Client& client, bool can_pay) {
    const auto provider = session.settings.find("SMS_PROVIDER");
    if (!provider) return;
    if (*provider != "twilio") {
        throw Error{Failure::configuration, "SMS_PROVIDER is " + excerpt(*provider),
                    "it must be twilio", "correct it, or leave it away: then there are no SMS"};
    }
    if (!can_pay) {
        log::warning("no SMS goes out: NOTIFY_DAILY_BUDGET is not set");
        return;
    }
    notifications::TwilioOptions options{
        .account_sid = maker.required("TWILIO_ACCOUNT_SID", "AC..."),
        .auth_token = session.settings.require_secret("TWILIO_AUTH_TOKEN", "..."),
        .from_number = session.settings.find("TWILIO_FROM_NUMBER").value_or(""),
        .messaging_service_sid = session.settings.find("TWILIO_MESSAGING_SERVICE_SID").value_or(""),
        .base_url = maker.base_url("TWILIO_BASE_URL", "https://api.twilio.com"),
        .timeout = maker.timeout("TWILIO_TIMEOUT_MS", 15'000)};
    if (options.from_number.empty() == options.messaging_service_sid.empty()) {
        throw Error{Failure::configuration, "who sends the SMS is not clear",
                    options.from_number.empty()
                        ? "neither TWILIO_FROM_NUMBER nor TWILIO_MESSAGING_SERVICE_SID is set"
                        : "both TWILIO_FROM_NUMBER and TWILIO_MESSAGING_SERVICE_SID are set",
                    "set one of them"};
    }
    maker.add(Channel::sms, std::make_unique<notifications::Twilio>(client, std::move(options)),
              20);
}

void add_email(const Session& session, Maker& maker, http::Client& client) {
    const auto provider = session.settings.find("EMAIL_PROVIDER");
    if (!provider) return;
    if (*provider == "sendgrid") {
        auto from = maker.required("SENDGRID_FROM_EMAIL", "coach@example.test");
        notifications::parse_mailbox(from);
        maker.add(
            Channel::email,
            std::make_unique<notifications::SendGrid>(
                client,
                notifications::SendGridOptions{
                    .api_key = session.settings.require_secret("SENDGRID_API_KEY", "SG...."),
                    .from_email = std::move(from),
                    .unsubscribe = maker.unsubscribe(),
                    .base_url = maker.base_url("SENDGRID_BASE_URL", "https://api.sendgrid.com"),
                    .timeout = maker.timeout("SENDGRID_TIMEOUT_MS", 20'000)}),
            32);
    } else if (*provider == "smtp") {
        maker.add(Channel::email,
                  std::make_unique<notifications::Smtp>(
                      client,
                      notifications::SmtpOptions{
                          .url = session.settings.require_secret(
                              "SMTP_URL", "smtp://user:password@mail.example.test:587"),
                          .from = maker.required("EMAIL_FROM", "Coach <coach@example.test>"),
                          .unsubscribe = maker.unsubscribe(),
                          .timeout = maker.timeout("SMTP_TIMEOUT_MS", 60'000)}),
                  4);
    } else {
        throw Error{Failure::configuration, "EMAIL_PROVIDER is " + excerpt(*provider),
                    "it must be sendgrid or smtp", "correct it, or leave it away"};
    }
}

}  // namespace

std::set<Channel> Providers::channels() const {
    std::set<Channel> channels;
    for (const auto& lane : lanes) channels.insert(lane.channel);
    return channels;
}

Providers make_providers(const Session& session, const std::string& channel_folder, bool can_pay) {
    Providers made;
    made.client = std::make_unique<http::Client>(
        http::ClientOptions{.user_agent = std::string{"nightshift/"} + NIGHTSHIFT_VERSION,
                            .concurrency = most_connections,
                            .body_limit = 64 * 1024,
                            .ca_file = session.settings.find("NOTIFY_CA_FILE").value_or("")});
    if (!channel_folder.empty()) {
        made.all.push_back(std::make_unique<notifications::Folder>(channel_folder));
        for (const auto channel : {Channel::push, Channel::sms, Channel::email})
            made.lanes.push_back({channel, made.all.back().get(), 50, 0});
        return made;
    }
    Maker maker{session, made};
    add_push(session, maker, *made.client);
    add_sms(session, maker, *made.client, can_pay);
    add_email(session, maker, *made.client);
    return made;
}

std::optional<Money> budget_of(const Session& session, const std::string& given,
                               const std::string& currency) {
    const auto text = given.empty() ? session.settings.find("NOTIFY_DAILY_BUDGET") : given;
    if (!text) return std::nullopt;
    const auto blank = text->find(' ');
    const auto amount = parse_money(text->substr(0, blank));
    const auto named = blank == std::string::npos ? currency : text->substr(blank + 1);
    if (amount && *amount >= Money{} && named == currency) return amount;
    throw Error{given.empty() ? Failure::configuration : Failure::usage,
                (given.empty() ? "NOTIFY_DAILY_BUDGET is " : "--max-cost is ") + excerpt(*text),
                "it must be an amount of the price book's currency, " + currency,
                "write it such as 25.00"};
}

std::string sms_provider_of(const Session& session, const std::string& channel_folder) {
    if (!channel_folder.empty()) return {};
    return session.settings.find("SMS_PROVIDER").value_or("twilio");
}

bool is_production(const Session& session) {
    const auto environment = session.settings.find("ENVIRONMENT").value_or("development");
    return environment == "production" || environment == "prod";
}

std::string allow_list_reason(const Session& session) {
    if (is_production(session)) return "NOTIFY_ALLOWLIST is set";
    const auto environment = session.settings.find("ENVIRONMENT");
    return environment ? "ENVIRONMENT is " + excerpt(*environment) + ", not production"
                       : "ENVIRONMENT is not set, which means development";
}

std::optional<std::vector<std::string>> allow_list_of(const Session& session) {
    const auto text = session.settings.find("NOTIFY_ALLOWLIST");
    if (!text && is_production(session)) return std::nullopt;
    std::vector<std::string> list;
    std::istringstream words{text.value_or("")};
    for (std::string word; std::getline(words, word, ',');) {
        if (const auto each = trimmed(word); !each.empty()) list.push_back(lowered(each));
    }
    return list;
}

}  // namespace nightshift::cmd
