// nightshift notifications test: one message to one address, to see that a provider works.
#include "base/text.hpp"
#include "costs/period.hpp"
#include "notifications/channels/service_account.hpp"
#include "notifications/forecast.hpp"
#include "notifications/history.hpp"
#include "notifications/outbox.hpp"
#include "notifications/subcommands.hpp"
#include "send_reminders/providers.hpp"
#include "shared_options.hpp"

#include <algorithm>
#include <regex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using notifications::Channel;
using notifications::Class;

const std::regex e164{"[+][1-9][0-9]{6,14}"};

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
    throw Error{Failure::refused, "this address is not on the allow-list",
                allow_list_reason(session), "add it to NOTIFY_ALLOWLIST"};
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

// What providers would make of it is anybody's guess.
void require_address(const Options& options) {
    const auto channel = channel_of(options.to);
    static const std::regex email{R"([^\s@<>,;"]+@[^\s@<>,;"]+)"};
    if (channel == Channel::email && !std::regex_match(options.to, email)) {
        throw Error{Failure::usage, excerpt(options.to) + " is no e-mail address", "",
                    "write it as lea@example.test"};
    }
    if (channel == Channel::sms && !std::regex_match(options.to, e164)) {
        throw Error{Failure::usage, excerpt(options.to) + " is no number", "",
                    "write it as +14155550100"};
    }
    static const std::regex digits{"[0-9() -]{5,20}"};
    if (channel == Channel::push && std::regex_match(options.to, digits)) {
        throw Error{Failure::usage, excerpt(options.to) + " looks like a number", "",
                    "write it as +14155550100"};
    }
    if (!notifications::is_printable(options.to)) {
        throw Error{Failure::usage, "this is no device's token", "it has blanks or other signs",
                    "copy it as the app has it"};
    }
}

// Who wants nothing from there is not written to by hand either. Without a database, as on a
// machine where only providers are set up, nothing is known.
void require_no_objection(const Session& session, const std::string& provider,
                          const Options& options) {
    if (!session.settings.has("DATABASE_URL") || !options.channel_folder.empty()) return;
    const auto postgres = session.migrated_postgres();
    const auto why =
        notifications::obstacle_to(*postgres, provider, channel_of(options.to), options.to);
    if (why.empty()) return;
    throw Error{Failure::refused, "this address is not written to", why,
                "'nightshift notifications resume' ends a pause; a suppression is for good"};
}

// A reservation of the day's budget, given back where nothing was taken.
class Payment {
  public:
    Payment(const Session& session, const notifications::Quote& quote, const std::string& currency,
            std::optional<Money> budget) {
        if (!quote.cost) {
            throw Error{Failure::refused, quote.item + " has no price",
                        "the price book does not know it", "give it one in NIGHTSHIFT_PRICES"};
        }
        if (*quote.cost == Money{}) return;
        cost_ = *quote.cost;
        postgres_ = session.migrated_postgres();
        postgres_->transaction("reserving the cost", [&](auto& transaction) {
            notifications::spent_on(transaction, at_, currency);
            if (notifications::reserve(transaction, at_, cost_, currency, budget.value_or(Money{})))
                return;
            throw Error{Failure::refused, "this would go over the day's budget",
                        "it costs " + format_money(cost_) + ", and " +
                            format_money(notifications::spent_on(transaction, at_, currency)) +
                            " of " + format_money(budget.value_or(Money{})) + " " + currency +
                            " is spent",
                        "raise NOTIFY_DAILY_BUDGET"};
        });
    }

    void give_back() {
        if (!postgres_) return;
        postgres_->transaction("giving the cost back", [&](auto& transaction) {
            notifications::give_back(transaction, at_, cost_);
        });
    }

  private:
    std::unique_ptr<postgres::Connection> postgres_;
    Instant at_ = now();
    Money cost_;
};

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
    require_address(options);
    require_allowed(session, options);
    const auto& kind = *notifications::find_kind(options.kind);
    const notifications::Templates templates{
        session.settings.find("NIGHTSHIFT_TEMPLATES").value_or("")};
    const auto prices = costs::read_price_book(session.price_book());
    const auto budget = budget_of(session, "", prices.currency);
    const auto providers = make_providers(session, options.channel_folder, budget.has_value());
    const auto lane =
        std::find_if(providers.lanes.begin(), providers.lanes.end(),
                     [&](const auto& each) { return each.channel == channel_of(options.to); });
    if (lane == providers.lanes.end()) {
        throw Error{Failure::configuration,
                    "no provider is set up for " + std::string{name(channel_of(options.to))}, "",
                    channel_of(options.to) == Channel::push    ? "set FIREBASE_CREDENTIALS_PATH"
                    : channel_of(options.to) == Channel::email ? "set EMAIL_PROVIDER"
                                                               : "set SMS_PROVIDER"};
    }
    notifications::Values values;
    for (const auto& each : kind.variables) values[each.name] = each.example;
    const notifications::Composer composer{templates, prices,
                                           sms_provider_of(session, options.channel_folder),
                                           costs::month_name(costs::day_of(now()))};
    const auto composed = composer.compose({.kind = kind.name,
                                            .channel = lane->channel,
                                            .locale = options.locale,
                                            .values = values,
                                            .address = options.to});
    require_no_objection(session, lane->provider->name(), options);
    Payment payment{session, composed.quote, prices.currency, budget};
    notifications::Receipt receipt;
    lane->provider->send(message_to(options, kind, composed.message),
                         [&receipt](const auto& said) { receipt = said; });
    providers.client->run(session.stop);
    if (receipt.outcome != Class::accepted && receipt.outcome != Class::unknown)
        payment.give_back();
    const auto why = notifications::told(receipt.why, options.to);
    const auto to = notifications::masked(options.to);
    session.output.result(
        [&] {
            auto text = fmt::format("{} to {}: {}", lane->provider->name(), printable(to),
                                    name(receipt.outcome));
            for (const auto& each : {receipt.code, why, receipt.provider_id})
                text += each.empty() ? "" : ", " + printable(each);
            return text + "\n";
        },
        [&] {
            return Json{{"provider", lane->provider->name()},
                        {"to", to},
                        {"class", name(receipt.outcome)},
                        {"code", receipt.code},
                        {"why", why},
                        {"provider_id", receipt.provider_id},
                        {"latency_ms", receipt.took.count()}};
        },
        receipt.outcome == Class::accepted);
    if (session.stop.stop_requested() && receipt.outcome != Class::accepted)
        return exit_code(Failure::interrupted, session.signal());
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
        ->type_name("FOLDER")
        ->check(not_empty);
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
