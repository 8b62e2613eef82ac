// nightshift send-reminders: the right message, once, at the right local hour.
#include "base/log.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "job.hpp"
#include "notifications/first_send.hpp"
#include "progress.hpp"
#include "send_reminders/explain.hpp"
#include "send_reminders/providers.hpp"
#include "send_reminders/report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using notifications::PlanRequest;
using notifications::RunReport;

struct Options {
    PlanRequest request;
    std::vector<std::string> kinds;
    std::optional<Instant> as_of;
    std::string channel_folder;
    std::string max_cost;
    std::string explain;  // a user's id; empty: a run
    JobOptions job;
    bool dry_run = false;
    bool yes = false;
    bool force = false;
};

// What the settings say, read before anything is begun.
struct Setup {
    costs::PriceBook prices;
    notifications::Templates templates;
    std::optional<Money> budget;
    Providers providers;
    notifications::Composer composer;

    Setup(const Session& session, const Options& options)
        : prices{costs::read_price_book(session.settings.find("NIGHTSHIFT_PRICES").value_or(""))},
          templates{session.settings.find("NIGHTSHIFT_TEMPLATES").value_or("")},
          budget{budget_of(session, options.max_cost, prices.currency)},
          providers{make_providers(session, options.channel_folder, budget.has_value())},
          composer{templates, prices, session.settings.find("SMS_PROVIDER").value_or("twilio")} {
        for (const auto& each : providers.elsewhere)
            log::info("a provider is asked elsewhere than usual", {{"setting", each}});
    }
};

constexpr auto tolerated_clock_difference = std::chrono::seconds{60};

Instant database_now(postgres::Connection& postgres) {
    return postgres.transaction("reading the database's clock", [](auto& transaction) {
        return postgres::instant_column(transaction.exec(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")[0][0]);
    });
}

void settle(const Session& session, const Options& options, const Setup& setup,
            postgres::Connection& postgres, PlanRequest& request) {
    const auto now = database_now(postgres);
    request.as_of = options.as_of.value_or(now);
    if (!options.dry_run && options.explain.empty() && !options.force &&
        std::chrono::abs(request.as_of - now) > tolerated_clock_difference) {
        throw Error{Failure::refused, "--as-of " + format_instant(request.as_of) + " is not now",
                    "the database's clock says " + format_instant(now),
                    "see it with --dry-run; --force sends what is due at another time"};
    }
    request.default_zone = session.zone();
    request.set_up = setup.providers.channels();
    request.run_id = session.run_id;
    // A folder is nobody's address.
    if (options.channel_folder.empty()) request.allowed = allow_list_of(session);
    for (const auto& kind : options.kinds) {
        const auto* found = notifications::find_kind(kind);
        if (found != nullptr) request.kinds.push_back(found);
    }
}

void show_forecast(Session& session, const Setup& setup, const PlanRequest& request, bool ok) {
    const auto postgres = session.migrated_postgres();
    const auto reader = session.postgres();
    const auto forecast = notifications::forecast(*postgres, *reader, setup.templates,
                                                  setup.composer, request, setup.budget);
    session.output.result([&] { return to_text(forecast, request, setup.prices.currency); },
                          [&] { return to_json(forecast, request, setup.prices.currency); }, ok);
}

// The gravest thing that is to be mended decides.
ExitCode code_of(const RunReport& report, bool timed_out) {
    if (!report.sent.broken.empty()) return ExitCode::configuration;
    if (report.count("over budget") > 0) return ExitCode::refused;
    if (report.count("rejected") + report.count("unknown") + report.count("failed") > 0)
        return ExitCode::partial;
    if (!report.sent.open.empty()) return ExitCode::unavailable;
    return timed_out ? ExitCode::timed_out : ExitCode::done;
}

void explain(const Session& session, const RunReport& report) {
    const auto joined = [](const std::vector<std::string>& words) {
        std::string list;
        for (const auto& each : words) list += (list.empty() ? "" : ", ") + each;
        return list;
    };
    const auto say = [&](Failure failure, const std::string& what, const std::string& why,
                         const std::string& hint) {
        session.output.explain({failure, what, why, hint});
    };
    const auto first_trouble = [&](notifications::Class outcome) {
        for (const auto& each : report.sent.troubles) {
            if (each.outcome == outcome)
                return fmt::format("{} {}: {}", each.provider, each.code, each.example);
        }
        return std::string{};
    };
    if (!report.sent.broken.empty())
        say(Failure::configuration, joined(report.sent.broken) + " refused us, and is left alone",
            first_trouble(notifications::Class::config),
            "correct its settings; what waits is sent by the next run while it is of use");
    if (const auto over = report.count("over budget"); over > 0)
        say(Failure::refused,
            counted(over, "SMS message") + " would have gone over the day's budget", "",
            "raise NOTIFY_DAILY_BUDGET, or --max-cost");
    const auto lost = report.count("rejected") + report.count("unknown") + report.count("failed");
    if (lost > 0)
        say(Failure::data, counted(lost, "delivery") + " cannot be counted on",
            fmt::format("{} rejected, {} unknown, {} out of retries", report.count("rejected"),
                        report.count("unknown"), report.count("failed")),
            "see 'nightshift notifications list --state rejected', unknown and failed");
    if (!report.sent.open.empty())
        say(Failure::unavailable,
            joined(report.sent.open) + " did not answer well, and is left alone",
            first_trouble(notifications::Class::retry),
            "what waits is tried again by the next run");
    if (!report.sent.unpriced.empty())
        log::warning("these have no price, and are not sent to",
                     {{"items", joined(report.sent.unpriced)},
                      {"fix", "give them one in NIGHTSHIFT_PRICES"}});
    if (!report.plan.unknown_categories.empty())
        log::warning("preferences for categories that are none of ours silence all of them",
                     {{"categories", excerpt(joined(report.plan.unknown_categories), 200)}});
}

Json counts_of(const RunReport& report, const std::string& currency) {
    auto json = to_json(report, currency);
    for (const auto* field : {"dry_run", "by_kind", "troubles", "unknown_categories"})
        json.erase(field);
    return json;
}

JobEnd send(Session& session, const Setup& setup, const PlanRequest& request, Job& job) {
    const auto reader = session.postgres();
    const auto outbox = session.unstoppable_postgres();  // results are written down after a stop
    Progress progress{session, "delivery"};
    const auto report = notifications::run_reminders(
        {.postgres = job.postgres,
         .reader = *reader,
         .outbox = *outbox,
         .lease = job.run.lease(),
         .templates = setup.templates,
         .composer = setup.composer,
         .client = *setup.providers.client},
        request, setup.providers.lanes, setup.budget, session.stop,
        {.enough = job.out_of_time,
         .progress = [&](auto settled) { progress.report(notifications::job, settled); },
         .check = [&] { job.run.lease().check(); }});
    progress.clear();
    const auto code = code_of(report, report.sent.is_cut_short);
    explain(session, report);
    session.output.result([&] { return to_text(report, setup.prices.currency); },
                          [&] { return to_json(report, setup.prices.currency); },
                          code == ExitCode::done);
    if (session.stop.stop_requested())
        throw Error{Failure::interrupted, "stopped", "",
                    "what was not sent waits for the next run"};
    std::optional<std::string> error;
    if (code != ExitCode::done) error = "not everything could be sent";
    return {code, counts_of(report, setup.prices.currency).dump(), error};
}

ExitCode run(Session& session, const Options& options) {
    const Setup setup{session, options};
    auto request = options.request;
    const auto first = session.migrated_postgres();
    settle(session, options, setup, *first, request);
    if (!options.explain.empty()) {
        request.only_user = options.explain;
        return explain_reminders(session, setup.templates, request);
    }
    if (options.dry_run) {
        show_forecast(session, setup, request, true);
        return ExitCode::done;
    }
    if (setup.providers.lanes.empty()) {
        throw Error{Failure::configuration, "no channel is set up",
                    "none of FIREBASE_CREDENTIALS_PATH, EMAIL_PROVIDER and SMS_PROVIDER is set",
                    "set one; --channel-folder writes every message into files instead"};
    }
    const bool is_real = options.channel_folder.empty();
    if (is_real && !options.yes && !notifications::is_confirmed(*first)) {
        show_forecast(session, setup, request, false);
        throw Error{Failure::refused, "nothing was ever sent from this database",
                    "above is what this run would send",
                    "where that is right, run it once with --yes"};
    }
    const auto name = options.kinds.size() == 1
                          ? std::string{notifications::job} + "/" + options.kinds.front()
                          : std::string{notifications::job};
    const auto confirm = [&](postgres::Connection& postgres, JobOptions&) {
        if (is_real) notifications::confirm_first_send(postgres, session.run_id);
    };
    return run_job(session, options.job, {name, name, confirm},
                   [&](Job& job) { return send(session, setup, request, job); });
}

}  // namespace

void add_send_reminders(CLI::App& app, Chosen& chosen) {
    auto* command = app.add_subcommand("send-reminders", "tell learners what is due, once");
    auto options = std::make_shared<Options>();
    command->fallthrough();
    std::vector<std::string> names;
    for (const auto& kind : notifications::kinds()) names.push_back(kind.name);
    command->add_option("--kind", options->kinds, "only these (default: all)")
        ->type_name("KIND")
        ->check(CLI::IsMember(names));
    command->add_option("--only-user", options->request.only_user, "only to this user")
        ->type_name("USER")
        ->check(not_empty);
    command
        ->add_option("--explain", options->explain,
                     "show why this user hears something, or does not; send and write nothing")
        ->type_name("USER")
        ->check(not_empty);
    command
        ->add_option("--limit", options->request.limit,
                     "plan no more than so many notifications in this run")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000'000}));
    command
        ->add_option("--min-due", options->request.min_due,
                     "items that make a review worth a word (default 5)")
        ->type_name("N")
        ->check(CLI::Range(1, 1000));
    command
        ->add_option("--user-cap", options->request.user_cap,
                     "notifications that a learner gets in 24 hours (default 3)")
        ->type_name("N")
        ->check(CLI::Range(1, 100));
    command
        ->add_option("--max-cost", options->max_cost,
                     "what SMS may cost in a UTC day (default NOTIFY_DAILY_BUDGET)")
        ->type_name("AMOUNT");
    command
        ->add_option("--channel-folder", options->channel_folder,
                     "write each message into a file there, in place of every provider")
        ->type_name("FOLDER");
    auto* as_of = add_as_of(*command, options->as_of,
                            "what is due at this instant (default: now, by the database's clock)");
    add_job_options(*command, options->job, "how long to wait for another run (default 0)")
        ->excludes(as_of);
    command->add_flag("-n,--dry-run", options->dry_run,
                      "make every text, count every reason, show the cost and samples; send and "
                      "write nothing");
    command->add_flag("-y,--yes", options->yes, "confirm the first send from this database");
    command->add_flag("--force", options->force, "send although --as-of is not now");
    command->footer(
        "Run it every quarter of an hour: a slot is at another time in each zone. Outside\n"
        "production (ENVIRONMENT) only NOTIFY_ALLOWLIST is written to.\n"
        "\n"
        "Examples:\n"
        "  nightshift send-reminders --dry-run\n"
        "  nightshift send-reminders --once-per quarter-hour --quiet");
    command->callback([&chosen, options] {
        chosen = {"send-reminders", [options](Session& session) { return run(session, *options); }};
    });
}

}  // namespace nightshift::cmd
