// The forms of a cost report: golden ones, and each read by something else than its writer.
#include "costs/scene.hpp"

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

using namespace nightshift::test;
using Json = nlohmann::json;

namespace {

std::string content(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// What differs from run to run.
std::string steady(std::string text, const CostScene& it) {
    text = std::regex_replace(text, std::regex{"made [0-9TZ:-]+"}, "made TIME");
    const auto folder = it.folder.path().string();
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder))
        text.replace(at, folder.size(), "FOLDER");
    return text;
}

const std::vector<std::string> october{"--period", "2026-10", "--compare", "previous"};

std::string report(const CostScene& it, const std::string& format) {
    auto words = october;
    words.insert(words.end(), {"--book", it.book(), "--format", format});
    const auto finished = it.report(words);
    INFO(finished.err);
    CHECK(finished.exit_code == 1);  // a budget is over
    return finished.out;
}

std::vector<std::string> python(const std::string& script, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"python3", (source() / "tests" / script).string()});
    return arguments;
}

}  // namespace

TEST_CASE("each form of a report is the golden one") {
    CostScene it;
    it.note_levels();
    for (const auto* format : {"text", "csv", "markdown", "html", "focus"}) {
        const auto file = source() / "tests/costs/golden" / (std::string{"october."} + format);
        const auto said = steady(report(it, format), it);
        if (std::getenv("NIGHTSHIFT_RENEW_GOLDEN") != nullptr)
            std::ofstream{file, std::ios::binary} << said;
        INFO("where the new one is meant: NIGHTSHIFT_RENEW_GOLDEN=1 tests/run, then git diff");
        INFO(file);
        CHECK(said == content(file));
    }
}

TEST_CASE("a FOCUS file holds before a validator of its own, with the report's sum and no more") {
    CostScene it;
    it.note_levels();
    const auto focus = report(it, "focus");
    const auto file = it.folder.file("focus.csv", focus);
    const auto validated = run({.command = python("costs/focus_validator.py", {file})});
    INFO(validated.out << validated.err);
    CHECK(validated.exit_code == 0);
    // What python's csv reads of it, added up in decimal.
    const auto summed = run({.command = {"python3", "-c",
                                         "import csv, decimal, sys; print(sum(decimal.Decimal("
                                         "row['BilledCost']) for row in csv.DictReader(open("
                                         "sys.argv[1]))).normalize())",
                                         file}});
    auto words = october;
    words.insert(words.end(), {"--book", it.book()});
    CHECK(summed.out == it.json(words).at("cost").get<std::string>() + "\n");
    // A budget of a kind parts what FOCUS has no column for.
    auto kinds = Json::parse(content(it.book()));
    kinds["budgets"] = {{{"name", "review"}, {"monthly", "5"}, {"kind", "review"}}};
    it.database.query(
        "UPDATE nightshift.notification_attempts SET ended_at = '2026-10-15' WHERE item = 'sms/US' "
        "AND ended_at >= '2026-10-01' AND ended_at < '2026-11-01'");
    const auto parted = it.report({"--period", "2026-10", "--format", "focus", "--book",
                                   it.folder.file("kinds.json", kinds.dump())});
    std::istringstream rows{parted.out};
    std::set<std::string> different;
    std::size_t count = 0;
    for (std::string row; std::getline(rows, row); ++count)
        different.insert(row.substr(row.find(',')));  // without what it costs
    CHECK(different.size() == count);
    CHECK(count > 30);
    // The validator does find what is wrong.
    auto broken = focus;
    broken.replace(broken.find("\"Usage\""), 7, "\"Used\"");
    CHECK(
        run({.command = python("costs/focus_validator.py", {it.folder.file("broken.csv", broken)})})
            .exit_code == 1);
    const auto scenario =
        run(program({"cost-report", "--scenario", "1k-users", "--format", "focus"}));
    CHECK(scenario.exit_code == 64);
    CHECK(it.report({"--format", "focus", "--push-share", "5"}).exit_code == 64);
}

TEST_CASE("each row of CSV has as many fields as its head, also where labels are empty") {
    const CostScene it;
    for (const auto* by : {"country", "country,kind", "day,country,provider"}) {
        const auto csv =
            it.report({"--period", "2026-10", "--group-by", by, "--format", "csv"}).out;
        const auto read =
            run({.command =
                     {"python3", "-c",
                      "import csv, decimal, sys\n"
                      "rows = list(csv.DictReader(sys.stdin, strict=True))\n"
                      "assert all(None not in row and None not in row.values() for row in rows)\n"
                      "print(sum(decimal.Decimal(row['cost'] or 0) for row in rows))"},
                 .input = csv});
        INFO(csv << read.err);
        CHECK(read.out == it.json({"--period", "2026-10"}).at("cost").get<std::string>() + "\n");
    }
}

TEST_CASE("what is no more has a row of CSV, too, where it is compared with") {
    const CostScene it;
    it.database.query(
        "INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency) VALUES "
        "('2026-09-15', 'twilio', 'sms/CA', 100, 1, 'USD')");
    const auto csv =
        it.report({"--period", "2026-10", "--compare", "2026-09", "--format", "csv"}).out;
    CHECK_THAT(csv, ContainsSubstring("\ntwilio,sms/CA,,,,,,,,,,,1.45,-1.45,0.00\n"));
}

TEST_CASE("the page needs nothing from elsewhere, and is read on a phone, at a desk and on paper") {
    CostScene it;
    it.note_levels();
    const auto page = it.folder.file("october.html", report(it, "html"));
    const auto looked =
        run({.command = python("support/look_at_page.py", {page, it.folder.path().string()})});
    INFO(looked.err);
    REQUIRE(looked.exit_code == 0);
    const auto seen = Json::parse(looked.out);
    INFO(seen.dump(2));
    CHECK(seen.at("requests").empty());
    CHECK(seen.at("outside_references").empty());
    CHECK(seen.at("scripts") == 0);
    CHECK(seen.at("errors").empty());
    CHECK(seen.at("lang") == "en");
    CHECK(seen.at("pdf_pages") <= 3);
    for (const auto& [name, view] : seen.at("views").items()) {
        INFO(name);
        CHECK(view.at("client_width") == (name == "desk" ? 1280 : 360));
        CHECK(view.at("scrolls_sideways") == false);
        CHECK(view.at("past_right_edge_count") == 0);
        CHECK(view.at("smallest_font").at("font_px_on_screen") >= 12);
        CHECK(view.at("lowest_contrast").at("contrast") >= 4.5);
        CHECK(view.at("svgs") == 1);
    }
    const auto background = [&](const char* view) {
        return seen.at("views").at(view).at("body").at("seen_background");
    };
    CHECK(background("phone") != background("phone_dark"));
}

TEST_CASE("what is hostile in a book is only words in every form") {
    const CostScene it;
    const auto book = it.folder.file("hostile.json", R"({
        "schema_version": 1, "currency": "USD", "name": "<script>alert(1)</script>",
        "sms": {"twilio": {"*": "1"}}, "notes": ["{{title}} \"a\", | *b* \u001b[2J", "=1+1"]})");
    const auto said = [&](const std::string& format) {
        return it.report({"--period", "2026-10", "--book", book, "--format", format}).out;
    };
    CHECK(said("html").find("<script") == std::string::npos);
    CHECK_THAT(said("html"), ContainsSubstring("&lt;script&gt;"));
    CHECK_THAT(said("html"), ContainsSubstring("{{title}}"));
    CHECK_THAT(said("markdown"), ContainsSubstring("\\<script\\>"));
    CHECK_THAT(said("markdown"), ContainsSubstring("\\| \\*b\\*"));
    for (const auto* format : {"text", "html", "markdown"})
        CHECK(said(format).find('\x1b') == std::string::npos);
    const auto wordy = it.folder.file(
        "wordy.json", R"({"schema_version": 1, "currency": "USD", "name": ")" +
                          std::string(3'000'000, 'x') + "\"}");
    CHECK(it.report({"--period", "2026-10", "--book", wordy}).out.size() < 100'000);
}

TEST_CASE("a report is written into a file as a whole, or not at all") {
    const CostScene it;
    const auto file = it.folder.file("report.csv", "the old one");
    const auto wrote = it.report({"--period", "2026-10", "--format", "csv", "--output", file});
    CHECK(wrote.exit_code == 0);
    CHECK(wrote.out.starts_with("written to "));
    CHECK(content(file).starts_with("provider,item,service,"));
    const auto kept = content(file);
    CHECK(it.report({"--period", "2026-10", "--output", "/nowhere/report.csv"}).exit_code == 74);
    CHECK(it.report({"--period", "2026-13", "--output", file}).exit_code == 64);
    CHECK(content(file) == kept);
    CHECK(it.json({"--period", "2026-10", "--output", file}).at("ok") == true);
    CHECK(Json::parse(content(file)).at("command") == "cost-report");
    CHECK(Json::parse(it.report({"--period", "2026-10", "--format", "json"}).out).at("ok") == true);
    const auto document =
        it.json({"--period", "2026-10", "--format", "markdown", "--output", file});
    CHECK(document.at("ok") == true);
    CHECK(content(file).starts_with("# 2026-10 by the book list-2025"));
}
