// nightshift cost-report: what the backend costs, why that changed, and what it will cost; by a
// book of prices, as it was counted or as it is taken for granted.
#include "base/file.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "cost_report/formats.hpp"
#include "costs/focus.hpp"
#include "shared_options.hpp"

#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using costs::Day;
using costs::Period;

const std::vector<std::string> formats{"text", "json", "csv", "markdown", "html", "focus"};

struct Options {
    std::string scenario;
    std::optional<Period> month;  // nothing: this one
    std::optional<Day> from;
    std::optional<Day> to;  // inclusive
    std::string compared;   // previous, a month, FROM..TO; empty: with nothing
    std::string book;
    std::vector<costs::Dimension> by;
    costs::Supposed supposed;
    std::string format;
    std::string file;
    std::optional<Instant> as_of;
};

// provider,day; nothing: it is no list of one to three of them.
std::optional<std::vector<costs::Dimension>> dimensions_in(const std::string& text) {
    std::vector<costs::Dimension> by;
    std::istringstream words{text};
    for (std::string word; std::getline(words, word, ',');) {
        const auto found = costs::parse_dimension(trimmed(word));
        if (!found || std::find(by.begin(), by.end(), *found) != by.end()) return std::nullopt;
        by.push_back(*found);
    }
    if (by.empty() || by.size() > 3 || text.ends_with(',')) return std::nullopt;
    return by;
}

// 2026-09, or 2026-09-01..2026-09-15, whose last day is in it.
std::optional<Period> period_in(const std::string& text) {
    if (const auto month = costs::parse_month(text)) return month;
    const auto dots = text.find("..");
    if (dots == std::string::npos) return std::nullopt;
    const auto from = costs::parse_day(text.substr(0, dots));
    const auto to = costs::parse_day(text.substr(dots + 2));
    if (!from || !to || *to < *from) return std::nullopt;
    return Period{*from, *to + std::chrono::days{1}};
}

Period period_of(const Options& options, Day today) {
    if (!options.from) return options.month.value_or(costs::month_of(today));
    const auto to = options.to.value_or(std::max(today, *options.from));
    if (to < *options.from)
        throw Error{Failure::usage, "--from is after --to", "", "give an earlier one"};
    return {*options.from, to + std::chrono::days{1}};
}

void check_period(const Period& period, Day today) {
    constexpr int most_days = 3660;  // ten years, and some
    constexpr Day first{std::chrono::year{1970} / 1 / 1};
    if (period.begin < first)
        throw Error{Failure::usage, costs::period_name(period) + " is too long ago", "",
                    "give one from 1970 on"};
    if (period.begin > today)
        throw Error{Failure::usage, costs::period_name(period) + " has not begun", "",
                    "give an earlier period; for one to come there is --scenario"};
    if (period.days() > most_days)
        throw Error{Failure::usage, costs::period_name(period) + " is too long",
                    "ten years are the most", "give a shorter one"};
}

costs::Report make_report(const Session& session, const costs::PriceBook& book,
                          const Options& options) {
    const auto today = costs::day_of(options.as_of.value_or(now()));
    if (!options.scenario.empty())
        return costs::report_of_scenario(book, options.scenario, options.supposed,
                                         costs::month_name(today));
    costs::PeriodRequest request{.period = period_of(options, today),
                                 .by = options.by,
                                 .by_day = options.format == "html" || options.format == "focus",
                                 .supposed = options.supposed};
    if (options.compared == "previous") {
        request.compared = costs::previous(request.period, today);
    } else if (!options.compared.empty()) {
        request.compared = period_in(options.compared);
    }
    for (const auto& each : {request.period, request.compared.value_or(request.period)})
        check_period(each, today);
    const auto postgres = session.migrated_postgres();
    return costs::report_of_period(*postgres, book, request, today);
}

std::string written(const Session& session, const costs::Report& report, const std::string& format,
                    bool is_good) {
    if (format == "json") return session.output.document(to_json(report), is_good);
    if (format == "csv") return to_csv(report);
    if (format == "markdown") return to_markdown(report);
    if (format == "html") return to_html(report, now());
    if (format == "focus")
        return costs::to_focus(report.charges, *report.period, report.book->currency);
    return to_text(report);
}

ExitCode run(Session& session, const Options& options) {
    if (options.format == "focus" && (!options.scenario.empty() || options.supposed))
        throw Error{Failure::usage, "FOCUS has what was, and nothing that is supposed",
                    "forecasts may not stand in it",
                    "leave out --scenario, --users and --push-share"};
    const auto book = costs::read_price_book(session.price_book(options.book));
    const auto report = make_report(session, book, options);
    const bool is_good = std::all_of(report.budgets.begin(), report.budgets.end(),
                                     [](const auto& each) { return each.is_within(); });
    const auto format =
        options.format.empty() && session.output.is_json() ? "json" : options.format;
    if (!options.file.empty())
        write_file(options.file, redacted(written(session, report, format, is_good)), 0644);
    session.output.result(
        [&] {
            return options.file.empty() ? written(session, report, format, is_good)
                                        : "written to " + printable(options.file) + "\n";
        },
        [&] { return to_json(report); }, is_good);
    return is_good ? ExitCode::done : ExitCode::negative;
}

template <typename Value, typename Parse>
void add_parsed(CLI::App& command, const std::string& option, std::optional<Value>& into,
                Parse parse, const std::string& about, const std::string& type,
                const std::string& must) {
    command
        .add_option_function<std::string>(
            option, [&into, parse](const std::string& text) { into = parse(text); }, about)
        ->type_name(type)
        ->check([parse, must](const std::string& text) -> std::string {
            return parse(text) ? "" : "it must be " + must;
        });
}

void add_period_options(CLI::App& command, Options& options) {
    add_parsed(command, "--period", options.month, costs::parse_month,
               "a month (UTC) such as 2026-10; by default this one, up to today", "MONTH",
               "a month such as 2026-10");
    add_parsed(command, "--from", options.from, costs::parse_day,
               "the first day (UTC), in place of it", "DAY", "a day such as 2026-10-01");
    add_parsed(command, "--to", options.to, costs::parse_day,
               "the last day, which is in it; by default today", "DAY", "a day such as 2026-10-15");
    command
        .add_option("--compare", options.compared,
                    "previous, a month, or FROM..TO: what has changed, by volume and by price")
        ->type_name("PERIOD")
        ->check([](const std::string& text) -> std::string {
            return text == "previous" || period_in(text)
                       ? ""
                       : "it must be previous, a month such as 2026-09, or days such as "
                         "2026-09-01..2026-09-15";
        });
    command
        .add_option_function<std::string>(
            "--group-by",
            [&options](const std::string& text) { options.by = dimensions_in(text).value(); },
            "up to three of provider, service, channel, country, kind and day, with commas")
        ->type_name("NAMES")
        ->check([](const std::string& text) -> std::string {
            return dimensions_in(text) ? ""
                                       : "give up to three of provider, service, channel, country, "
                                         "kind, day, each once";
        });
    command.get_option("--from")->excludes("--period");
    command.get_option("--to")->needs("--from");
}

}  // namespace

void add_cost_report(CLI::App& app, Chosen& chosen) {
    auto* command =
        app.add_subcommand("cost-report", "what a month costs, why, and what it will cost");
    auto options = std::make_shared<Options>();
    command->fallthrough();
    add_period_options(*command, *options);
    command
        ->add_option(
            "--scenario", options->scenario,
            "1k-users, 100k-users, three-servers, or FILE:NAME, in place of what was counted")
        ->type_name("NAME")
        ->check(not_empty);
    for (const auto* each : {"--period", "--from", "--compare", "--group-by"})
        command->get_option("--scenario")->excludes(each);
    command->add_option("--users", options->supposed.users, "as if so many were active")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
    command
        ->add_option("--push-share", options->supposed.push_share,
                     "as if so many percent of the SMS went as push")
        ->type_name("PERCENT")
        ->check(CLI::Range(0, 100));
    command
        ->add_option("--book", options->book,
                     "list-2025, published or a file (default NIGHTSHIFT_PRICES, else list-2025)")
        ->type_name("BOOK")
        ->check(not_empty);
    command->add_option("--format", options->format, "text, json, csv, markdown, html or focus")
        ->type_name("FORM")
        ->check(CLI::IsMember(formats));
    command
        ->add_option("--output", options->file, "write it into this file, as a whole or not at all")
        ->type_name("FILE")
        ->check(not_empty);
    add_as_of(*command, options->as_of, "as if it were then: which month runs, and how far");
    command->footer(
        "Examples:\n"
        "  nightshift cost-report --period 2026-10 --compare previous --group-by channel,country\n"
        "  nightshift cost-report --scenario 1k-users --book published\n"
        "  nightshift cost-report --push-share 80\n"
        "  nightshift cost-report --period 2026-10 --format html --output october.html");
    command->callback([&chosen, options] {
        chosen = {"cost-report", [options](Session& session) { return run(session, *options); }};
    });
}

}  // namespace nightshift::cmd
