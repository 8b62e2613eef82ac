#include "send_reminders/providers.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "notifications/channels/folder.hpp"
#include "provider_settings.hpp"

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

    // Nothing: it is not set.
    template <typename Kind, typename Options>
    void add(Channel channel, std::optional<Options> options, int concurrency) {
        if (!options) return;
        auto provider = std::make_unique<Kind>(*made_.client, std::move(*options));
        auto prefix = provider->name();
        for (char& c : prefix) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        const auto elsewhere = session_.settings.find(prefix + "_BASE_URL");
        if (elsewhere) made_.elsewhere.push_back(prefix + "_BASE_URL " + *elsewhere);
        made_.lanes.push_back({.channel = channel,
                               .provider = provider.get(),
                               .concurrency = static_cast<int>(number_setting(
                                   session_, prefix + "_CONCURRENCY", concurrency, 1, 150)),
                               .rate = static_cast<double>(
                                   number_setting(session_, prefix + "_RATE", 0, 0, 100'000))});
        made_.all.push_back(std::move(provider));
    }

  private:
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

void warn_of_links(const Session& session) {
    if (session.settings.has("EMAIL_PROVIDER") && !session.settings.has("UNSUBSCRIBE_URL") &&
        is_production(session))
        log::warning("e-mails have no unsubscribe link: UNSUBSCRIBE_URL is not set");
}

}  // namespace

std::set<Channel> Providers::channels() const {
    std::set<Channel> channels;
    for (const auto& lane : lanes) channels.insert(lane.channel);
    return channels;
}

Providers make_providers(const Session& session, const std::string& channel_folder, bool can_pay) {
    Providers made;
    auto client = provider_client(session);
    client.concurrency = most_connections;
    made.client = std::make_unique<http::Client>(std::move(client));
    if (!channel_folder.empty()) {
        made.all.push_back(std::make_unique<notifications::Folder>(channel_folder));
        for (const auto channel : {Channel::push, Channel::sms, Channel::email})
            made.lanes.push_back({channel, made.all.back().get(), 50, 0});
        return made;
    }
    Maker maker{session, made};
    auto fcm = fcm_settings(session);
    if (fcm) fcm->tokens = token_store(session, fcm->account.client_email);
    maker.add<notifications::Fcm>(Channel::push, std::move(fcm), 100);
    if (can_pay || session.settings.find("SMS_PROVIDER").value_or("") != "twilio") {
        maker.add<notifications::Twilio>(Channel::sms, twilio_settings(session), 20);
    } else {
        log::warning("no SMS goes out: NOTIFY_DAILY_BUDGET is not set");
    }
    warn_of_links(session);
    maker.add<notifications::SendGrid>(Channel::email, sendgrid_settings(session), 32);
    maker.add<notifications::Smtp>(Channel::email, smtp_settings(session), 4);
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
