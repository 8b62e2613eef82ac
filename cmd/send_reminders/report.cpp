#include "send_reminders/report.hpp"

#include "base/text.hpp"
#include "output.hpp"

#include <map>
#include <numeric>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using notifications::Tally;

std::string table_of(const std::vector<Tally>& tallies) {
    std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> merged;
    for (const auto& each : tallies)
        merged[{each.kind, each.channel, each.reason}] += each.deliveries;
    Table table{{"kind", "channel", "deliveries", ""}};
    for (const auto& [key, deliveries] : merged) {
        const auto& [kind, channel, reason] = key;
        table.add({kind, channel.empty() ? "-" : channel, grouped(deliveries), reason});
    }
    return merged.empty() ? "" : "\n" + table.text();
}

Json json_of(const std::vector<Tally>& tallies) {
    Json all = Json::array();
    for (const auto& each : tallies) {
        all.push_back({{"kind", each.kind},
                       {"channel", each.channel.empty() ? Json() : Json(each.channel)},
                       {"reason", each.reason},
                       {"deliveries", each.deliveries}});
    }
    return all;
}

// By reason alone, over kinds and channels.
Json sums_of(const std::vector<Tally>& tallies) {
    std::map<std::string, std::int64_t> sums;
    for (const auto& each : tallies) sums[each.reason] += each.deliveries;
    return Json(sums);
}

std::int64_t total(const std::vector<Tally>& tallies) {
    return std::accumulate(
        tallies.begin(), tallies.end(), std::int64_t{0},
        [](std::int64_t sum, const Tally& each) { return sum + each.deliveries; });
}

std::string money_line(const char* what, Money money, const std::string& currency) {
    return fmt::format("{} {} {}\n", what, format_money(money), currency);
}

}  // namespace

std::string holds_text(const std::vector<notifications::Pause>& pauses,
                       const notifications::PlanRequest& request, const std::string& reason) {
    std::string text;
    for (const auto& each : pauses)
        text += fmt::format("{} is paused, and waits: since {} by {}\n", each.what,
                            format_instant(each.since), printable(each.by));
    if (request.allowed)
        text += fmt::format("only the allow-list may be written to ({} on it): {}\n",
                            request.allowed->size(), reason);
    return text;
}

std::string to_text(const notifications::RunReport& report, const std::string& currency) {
    auto text =
        fmt::format("sent reminders as of {}: {} of {} accepted\n", format_instant(report.as_of),
                    grouped(report.count("accepted")), counted(report.deliveries(), "delivery"));
    if (report.left > 0)
        text += fmt::format("{} for the next run\n", counted(report.left, "delivery"));
    if (report.others > 0)
        text += fmt::format("{} by another run meanwhile\n", counted(report.others, "delivery"));
    text += table_of(report.sent.ended);
    if (report.sent.spent > Money{}) text += "\n" + money_line("cost", report.sent.spent, currency);
    if (report.sent.saved > Money{})
        text += money_line("saved against SMS", report.sent.saved, currency);
    for (const auto& each : report.sent.troubles) {
        text += fmt::format("{}: {}{}, {}{}\n", each.provider, name(each.outcome),
                            each.code.empty() ? "" : " " + printable(each.code),
                            counted(each.times, "call"),
                            each.example.empty() ? "" : ": " + printable(each.example));
    }
    return text;
}

Json to_json(const notifications::RunReport& report, const std::string& currency) {
    Json troubles = Json::array();
    for (const auto& each : report.sent.troubles) {
        troubles.push_back({{"provider", each.provider},
                            {"class", name(each.outcome)},
                            {"code", each.code},
                            {"times", each.times},
                            {"example", each.example}});
    }
    return {{"dry_run", false},
            {"as_of", format_instant(report.as_of)},
            {"deliveries", report.deliveries()},
            {"waited", report.waited},
            {"fallbacks", report.sent.added},
            {"left", report.left},
            {"by_others", report.others},
            {"reasons", sums_of(report.sent.ended)},
            {"by_kind", json_of(report.sent.ended)},
            {"calls", report.sent.calls},
            {"currency", currency},
            {"cost", format_money(report.sent.spent)},
            {"saved_against_sms", format_money(report.sent.saved)},
            {"unpriced", report.sent.unpriced},
            {"closed", report.sent.closed},
            {"troubles", troubles},
            {"unknown_categories", report.plan.unknown_categories}};
}

std::string to_text(const notifications::Forecast& forecast,
                    const notifications::PlanRequest& request, const std::string& currency) {
    auto text =
        fmt::format("would send {} of {} as of {}\n", grouped(forecast.eligible),
                    counted(total(forecast.tallies), "delivery"), format_instant(request.as_of));
    if (forecast.waiting > 0)
        text += fmt::format("{} in the outbox already\n", counted(forecast.waiting, "delivery"));
    text += table_of(forecast.tallies);
    if (forecast.cost > Money{}) text += "\n" + money_line("would cost", forecast.cost, currency);
    if (forecast.budget)
        text += fmt::format("of the day's budget of {} {} {} {} spent\n",
                            format_money(*forecast.budget), currency, format_money(forecast.spent),
                            forecast.spent > Money{} ? "are" : "is");
    for (const auto& [item, billed] : forecast.items) {
        if (billed.cost > Money{})
            text += fmt::format("  {}: {}, {}, {}\n", item, counted(billed.messages, "message"),
                                counted(billed.units, "segment"), format_money(billed.cost));
    }
    if (forecast.saved > Money{})
        text += money_line("would save against SMS", forecast.saved, currency);
    for (const auto& [what, why] : forecast.wrong)
        text += fmt::format("{}: {}\n", printable(what), printable(why));
    for (const auto& each : forecast.samples) {
        text += fmt::format("\n--- {} by {} to user {}, {}\n", each.planned.kind,
                            name(each.planned.channel), printable(each.planned.user_id),
                            printable(notifications::masked(each.planned.address)));
        if (!each.message.title.empty()) text += printable(each.message.title) + "\n";
        std::istringstream lines{std::string{trimmed(each.message.text)}};
        for (std::string line; std::getline(lines, line);) text += printable(line) + "\n";
    }
    return text;
}

Json to_json(const notifications::Forecast& forecast, const notifications::PlanRequest& request,
             const std::string& currency) {
    Json items = Json::array();
    for (const auto& [item, billed] : forecast.items) {
        items.push_back({{"item", item},
                         {"messages", billed.messages},
                         {"units", billed.units},
                         {"cost", format_money(billed.cost)}});
    }
    Json samples = Json::array();
    for (const auto& each : forecast.samples) {
        samples.push_back({{"kind", each.planned.kind},
                           {"channel", name(each.planned.channel)},
                           {"user_id", each.planned.user_id},
                           {"to", notifications::masked(each.planned.address)},
                           {"title", each.message.title},
                           {"text", each.message.text},
                           {"html", each.message.html}});
    }
    return {{"dry_run", true},
            {"as_of", format_instant(request.as_of)},
            {"deliveries", total(forecast.tallies)},
            {"eligible", forecast.eligible},
            {"waiting", forecast.waiting},
            {"reasons", sums_of(forecast.tallies)},
            {"by_kind", json_of(forecast.tallies)},
            {"currency", currency},
            {"cost", format_money(forecast.cost)},
            {"saved_against_sms", format_money(forecast.saved)},
            {"budget", forecast.budget ? Json(format_money(*forecast.budget)) : Json()},
            {"spent", format_money(forecast.spent)},
            {"items", items},
            {"samples", samples},
            {"wrong", Json(forecast.wrong)},
            {"unknown_categories", forecast.unknown_categories}};
}

}  // namespace nightshift::cmd
