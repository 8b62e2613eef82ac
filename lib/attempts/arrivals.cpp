#include "attempts/arrivals.hpp"

#include "attempts/sql.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace nightshift::attempts {
namespace {

// The planner knows nothing of what has just been written.
void count_rows(postgres::Transaction& transaction, const std::string& table) {
    transaction.exec("ANALYZE pg_temp." + table);
}

// Returns how many attempts are new.
std::int64_t take_fresh(postgres::Transaction& transaction, const std::string& as_of) {
    const auto taken = postgres::exec(transaction, sql::take_fresh, {as_of});
    count_rows(transaction, "cells");
    postgres::exec(transaction, sql::count_moved, {as_of});
    postgres::exec(transaction, sql::insert_cells);
    postgres::exec(transaction, sql::recount_cells, {as_of});
    return taken[0]["attempts"].as<std::int64_t>();
}

// Only where there are any: a role that may not write attempts need not, then.
void forget_foreign_arrivals(postgres::Transaction& transaction) {
    const auto found = transaction.exec(
        "SELECT EXISTS (SELECT FROM public.attempts "
        "WHERE ingest_xid >= pg_snapshot_xmax(pg_current_snapshot()))");
    if (found[0][0].as<bool>()) postgres::exec(transaction, sql::forget_foreign_arrivals);
}

void note_zones(postgres::Transaction& transaction, const IntakeRequest& request) {
    // Where a dump was restored the machine's zones may be others.
    if (request.everything) transaction.exec("DELETE FROM nightshift.zones");
    const auto& default_zone = request.default_zone;
    if (postgres::exec(transaction, sql::unknown_zones, {default_zone})[0]["found"].as<bool>())
        postgres::exec(transaction, sql::load_zones);
    know_zones(transaction, default_zone);
    postgres::exec(transaction, sql::note_zones,
                   {default_zone, postgres::parameter(request.seen_at)});
    count_rows(transaction, "moved");
}

}  // namespace

void know_zones(postgres::Transaction& transaction, const std::string& default_zone) {
    const auto is_known = [&] {
        return !postgres::exec(transaction, sql::zone_of_name, {default_zone}).empty();
    };
    if (is_known()) return;
    postgres::exec(transaction, sql::load_zones);
    if (is_known()) return;
    throw Error{Failure::configuration, "Postgres knows no zone " + excerpt(default_zone),
                "it has the zones of the machine that it runs on",
                "set NIGHTSHIFT_ZONE to an IANA name such as Africa/Banjul"};
}

std::optional<ArrivalsState> arrivals_state(postgres::Transaction& transaction) {
    const auto rows = postgres::exec(transaction, sql::arrivals);
    if (rows.empty()) return std::nullopt;
    return ArrivalsState{postgres::instant_column(rows[0]["as_of"]),
                         postgres::instant_column(rows[0]["first_as_of"]),
                         rows[0]["is_foreign"].as<bool>()};
}

Intake take_in(postgres::Transaction& transaction, const IntakeRequest& request) {
    const auto as_of = postgres::parameter(request.as_of);
    const std::string everything = request.everything ? "true" : "false";
    // Lookups by the thousand in what lies in memory; statistics of a table that lives for a
    // moment.
    transaction.exec(
        "SET LOCAL jit = off; SET LOCAL seq_page_cost = 0.1; SET LOCAL random_page_cost = 0.11; "
        "SET LOCAL work_mem = '32MB';"
        " SET LOCAL default_statistics_target = 1");
    transaction.exec(std::string{sql::create_intake});
    postgres::exec(transaction, sql::remove_orphans, {everything});
    postgres::exec(transaction, sql::look_at_users, {everything, request.default_zone});
    count_rows(transaction, "looked_at");
    note_zones(transaction, request);
    Intake intake;
    if (request.everything) {
        forget_foreign_arrivals(transaction);
        postgres::exec(transaction, sql::take_all, {as_of});
        count_rows(transaction, "cells");
        postgres::exec(transaction, sql::delete_vanished_days);
    } else {
        intake.attempts = take_fresh(transaction, as_of);
    }
    postgres::exec(transaction, sql::write_cells);
    // Whoever counted these rows meanwhile saw none of them.
    if (request.everything)
        transaction.exec("ANALYZE nightshift.active_days, nightshift.user_zones");
    postgres::exec(transaction, sql::touch_users, {as_of, everything});
    postgres::exec(transaction, sql::save_arrivals, {as_of, everything, request.default_zone});
    intake.alive = transaction.exec("SELECT count(*) FROM looked_at WHERE study_streak > 0")[0][0]
                       .as<std::int64_t>();
    return intake;
}

}  // namespace nightshift::attempts
