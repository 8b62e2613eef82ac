#include "streaks/pass.hpp"

#include "attempts/arrivals.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "streaks/sql.hpp"

namespace nightshift::streaks {
namespace {

constexpr auto clock_tolerance = std::chrono::seconds{60};
constexpr std::int64_t most_refused = 100;  // users, before the app is taken to refuse them all

struct RolledBack {};

// One transaction after the other: of a pass, and of previews beside it.
void wait_for_others(postgres::Transaction& transaction) {
    transaction.exec("LOCK TABLE nightshift.arrivals IN EXCLUSIVE MODE");
}

Instant database_now(postgres::Transaction& transaction) {
    return postgres::instant_column(
        transaction.exec("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")[0][0]);
}

void refuse(Instant as_of, Instant now, const std::optional<attempts::ArrivalsState>& last,
            const PassRequest& request) {
    if (as_of > now + clock_tolerance && !request.force) {
        throw Error{
            Failure::refused, "--as-of " + format_instant(as_of) + " lies in the future",
            "the database's clock says " + format_instant(now),
            "correct it; --force ends streaks by it, and blocks every pass before that time"};
    }
    if (!last) return;
    if (as_of < last->as_of && !(request.rebuild && request.force)) {
        const bool is_ahead = last->as_of > now + clock_tolerance;
        throw Error{Failure::refused,
                    is_ahead ? "the streaks are ahead of the clock"
                             : "--as-of " + format_instant(as_of) + " is older than the streaks",
                    "the last pass was as of " + format_instant(last->as_of),
                    is_ahead ? "wait until then, or go back to now with --rebuild --force"
                             : "omit --as-of, or give a later time"};
    }
    if (last->of_another_cluster && !request.rebuild) {
        throw Error{Failure::refused, "this database was restored from another cluster's dump",
                    "which attempts are new cannot be told by that cluster's transaction numbers",
                    "run 'nightshift check-streaks --rebuild' once"};
    }
}

std::string array_of(const std::vector<int>& numbers) {
    std::string array;
    for (const int number : numbers) array += (array.empty() ? "{" : ",") + std::to_string(number);
    return array.empty() ? "{}" : array + "}";
}

struct Batch {
    std::int64_t users = 0;
    std::optional<std::string> last;
};

// Takes the users after `last`.
Batch take(postgres::Transaction& transaction, const std::optional<std::string>& last,
           std::int64_t limit, const std::string& as_of) {
    transaction.exec(
        "SET LOCAL jit = off; SET LOCAL seq_page_cost = 0.1; SET LOCAL random_page_cost = 0.11; "
        "SET LOCAL work_mem = '32MB';"
        " SET LOCAL default_statistics_target = 1");
    transaction.exec(std::string{sql::create_verdicts});
    const auto taken =
        postgres::exec(transaction, sql::take_batch, {last, std::to_string(limit), as_of});
    if (taken.empty()) return {.last = last};
    transaction.exec("ANALYZE pg_temp.batch");
    return {taken[0]["users"].as<std::int64_t>(), taken[0]["last"].c_str()};
}

void judge(postgres::Transaction& transaction, const std::string& as_of) {
    postgres::exec(transaction, sql::judge, {as_of});
    for (const char* all : {"false", "true"}) {
        if (!postgres::exec(transaction, sql::read_further, {all}).empty())
            postgres::exec(transaction, sql::judge, {as_of});
    }
    transaction.exec("ANALYZE pg_temp.verdicts");
}

void judge_all(postgres::Transaction& transaction, const std::string& as_of) {
    take(transaction, std::nullopt, std::numeric_limits<std::int64_t>::max(), as_of);
    judge(transaction, as_of);
}

void add_outcomes(postgres::Transaction& transaction, PassReport& report) {
    const auto row = postgres::exec(transaction, sql::outcomes)[0];
    const auto number = [&row](const char* name) { return row[name].as<std::int64_t>(); };
    report.judged += number("judged");
    report.started += number("started");
    report.extended += number("extended");
    report.broken += number("broken");
    report.shortened += number("shortened");
    report.active += number("started") - number("broken");
}

void write_events(postgres::Transaction& transaction, const PassRequest& request,
                  Instant first_as_of, PassReport& report) {
    const auto counts =
        postgres::exec(transaction, sql::write_events,
                       {postgres::parameter(report.as_of), postgres::parameter(first_as_of),
                        array_of(request.milestones)})[0];
    report.mended += counts["mended"].as<std::int64_t>();
    report.milestones += counts["milestones"].as<std::int64_t>();
}

// Returns how many were left, as the app had them locked.
std::int64_t write_users(postgres::Transaction& transaction) {
    std::int64_t locked = 0;
    postgres::as_the_app_writes(transaction, [&] {
        locked = postgres::exec(transaction, sql::write_users)[0]["locked"].as<std::int64_t>();
    });
    return locked;
}

std::int64_t shrinking_streaks(postgres::Transaction& transaction) {
    return transaction.exec("SELECT count(*) FROM verdicts WHERE streak < before")[0][0]
        .as<std::int64_t>();
}

// An app's streaks may rest on history that attempts no longer hold.
void adopt(postgres::Transaction& transaction, const PassRequest& request,
           const std::string& as_of) {
    judge_all(transaction, as_of);
    const auto shrinking = shrinking_streaks(transaction);
    if (shrinking > 0 && !request.adopt) {
        throw Error{Failure::refused,
                    "this first pass would shrink " + counted(shrinking, "streak"),
                    "users.study_streak counts more days than the attempts know of",
                    "--adopt keep goes on from what the app has counted, --adopt recompute "
                    "trusts the attempts; see --dry-run"};
    }
    if (request.adopt == Adopt::keep) postgres::exec(transaction, sql::keep_baselines);
}

struct Begun {
    PassReport report;
    Instant first_as_of;
};

void refuse_without_privilege(postgres::Transaction& transaction) {
    const auto row = transaction.exec(
        "SELECT has_column_privilege('public.users', 'study_streak', 'UPDATE') AND "
        "has_column_privilege('public.users', 'last_activity_date', 'UPDATE'), "
        "quote_ident(current_user)")[0];
    if (row[0].as<bool>()) return;
    throw Error{Failure::configuration, "this role may not write streaks",
                "it lacks UPDATE on columns of public.users",
                std::string{"GRANT UPDATE (study_streak, last_activity_date) ON public.users TO "} +
                    row[1].c_str()};
}

Begun begin(postgres::Transaction& transaction, const PassRequest& request) {
    refuse_without_privilege(transaction);
    const auto now = database_now(transaction);
    const auto last = attempts::arrivals_state(transaction);
    Begun begun;
    begun.report.as_of = request.as_of.value_or(now);
    // A clock that was set back a little stops no pass.
    if (!request.as_of && last && last->as_of <= now + clock_tolerance)
        begun.report.as_of = std::max(now, last->as_of);
    begun.report.is_first = !last;
    begun.first_as_of = last ? last->first_as_of : begun.report.as_of;
    refuse(begun.report.as_of, now, last, request);
    const auto intake =
        attempts::take_in(transaction, {.as_of = begun.report.as_of,
                                        .seen_at = request.seen_at.value_or(now),
                                        .default_zone = request.default_zone,
                                        .everything = begun.report.is_first || request.rebuild});
    begun.report.attempts = intake.attempts;
    begun.report.active = intake.alive;
    return begun;
}

void say_what_waits(postgres::Transaction& transaction, PassReport& report) {
    const auto row = postgres::exec(transaction, sql::report)[0];
    report.future_attempts = row["future_attempts"].as<std::int64_t>();
    report.invalid_zones = row["invalid_zones"].as<std::int64_t>();
    if (report.invalid_zones == 0) return;
    for (const auto& each : postgres::exec(transaction, sql::invalid_zones)) {
        report.invalid_examples.push_back({each["user_id"].c_str(), each["named"].c_str()});
    }
}

// Where a pass stands between its batches.
struct Batches {
    Instant first_as_of;
    std::int64_t size = 0;  // of the next
    std::optional<std::string> last = {};
};

// Judges the next users, in a transaction of their own; false: there are no more. Where the app
// refuses a row the batch is tried again in smaller ones, down to the user whose row it is.
bool judge_batch(postgres::Connection& postgres, const jobs::Lease& lease,
                 const PassRequest& request, const PassWatch& watch, Batches& batches,
                 PassReport& report) {
    const auto as_of = postgres::parameter(report.as_of);
    auto next = report;
    Batch taken;
    try {
        postgres.transaction("judging streaks", [&](auto& transaction) {
            wait_for_others(transaction);
            lease.guard(transaction);
            taken = take(transaction, batches.last, batches.size, as_of);
            if (taken.users == 0) return;
            judge(transaction, as_of);
            next.locked += write_users(transaction);
            add_outcomes(transaction, next);
            write_events(transaction, request, batches.first_as_of, next);
            postgres::exec(transaction, sql::settle_batch);
            if (watch.kept) watch.kept(transaction, next);
            lease.confirm(transaction);
        });
    } catch (const Error& error) {
        if (error.failure != Failure::data || !taken.last || report.refused >= most_refused) throw;
        batches.size /= 10;
        if (batches.size > 0) return true;
        next = report;
        next.refused += 1;
        if (next.refused_examples.size() < 5)
            next.refused_examples.push_back({*taken.last, error.cause});
    }
    report = std::move(next);
    batches.last = taken.last;
    batches.size = std::clamp<std::int64_t>(batches.size * 10, 1, request.batch);
    return taken.users > 0;
}

}  // namespace

PassReport check(postgres::Connection& postgres, const jobs::Lease& lease,
                 const PassRequest& request, const PassWatch& watch) {
    auto begun = postgres.repeatable("taking in attempts", [&](auto& transaction) {
        wait_for_others(transaction);
        lease.guard(transaction);
        auto taken_in = begin(transaction, request);
        if (taken_in.report.is_first)
            adopt(transaction, request, postgres::parameter(taken_in.report.as_of));
        say_what_waits(transaction, taken_in.report);
        lease.confirm(transaction);
        return taken_in;
    });
    auto& report = begun.report;

    Batches batches{.first_as_of = begun.first_as_of, .size = request.batch};
    while (!(watch.enough && watch.enough()) &&
           judge_batch(postgres, lease, request, watch, batches, report)) {
        if (watch.progress) watch.progress(report.judged);
    }
    postgres.transaction("counting what is left", [&](auto& transaction) {
        report.left = transaction.exec("SELECT count(*) FROM nightshift.touched_users")[0][0]
                          .template as<std::int64_t>() -
                      report.locked - report.refused;
    });
    return report;
}

Preview preview(postgres::Connection& postgres, PassRequest request) {
    Preview result;
    if (!request.rebuild) request.force = true;  // nothing comes of it
    try {
        postgres.repeatable("trying a pass", [&](auto& transaction) {
            transaction.exec("SET LOCAL lock_timeout = '5s'");
            wait_for_others(transaction);
            auto begun = begin(transaction, request);
            judge_all(transaction, postgres::parameter(begun.report.as_of));
            if (begun.report.is_first) result.shrinking = shrinking_streaks(transaction);
            if (result.shrinking > 0 && request.adopt == Adopt::keep) {
                postgres::exec(transaction, sql::keep_baselines);
                transaction.exec("DELETE FROM verdicts");
                postgres::exec(transaction, sql::judge, {postgres::parameter(begun.report.as_of)});
            }
            add_outcomes(transaction, begun.report);
            write_events(transaction, request, begun.first_as_of, begun.report);
            for (const auto& row : postgres::exec(transaction, sql::sample)) {
                result.sample.push_back({row["user_id"].c_str(),
                                         row["before"].template as<std::int64_t>(),
                                         row["streak"].template as<std::int64_t>()});
            }
            say_what_waits(transaction, begun.report);
            result.report = begun.report;
            throw RolledBack{};
        });
    } catch (const RolledBack&) {
    }
    return result;
}

}  // namespace nightshift::streaks
