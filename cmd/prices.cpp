// nightshift prices: the books of prices, and whether they can still be believed.
#include "base/error.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "costs/price_book.hpp"
#include "shared_options.hpp"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using costs::Price;
using costs::PriceBook;

constexpr std::chrono::days old{180};

struct Options {
    std::string book;
    bool is_strict = false;
};

std::string book_of(const Session& session, const Options& options) {
    return options.book.empty() ? session.settings.find("NIGHTSHIFT_PRICES").value_or("")
                                : options.book;
}

// 0.0083; 0.085 from 0, 0.080 from 10240; 19.95 up to 50000
std::string amounts_of(const Price& price) {
    if (price.steps.size() == 1) return format_money(price.steps.front().price);
    std::string text;
    for (const auto& each : price.steps)
        text += fmt::format("{}{} from {}", text.empty() ? "" : ", ", format_money(each.price),
                            costs::format_quantity(each.from));
    for (const auto& each : price.plans)
        text += fmt::format("{}{} a month up to {}", text.empty() ? "" : ", ",
                            format_money(each.monthly), costs::format_quantity(each.up_to));
    return text;
}

Json to_json(const Price& price) {
    Json steps = Json::array();
    for (const auto& each : price.steps)
        steps.push_back(
            {{"from", costs::format_quantity(each.from)}, {"price", format_money(each.price)}});
    Json plans = Json::array();
    for (const auto& each : price.plans)
        plans.push_back({{"up_to", costs::format_quantity(each.up_to)},
                         {"monthly", format_money(each.monthly)}});
    const auto or_null = [](const std::string& text) { return text.empty() ? Json{} : Json(text); };
    return {{"provider", price.provider},
            {"item", price.item},
            {"service", price.service},
            {"unit", price.unit},
            {"free", costs::format_quantity(price.free)},
            {"steps", steps},
            {"plans", plans},
            {"source", or_null(price.source)},
            {"as_of", or_null(price.as_of)},
            {"note", or_null(price.note)}};
}

ExitCode list(Session& session, const Options& options) {
    const auto book = costs::read_price_book(book_of(session, options));
    session.output.result(
        [&] {
            Table table{
                {"provider", "item", "unit", "price (" + book.currency + ")", "free", "as of"}};
            for (const auto& each : book.prices)
                table.add({printable(each.provider), printable(each.item), printable(each.unit),
                           amounts_of(each),
                           each.free == costs::Quantity{} ? "-" : costs::format_quantity(each.free),
                           each.as_of.empty() ? "-" : each.as_of});
            auto text = excerpt(book.name, 200) +
                        (book.about.empty() ? "" : ": " + excerpt(book.about, 500)) + "\n\n" +
                        table.text();
            for (const auto& each : book.notes) text += "\n" + printable(each);
            return text + (book.notes.empty() ? "" : "\n");
        },
        [&] {
            Json prices = Json::array();
            for (const auto& each : book.prices) prices.push_back(to_json(each));
            return Json{{"book", book.name},
                        {"currency", book.currency},
                        {"about", book.about},
                        {"prices", prices},
                        {"notes", book.notes}};
        });
    return ExitCode::done;
}

ExitCode show(Session& session, const Options& options) {
    const auto text = costs::text_of_price_book(book_of(session, options));
    session.output.result([&] { return text; }, [&] { return Json{{"text", text}}; });
    return ExitCode::done;
}

std::optional<std::chrono::days> age_of(const Price& price, Instant now) {
    const auto day = parse_instant(price.as_of + "T00:00:00Z");
    if (!day) return std::nullopt;
    return std::chrono::floor<std::chrono::days>(now - *day);
}

// What cannot be read is an error; what is old, or says not where it is from, a warning.
ExitCode check(Session& session, const Options& options) {
    const auto book = costs::read_price_book(book_of(session, options));
    std::vector<std::string> warnings;
    for (const auto& each : book.prices) {
        const auto name = each.item + " of " + each.provider;
        const auto age = age_of(each, now());
        if (!age) {
            warnings.push_back(name + " says not of which day it is");
        } else if (*age > old) {
            warnings.push_back(
                fmt::format("{} is of {}, {} days ago", name, each.as_of, age->count()));
        }
        if (each.source.empty()) warnings.push_back(name + " says not where it is from");
    }
    const bool is_good = warnings.empty() || !options.is_strict;
    session.output.result(
        [&] {
            std::string text;
            for (const auto& each : warnings) text += "warning: " + each + "\n";
            return text +
                   fmt::format("{}: {}, {}\n", book.name,
                               counted(static_cast<std::int64_t>(book.prices.size()), "price"),
                               counted(static_cast<std::int64_t>(warnings.size()), "warning"));
        },
        [&] {
            return Json{
                {"book", book.name}, {"prices", book.prices.size()}, {"warnings", warnings}};
        },
        is_good);
    return is_good ? ExitCode::done : ExitCode::negative;
}

}  // namespace

void add_prices(CLI::App& app, Chosen& chosen) {
    auto* command = app.add_subcommand("prices", "what providers ask for, as books of prices");
    command->fallthrough();
    command->require_subcommand(0, 1);
    command->footer(
        "A book is list-2025, published, or a file; by default what NIGHTSHIFT_PRICES says, else\n"
        "list-2025.\n"
        "\n"
        "Examples:\n"
        "  nightshift prices list published\n"
        "  nightshift prices show list-2025 > prices.json\n"
        "  nightshift prices check prices.json --strict");
    auto options = std::make_shared<Options>();
    const auto add = [&](const char* name, const char* about, auto run) {
        auto* sub = command->add_subcommand(name, about);
        sub->fallthrough();
        sub->footer("");
        sub->add_option("book", options->book, "list-2025, published or a file")->type_name("BOOK");
        sub->callback([&chosen, options, name = std::string{name}, run] {
            chosen = {"prices " + name,
                      [options, run](Session& session) { return run(session, *options); }};
        });
        return sub;
    };
    add("list", "list the prices of a book", list);
    add("show", "print a book as the file it is, to begin one's own with", show);
    add("check", "say whether a book can be used, and which prices are older than 180 days", check)
        ->add_flag("--strict", options->is_strict, "a warning is an error, too");
}

}  // namespace nightshift::cmd
