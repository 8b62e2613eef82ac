// nightshift cost-report: what a month costs by a book of prices, as it was counted or as it is
// taken for granted.
#include "base/text.hpp"
#include "commands.hpp"
#include "cost_report/report.hpp"
#include "costs/measure.hpp"
#include "costs/scenario.hpp"
#include "shared_options.hpp"

#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

struct Options {
    std::string scenario;
    std::optional<costs::Month> month;  // nothing: this one
    std::string book;
    std::vector<costs::Dimension> by;
};

// As SMS to wherever the scenario's go.
std::optional<Money> saved_by(const costs::Scenario& scenario, const costs::PriceBook& book) {
    if (scenario.routed_to_push == 0) return std::nullopt;
    for (const auto& each : scenario.month) {
        if (!each.item.starts_with("sms/")) continue;
        const auto* price = book.find(each.provider, each.item);
        if (price == nullptr) return std::nullopt;
        const auto cost = cost_of_month(*price, costs::whole(scenario.routed_to_push));
        return cost ? std::optional{cost->net} : std::nullopt;
    }
    return std::nullopt;
}

// provider,day; nothing: it is no list of one to three of them.
std::optional<std::vector<costs::Dimension>> dimensions_in(const std::string& text) {
    std::vector<costs::Dimension> by;
    std::istringstream words{text};
    for (std::string word; std::getline(words, word, ',');) {
        const auto& all = costs::dimensions();
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](auto each) { return name(each) == trimmed(word); });
        if (found == all.end() || std::find(by.begin(), by.end(), *found) != by.end())
            return std::nullopt;
        by.push_back(*found);
    }
    if (by.empty() || by.size() > 3 || text.ends_with(',')) return std::nullopt;
    return by;
}

std::string book_of(const Session& session, const Options& options) {
    return options.book.empty() ? session.settings.find("NIGHTSHIFT_PRICES").value_or("")
                                : options.book;
}

CostReport of_scenario(const Session& session, const Options& options) {
    const auto scenario = costs::read_scenario(options.scenario);
    CostReport report{.what = "a month of " + scenario.name,
                      .book = costs::read_price_book(book_of(session, options)),
                      .bill = {},
                      .users = scenario.users,
                      .routed_to_push = scenario.routed_to_push};
    report.bill = costs::bill_of(report.book, scenario.month);
    report.saved = saved_by(scenario, report.book);
    return report;
}

// Of what our own tables count.
CostReport of_month(const Session& session, const Options& options) {
    const auto postgres = session.migrated_postgres();
    const auto month = options.month ? *options.month : costs::month_of(now());
    CostReport report{
        .what = "messages of " + month.name + (now() < month.end ? ", up to now" : ""),
        .book = costs::read_price_book(book_of(session, options)),
        .bill = {},
        .empty = "there is no data of any"};
    const auto wants = [&](costs::Dimension which) {
        return std::find(options.by.begin(), options.by.end(), which) != options.by.end();
    };
    const auto portions = costs::messages_of(
        *postgres, month, {wants(costs::Dimension::day), wants(costs::Dimension::kind)});
    report.bill = costs::bill_of(report.book, costs::summed(portions));
    report.by = options.by;
    if (!options.by.empty()) report.groups = costs::group(report.bill, portions, options.by);
    return report;
}

ExitCode run(Session& session, const Options& options) {
    const auto report =
        options.scenario.empty() ? of_month(session, options) : of_scenario(session, options);
    session.output.result([&] { return to_text(report); }, [&] { return to_json(report); });
    return ExitCode::done;
}

}  // namespace

void add_cost_report(CLI::App& app, Chosen& chosen) {
    auto* command = app.add_subcommand("cost-report", "what a month costs, by a book of prices");
    auto options = std::make_shared<Options>();
    command->fallthrough();
    command
        ->add_option("--scenario", options->scenario,
                     "1k-users, 100k-users, three-servers, or FILE:NAME")
        ->type_name("NAME")
        ->check(not_empty);
    command
        ->add_option_function<std::string>(
            "--period",
            [options](const std::string& text) { options->month = costs::parse_month(text); },
            "a month (UTC) such as 2026-10; by default this one, up to now")
        ->type_name("MONTH")
        ->check([](const std::string& text) -> std::string {
            return costs::parse_month(text) ? "" : "it must be a month such as 2026-10";
        })
        ->excludes("--scenario");
    command
        ->add_option_function<std::string>(
            "--group-by",
            [options](const std::string& text) { options->by = dimensions_in(text).value(); },
            "up to three of provider, service, channel, country, kind and day, with commas")
        ->type_name("NAMES")
        ->check([](const std::string& text) -> std::string {
            return dimensions_in(text) ? ""
                                       : "give up to three of provider, service, channel, country, "
                                         "kind, day, each once";
        })
        ->excludes("--scenario");
    command
        ->add_option("--book", options->book,
                     "list-2025, published or a file (default NIGHTSHIFT_PRICES, else list-2025)")
        ->type_name("BOOK")
        ->check(not_empty);
    command->footer(
        "Examples:\n"
        "  nightshift cost-report --period 2026-10 --group-by channel,country\n"
        "  nightshift cost-report --scenario 1k-users --book published\n"
        "  nightshift cost-report --scenario mine.json:launch --json");
    command->callback([&chosen, options] {
        chosen = {"cost-report", [options](Session& session) { return run(session, *options); }};
    });
}

}  // namespace nightshift::cmd
