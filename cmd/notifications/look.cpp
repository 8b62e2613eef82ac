// nightshift notifications list, show: what was said, what waits, and what came of it.
#include "base/text.hpp"
#include "notifications/history.hpp"
#include "notifications/provider.hpp"
#include "notifications/subcommands.hpp"
#include "shared_options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using notifications::Delivery;

struct Options {
    notifications::DeliveryFilter filter;
    std::string user_id;
    bool reveal = false;
};

std::string shown(const std::string& address, bool reveal) {
    if (address.empty()) return "-";
    return printable(reveal ? address : notifications::masked(address));
}

std::string outcome_of(const Delivery& it) {
    auto text = it.state;
    if (!it.reason.empty()) text += ": " + it.reason;
    if (!it.provider.empty()) {
        text += fmt::format(" ({} {}{})", it.provider, it.outcome,
                            it.code.empty() ? "" : " " + it.code);
    }
    return printable(text);
}

std::string table_of(const std::vector<Delivery>& deliveries, bool reveal) {
    Table table{{"id", "user", "kind", "occasion", "channel", "to", "planned", "state"}};
    for (const auto& each : deliveries) {
        table.add({each.id, printable(each.user_id), each.kind, each.occasion,
                   each.channel.empty() ? "-" : each.channel, shown(each.address, reveal),
                   format_instant(each.planned_at).substr(0, 19) + "Z", outcome_of(each)});
    }
    return table.text();
}

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json to_json(const Delivery& it, bool reveal) {
    Json json{{"id", it.id},
              {"user_id", it.user_id},
              {"kind", it.kind},
              {"occasion", it.occasion},
              {"channel", or_null(it.channel)},
              {"to", it.address.empty() ? Json() : Json(shown(it.address, reveal))},
              {"state", it.state},
              {"reason", or_null(it.reason)},
              {"planned_at", format_instant(it.planned_at)},
              {"not_before", format_instant(it.not_before)},
              {"expires_at", format_instant(it.expires_at)},
              {"settled_at", it.settled_at ? Json(format_instant(*it.settled_at)) : Json()},
              {"calls", it.calls}};
    if (it.provider.empty()) return json;
    json["last_call"] = {{"provider", it.provider},
                         {"class", it.outcome},
                         {"code", or_null(it.code)},
                         {"why", or_null(it.why)},
                         {"provider_id", or_null(it.provider_id)},
                         {"cost", or_null(it.cost)},
                         {"currency", or_null(it.currency)}};
    return json;
}

Json to_json(const std::vector<Delivery>& deliveries, bool reveal) {
    Json all = Json::array();
    for (const auto& each : deliveries) all.push_back(to_json(each, reveal));
    return all;
}

ExitCode list(Session& session, const Options& options) {
    const auto postgres = session.migrated_postgres();
    const auto found = notifications::deliveries(*postgres, options.filter);
    const auto paused = notifications::pauses(*postgres);
    session.output.result(
        [&] {
            std::string text;
            for (const auto& each : paused)
                text += fmt::format("paused: {}, since {} by {}\n", each.what,
                                    format_instant(each.since), printable(each.by));
            if (found.empty()) return text + "no delivery is like that\n";
            return text + table_of(found, options.reveal);
        },
        [&] {
            Json pauses = Json::array();
            for (const auto& each : paused)
                pauses.push_back(
                    {{"what", each.what}, {"since", format_instant(each.since)}, {"by", each.by}});
            return Json{{"paused", pauses}, {"deliveries", to_json(found, options.reveal)}};
        });
    return ExitCode::done;
}

ExitCode show(Session& session, const Options& options) {
    const auto postgres = session.migrated_postgres();
    auto filter = options.filter;
    filter.user_id = options.user_id;
    const auto found = notifications::deliveries(*postgres, filter);
    const auto reach = notifications::reach_of(*postgres, options.user_id);
    const auto wishes = notifications::wishes_of(*postgres, options.user_id);
    if (found.empty() && reach.empty()) {
        throw Error{Failure::data, "nothing is known of user " + excerpt(options.user_id),
                    "public.users has no address of theirs, and the outbox has nothing",
                    "give the id as users.id has it"};
    }
    session.output.result(
        [&] {
            Table addresses{{"channel", "address", ""}};
            for (const auto& each : reach)
                addresses.add(
                    {each.channel, shown(each.address, options.reveal), printable(each.obstacle)});
            const auto wanted =
                wishes.empty() ? "no wishes\n" : "wishes  " + printable(wishes) + "\n";
            return addresses.text() + "\n" + wanted +
                   (found.empty() ? "\nnothing was said yet\n"
                                  : "\n" + table_of(found, options.reveal));
        },
        [&] {
            Json addresses = Json::array();
            for (const auto& each : reach)
                addresses.push_back({{"channel", each.channel},
                                     {"address", shown(each.address, options.reveal)},
                                     {"obstacle", or_null(each.obstacle)}});
            return Json{{"user_id", options.user_id},
                        {"addresses", addresses},
                        {"wishes", wishes},
                        {"deliveries", to_json(found, options.reveal)}};
        });
    return ExitCode::done;
}

}  // namespace

void add_notifications_look(CLI::App& notifications, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    const auto add = [&](const std::string& name, const std::string& purpose,
                         ExitCode (*run)(Session&, const Options&), const std::string& examples) {
        auto* command = notifications.add_subcommand(name, purpose);
        command->fallthrough();
        command->add_option("--kind", options->filter.kind, "of this kind alone")
            ->type_name("KIND");
        command
            ->add_option("--state", options->filter.state,
                         "in this state, or skipped for this reason, alone")
            ->type_name("STATE")
            ->check(CLI::IsMember(notifications::states_and_reasons()));
        command->add_option("--limit", options->filter.limit, "at most so many (default 20)")
            ->type_name("N")
            ->check(CLI::Range(1, 100'000));
        command->add_flag("--reveal", options->reveal, "show addresses whole");
        command->footer("Examples:\n" + examples);
        command->callback([&chosen, options, name, run] {
            chosen = {"notifications " + name,
                      [options, run](Session& session) { return run(session, *options); }};
        });
        return command;
    };
    add("list", "list deliveries, the latest first", list,
        "  nightshift notifications list --state unknown\n"
        "  nightshift notifications list --kind review --state \"opted out\" --json");
    add("show", "show what was said to a user, and how they can be reached", show,
        "  nightshift notifications show 123 --reveal")
        ->add_option("USER", options->user_id, "the user's id")
        ->required()
        ->check(not_empty);
}

}  // namespace nightshift::cmd
