// nightshift prices: the books of prices, and whether they can still be believed.
#include "base/error.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "costs/period.hpp"
#include "costs/price_book.hpp"
#include "prices/price_list.hpp"
#include "shared_options.hpp"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using costs::Price;

constexpr std::chrono::days old{180};

struct Options {
    std::string book;
    bool is_strict = false;
};

ExitCode list(Session& session, const Options& options) {
    const auto book = costs::read_price_book(session.price_book(options.book));
    session.output.result([&] { return text_of(book); }, [&] { return to_json(book); });
    return ExitCode::done;
}

ExitCode show(Session& session, const Options& options) {
    const auto text = costs::text_of_price_book(session.price_book(options.book));
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
    const auto book = costs::read_price_book(session.price_book(options.book));
    std::vector<std::string> warnings;
    const auto month = costs::month_name(costs::day_of(now()));
    for (const auto& each : book.prices) {
        const auto* in_force = book.find(each.provider, each.item, month);
        if (in_force != nullptr && in_force->item == each.item && each.from < in_force->from)
            continue;  // of the past
        const auto name = printable(each.item) + " of " + printable(each.provider);
        const auto age = age_of(each, now());
        if (!age) {
            warnings.push_back(name + " says not of which day it is");
        } else if (*age > old) {
            warnings.push_back(
                fmt::format("{} is of {}, {} days ago", name, each.as_of, age->count()));
        }
        if (each.source.empty()) warnings.push_back(name + " says not where it is from");
    }
    for (const auto& each : book.monthly) {
        if (book.find(each.provider, each.item, month) == nullptr)
            warnings.push_back("monthly has " + printable(each.item) + " of " +
                               printable(each.provider) + ", which has no price");
    }
    const bool is_good = warnings.empty() || !options.is_strict;
    session.output.result(
        [&] {
            std::string text;
            for (const auto& each : warnings) text += "warning: " + each + "\n";
            return text +
                   fmt::format("{}: {}, {}\n", printable(book.name),
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
