// nightshift send-reminders: the right message, once, at the right local hour.
#include "base/log.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "costs/period.hpp"
#include "job.hpp"
#include "notifications/first_send.hpp"
#include "notifications/forecast.hpp"
#include "progress.hpp"
#include "send_reminders/explain.hpp"
#include "send_reminders/problems.hpp"
#include "send_reminders/providers.hpp"
#include "send_reminders/report.hpp"

#include <algorithm>

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
        : prices{costs::read_price_book(session.price_book())},
          templates{session.settings.find("NIGHTSHIFT_TEMPLATES").value_or("")},
          budget{budget_of(session, options.max_cost, prices.currency)},
          providers{make_providers(session, options.channel_folder, budget.has_value())},
          composer{templates, prices, sms_provider_of(session, options.channel_folder),
                   costs::month_name(costs::day_of(now()))} {
        for (const auto& each : providers.elsewhere)
            log::info("a provider is asked elsewhere than usual", {{"setting", each}});
    }
};

constexpr auto tolerated_clock_difference = std::chrono::seconds{60};
// After the hard limit, at which the process has ten seconds to end.
constexpr auto time_to_answer = std::chrono::seconds{4};
constexpr auto time_to_record = std::chrono::seconds{4};

Instant database_now(postgres::Connection& postgres) {
    return postgres.transaction("reading the database's clock", [](auto& transaction) {
        return postgres::instant_column(transaction.exec(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")[0][0]);
    });
}

void fill_request(const Session& session, const Options& options, const Setup& setup,
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

// A run of some kinds alone has a lease and periods of its own.
std::string job_name(const PlanRequest& request) {
    std::string name;
    for (const auto& kind : notifications::kinds()) {
        if (std::find(request.kinds.begin(), request.kinds.end(), &kind) != request.kinds.end())
            name += (name.empty() ? "/" : "+") + kind.name;
    }
    return notifications::job + name;
}

// A period that is done for some learners would be done for all.
void refuse_part_of_a_period(const Options& options) {
    if (options.job.once_per.empty()) return;
    for (const auto& [is_given, name] :
         {std::pair{!options.request.only_user.empty(), "--only-user"},
          {options.request.limit.has_value(), "--limit"},
          {!options.channel_folder.empty(), "--channel-folder"}}) {
        if (is_given) {
            throw Error{Failure::usage,
                        "--once-per and " + std::string{name} + " exclude each other",
                        "the period would be done for everybody", "leave one of them away"};
        }
    }
}

void show_forecast(Session& session, const Setup& setup, const PlanRequest& request, bool ok) {
    const auto postgres = session.migrated_postgres();
    const auto reader = session.postgres();
    const auto forecast = notifications::forecast(*postgres, *reader, setup.templates,
                                                  setup.composer, request, setup.budget);
    auto holds = holds_text(notifications::pauses(*reader), request, allow_list_reason(session));
    if (setup.providers.lanes.empty())
        holds +=
            "no channel is set up, so there are no texts: set FIREBASE_CREDENTIALS_PATH, "
            "EMAIL_PROVIDER or SMS_PROVIDER, or see them by --channel-folder FOLDER\n";
    session.output.result([&] { return to_text(forecast, request, setup.prices.currency) + holds; },
                          [&] { return to_json(forecast, request, setup.prices.currency); }, ok);
}

Json counts_of(const RunReport& report, const std::string& currency) {
    auto json = to_json(report, currency);
    for (const auto* field : {"dry_run", "by_kind", "troubles", "unknown_categories"})
        json.erase(field);
    return json;
}

notifications::SentTo sent_to(const PlanRequest& request) {
    return request.allowed ? notifications::SentTo::allow_list : notifications::SentTo::everybody;
}

// What came of messages is written down after a stop, too, and some seconds after the hard limit.
std::unique_ptr<postgres::Connection> outbox_connection(const Session& session) {
    if (!session.deadline) return session.unstoppable_postgres();
    return session.unstoppable_postgres(*session.deadline + time_to_answer + time_to_record);
}

JobEnd plan_and_send(Session& session, const Options& options, const Setup& setup,
                     PlanRequest request, Job& job) {
    // Another run may have been waited for.
    if (!options.as_of) request.as_of = database_now(job.postgres);
    if (setup.budget) {
        job.postgres.transaction("reading what was spent", [&](auto& transaction) {
            notifications::spent_on(transaction, request.as_of, setup.prices.currency);
        });
    }
    const auto reader = session.postgres();
    Progress progress{session, "delivery"};
    const auto report = notifications::run_reminders(
        {.postgres = job.postgres,
         .reader = *reader,
         .outbox = [&] { return outbox_connection(session); },
         .lease = job.run.lease(),
         .templates = setup.templates,
         .composer = setup.composer,
         .client = *setup.providers.client,
         .planned =
             [&](const notifications::Plan& plan) {
                 if (options.channel_folder.empty() && plan.to_send() + plan.waiting > 0)
                     notifications::confirm_first_send(job.postgres, sent_to(request),
                                                       session.run_id);
             }},
        request, setup.providers.lanes, setup.budget, session.stop,
        {.enough = job.out_of_time,
         .progress = [&](auto settled) { progress.report(notifications::job, settled); },
         .check = [&] { job.run.lease().check(); },
         .until =
             session.deadline ? std::optional{*session.deadline + time_to_answer} : std::nullopt});
    progress.clear();
    const auto code = code_of(report, report.sent.is_cut_short);
    print_problems(session, report);
    const auto holds = holds_text(report.left > 0 && !session.stop.stop_requested()
                                      ? notifications::pauses(job.postgres)
                                      : std::vector<notifications::Pause>{},
                                  request, allow_list_reason(session));
    session.output.result([&] { return to_text(report, setup.prices.currency) + holds; },
                          [&] { return to_json(report, setup.prices.currency); },
                          code == ExitCode::done);
    if (session.stop.stop_requested() && report.sent.is_cut_short) {
        session.output.explain(
            {Failure::interrupted, "stopped", "", "what was not sent waits for the next run"});
        return {exit_code(Failure::interrupted, session.signal()),
                counts_of(report, setup.prices.currency).dump(), "stopped"};
    }
    std::optional<std::string> error;
    if (code != ExitCode::done) error = "not everything could be sent";
    return {code, counts_of(report, setup.prices.currency).dump(), error};
}

ExitCode run(Session& session, const Options& options) {
    refuse_part_of_a_period(options);
    const Setup setup{session, options};
    auto request = options.request;
    const auto first = session.migrated_postgres();
    fill_request(session, options, setup, *first, request);
    if (!options.explain.empty()) request.only_user = options.explain;
    if (!request.only_user.empty()) notifications::require_user_id(*first, request.only_user);
    if (!options.explain.empty()) {
        return explain_reminders(session, setup.templates, setup.composer, setup.budget, request);
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
    if (is_real && !options.yes && !notifications::is_confirmed(*first, sent_to(request))) {
        show_forecast(session, setup, request, false);
        session.output.explain(
            {Failure::refused,
             request.allowed
                 ? "nothing was ever sent from this database"
                 : "nobody outside an allow-list was ever written to from this database",
             "above is what this run would send", "where that is right, run it once with --yes"});
        return ExitCode::refused;
    }
    const auto name = job_name(request);
    return run_job(session, options.job, {name, name, {}},
                   [&](Job& job) { return plan_and_send(session, options, setup, request, job); });
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
                     "notifications that a learner gets on a day of their own (default 3)")
        ->type_name("N")
        ->check(CLI::Range(1, 100));
    command
        ->add_option("--max-cost", options->max_cost,
                     "what SMS may cost in a UTC day (default NOTIFY_DAILY_BUDGET)")
        ->type_name("AMOUNT")
        ->check(not_empty);
    command
        ->add_option("--channel-folder", options->channel_folder,
                     "write each message into a file there, in place of every provider")
        ->type_name("FOLDER")
        ->check(not_empty);
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
