// nightshift notifications test: one message to one address, to see that a provider works.
#include "base/text.hpp"
#include "notifications/outbox.hpp"
#include "notifications/subcommands.hpp"
#include "send_reminders/providers.hpp"
#include "shared_options.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using notifications::Channel;
using notifications::Class;

struct Options {
    std::string to;
    std::string kind = "streak_at_risk";
    std::string locale = "en";
    std::string channel_folder;
};

Channel channel_of(const std::string& address) {
    if (address.find('@') != std::string::npos) return Channel::email;
    return address.starts_with('+') ? Channel::sms : Channel::push;
}

// Outside production nobody else is written to, not even by hand.
void require_allowed(const Session& session, const Options& options) {
    const auto allowed = allow_list_of(session);
    if (!allowed || !options.channel_folder.empty()) return;
    const auto address = lowered(options.to);
    const auto domain = address.find('@');
    for (const auto& each : *allowed) {
        if (each == address || (domain != std::string::npos && each == address.substr(domain)))
            return;
    }
    throw Error{
        Failure::refused, "this address is not on the allow-list",
        is_production(session) ? "NOTIFY_ALLOWLIST is set" : "ENVIRONMENT is not production",
        "add it to NOTIFY_ALLOWLIST"};
}

notifications::Outgoing message_to(const Options& options, const notifications::Kind& kind,
                                   notifications::Message message) {
    const auto at = now();
    return {.id = "test." + std::to_string(at.time_since_epoch().count()),
            .user_id = "test",
            .kind = kind.name,
            .category = kind.category,
            .occasion = "test",
            .priority = kind.priority,
            .channel = channel_of(options.to),
            .address = options.to,
            .message = std::move(message),
            .now = at,
            .expires_at = at + std::chrono::hours{1}};
}

void pay(const Session& session, const notifications::Quote& quote, const std::string& currency,
         std::optional<Money> budget) {
    if (!quote.cost) {
        throw Error{Failure::refused, quote.item + " has no price",
                    "the price book does not know it", "give it one in NIGHTSHIFT_PRICES"};
    }
    if (*quote.cost == Money{}) return;
    session.migrated_postgres()->transaction("reserving the cost", [&](auto& transaction) {
        if (notifications::reserve(transaction, now(), *quote.cost, currency,
                                   budget.value_or(Money{})))
            return;
        throw Error{Failure::refused, "the day's budget is spent",
                    "this would cost " + format_money(*quote.cost) + " " + currency,
                    "raise NOTIFY_DAILY_BUDGET"};
    });
}

ExitCode code_of(Class outcome) {
    switch (outcome) {
        case Class::accepted:
            return ExitCode::done;
        case Class::config:
            return ExitCode::configuration;
        case Class::retry:
            return ExitCode::unavailable;
        case Class::unknown:
            return ExitCode::partial;
        default:
            return ExitCode::negative;
    }
}

ExitCode run(Session& session, const Options& options) {
    require_allowed(session, options);
    const auto& kind = *notifications::find_kind(options.kind);
    const notifications::Templates templates{
        session.settings.find("NIGHTSHIFT_TEMPLATES").value_or("")};
    const auto prices =
        costs::read_price_book(session.settings.find("NIGHTSHIFT_PRICES").value_or(""));
    const auto budget = budget_of(session, "", prices.currency);
    const auto providers = make_providers(session, options.channel_folder, budget.has_value());
    const auto lane =
        std::find_if(providers.lanes.begin(), providers.lanes.end(),
                     [&](const auto& each) { return each.channel == channel_of(options.to); });
    if (lane == providers.lanes.end()) {
        throw Error{Failure::configuration,
                    "no provider is set up for " + std::string{name(channel_of(options.to))}, "",
                    "set FIREBASE_CREDENTIALS_PATH, SMS_PROVIDER or EMAIL_PROVIDER"};
    }
    notifications::Values values;
    for (const auto& each : kind.variables) values[each.name] = each.example;
    const notifications::Composer composer{templates, prices, lane->provider->name()};
    const auto composed = composer.compose({.kind = kind.name,
                                            .channel = lane->channel,
                                            .locale = options.locale,
                                            .values = values,
                                            .address = options.to});
    pay(session, composed.quote, prices.currency, budget);
    notifications::Receipt receipt;
    lane->provider->send(message_to(options, kind, composed.message),
                         [&receipt](const auto& said) { receipt = said; });
    providers.client->run(session.stop);
    const auto to = notifications::masked(options.to);
    session.output.result(
        [&] {
            auto text = fmt::format("{} to {}: {}", lane->provider->name(), printable(to),
                                    name(receipt.outcome));
            for (const auto& each : {receipt.code, receipt.why, receipt.provider_id})
                text += each.empty() ? "" : ", " + printable(each);
            return text + "\n";
        },
        [&] {
            return Json{{"provider", lane->provider->name()},
                        {"to", to},
                        {"class", name(receipt.outcome)},
                        {"code", receipt.code},
                        {"why", receipt.why},
                        {"provider_id", receipt.provider_id},
                        {"latency_ms", receipt.took.count()}};
        },
        receipt.outcome == Class::accepted);
    return code_of(receipt.outcome);
}

}  // namespace

void add_notifications_test(CLI::App& notifications, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* command = notifications.add_subcommand("test", "send one message to an address");
    command->fallthrough();
    std::vector<std::string> names;
    for (const auto& kind : notifications::kinds()) names.push_back(kind.name);
    command
        ->add_option("--to", options->to,
                     "an e-mail address, a number such as +14155550100, or a device's token")
        ->type_name("ADDRESS")
        ->required()
        ->check(not_empty);
    command->add_option("--kind", options->kind, "what to say (default streak_at_risk)")
        ->type_name("KIND")
        ->check(CLI::IsMember(names));
    command->add_option("--locale", options->locale, "in which language (default en)")
        ->type_name("LOCALE");
    command
        ->add_option("--channel-folder", options->channel_folder,
                     "write it into a file there, in place of every provider")
        ->type_name("FOLDER");
    command->footer(
        "With values of examples, past the outbox. An SMS counts against the day's budget.\n"
        "\n"
        "Examples:\n"
        "  nightshift notifications test --to lea@example.test\n"
        "  nightshift notifications test --to +14155550100 --kind review");
    command->callback([&chosen, options] {
        chosen = {"notifications test",
                  [options](Session& session) { return run(session, *options); }};
    });
}

}  // namespace nightshift::cmd
