#include "notifications/plan.hpp"

#include "attempts/arrivals.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "leaderboard/closing.hpp"
#include "notifications/outbox_rows.hpp"
#include "notifications/routing.hpp"
#include "notifications/sql.hpp"
#include "postgres/row_stream.hpp"

#include <algorithm>
#include <numeric>

#include <nlohmann/json.hpp>

namespace nightshift::notifications {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr std::int64_t few = 10'000;  // candidates

std::string json_of_kinds() {
    Json all = Json::array();
    for (const auto& kind : kinds()) {
        all.push_back({{"kind", kind.name},
                       {"category", kind.category},
                       {"priority", static_cast<int>(kind.priority)},
                       {"hour", kind.hour},
                       {"is_chosen", kind.learner_has_say},
                       {"lasts", kind.lasts.count()}});
    }
    return all.dump();
}

std::string json_of_templates(const Templates& templates) {
    Json all = Json::array();
    for (const auto& each : templates.all())
        all.push_back({{"kind", each.kind}, {"locale", each.locale}, {"version", each.version}});
    return all.dump();
}

std::string json_of_routes(const std::set<Channel>& set_up) {
    Json all = Json::array();
    for (const auto& each : routes()) {
        all.push_back({{"priority", static_cast<int>(each.priority)},
                       {"has_app", each.has_app},
                       {"channel", name(each.channel)},
                       {"is_set", set_up.contains(each.channel)}});
    }
    return all.dump();
}

std::string json_of_categories() {
    Json all = Json::array({"all"});
    for (const auto& kind : kinds()) all.push_back(kind.category);
    return all.dump();
}

// Postgres knows nothing of a temporary table's rows until it is told.
void look_at(postgres::Transaction& transaction, const std::string& table) {
    transaction.exec("ANALYZE pg_temp." + table);
}

// CET stands for a place, and is none of Postgres's abbreviations.
std::string zone_of(postgres::Transaction& transaction, const std::string& name) {
    return postgres::exec(transaction, "SELECT zone FROM nightshift.zones WHERE key = lower($1)",
                          {name})[0][0]
        .c_str();
}

struct Found {
    int kinds = 0;  // that have somebody
    std::int64_t candidates = 0;
    bool has_events = false;  // of which a learner may have several at once
};

// A crowd is joined as a whole, however few of it Postgres expects.
pqxx::result::size_type find_who_is_due(postgres::Transaction& transaction, const Kind& kind) {
    const bool is_crowd =
        !kind.who_of_crowd.empty() &&
        postgres::exec(transaction, sql::is_crowd, {kind.name})[0][0].as<bool>(false);
    if (!is_crowd) return postgres::exec(transaction, kind.who_is_due).affected_rows();
    transaction.exec("SET LOCAL enable_nestloop = off");
    const auto rows = postgres::exec(transaction, kind.who_of_crowd).affected_rows();
    transaction.exec("SET LOCAL enable_nestloop TO DEFAULT");
    return rows;
}

Found find_who_is_due(postgres::Transaction& transaction, const PlanRequest& request) {
    Found found;
    for (const auto* kind : all_or(request.kinds)) {
        const auto rows = find_who_is_due(transaction, *kind);
        found.kinds += rows > 0 ? 1 : 0;
        found.candidates += static_cast<std::int64_t>(rows);
        found.has_events = found.has_events || (rows > 0 && !kind->is_daily);
    }
    look_at(transaction, "candidates");
    return found;
}

Plan counts_of(postgres::Transaction& transaction) {
    Plan plan;
    for (const auto& row : postgres::exec(transaction, sql::count_planned)) {
        plan.tallies.push_back({row["kind"].c_str(), row["channel"].c_str(), row["reason"].c_str(),
                                row["deliveries"].as<std::int64_t>()});
    }
    for (const auto& row :
         postgres::exec(transaction, sql::unknown_categories, {json_of_categories()}))
        plan.unknown_categories.emplace_back(row["category"].c_str());
    return plan;
}

// What a later run may plan is not written down.
void leave_out(postgres::Transaction& transaction, const std::vector<Tally>& tallies) {
    static const std::vector<std::string> reasons{"already sent", "not set up",
                                                  "not on the allow-list", "capped"};
    const bool is_needed = std::any_of(tallies.begin(), tallies.end(), [](const Tally& each) {
        return std::find(reasons.begin(), reasons.end(), each.reason) != reasons.end();
    });
    if (is_needed) postgres::exec(transaction, sql::leave_out, {array_of(reasons)});
}

void write_down(postgres::Transaction& transaction, const PlanRequest& request,
                std::int64_t candidates, const std::vector<Tally>& tallies) {
    if (candidates == 0) return;
    leave_out(transaction, tallies);
    const std::string base =
        postgres::exec(transaction, sql::reserve_ids, {std::to_string(candidates)})[0]["base"]
            .c_str();
    postgres::exec(transaction, sql::insert_notifications, {base, request.run_id});
    postgres::exec(transaction, sql::insert_deliveries, {base});
}

std::int64_t count_waiting(postgres::Transaction& transaction, const PlanRequest& request) {
    return count_open(transaction, request.kinds, request.only_user, any_notification,
                      request.as_of)
        .deliveries;
}

struct RolledBack {};

}  // namespace

void add(std::vector<Tally>& tallies, const Tally& more) {
    const auto same = std::find_if(tallies.begin(), tallies.end(), [&more](const Tally& each) {
        return each.kind == more.kind && each.channel == more.channel && each.reason == more.reason;
    });
    if (same != tallies.end()) {
        same->deliveries += more.deliveries;
    } else {
        tallies.push_back(more);
    }
}

std::int64_t Plan::to_send() const {
    return std::accumulate(tallies.begin(), tallies.end(), std::int64_t{0},
                           [](std::int64_t sum, const Tally& each) {
                               return sum + (each.reason.empty() ? each.deliveries : 0);
                           });
}

std::int64_t work_out_plan(postgres::Connection& postgres, postgres::Connection& reader,
                           postgres::Transaction& transaction, const Templates& templates,
                           const PlanRequest& request) {
    // Sets of learners go through hash tables; what is looked at by key is in memory.
    transaction.exec(
        "SET LOCAL jit = off; SET LOCAL work_mem = '128MB'; SET LOCAL random_page_cost = 1.1; "
        "SET LOCAL default_statistics_target = 10");
    attempts::know_zones(transaction, request.default_zone);
    const auto wanted = all_or(request.kinds);
    const auto* report = find_kind("monthly_report");
    if (std::find(wanted.begin(), wanted.end(), report) != wanted.end()) {
        leaderboard::keep_month(reader, postgres, transaction, request.run_id, request.as_of,
                                zone_of(transaction, request.default_zone), report->lasts + 48h);
    }
    transaction.exec(std::string{sql::create_plan});
    transaction.exec(std::string{sql::create_plan_views});
    const auto or_null = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional{text};
    };
    postgres::exec(transaction, sql::set_plan,
                   {postgres::parameter(request.as_of), request.default_zone,
                    std::to_string(request.min_due), or_null(request.only_user),
                    request.allowed ? std::optional{Json(*request.allowed).dump()} : std::nullopt,
                    json_of_kinds(), json_of_templates(templates), json_of_routes(request.set_up)});
    if (!request.only_user.empty() &&
        transaction.exec("SELECT FROM plan p JOIN public.users u ON u.id = p.only_user").empty()) {
        throw Error{Failure::data, "no user has the id " + excerpt(request.only_user),
                    "public.users has none", "give the id as users.id has it"};
    }
    postgres::exec(transaction, sql::find_named);
    postgres::exec(transaction, sql::fill_slots, {postgres::parameter(request.as_of)});
    postgres::exec(transaction, sql::fill_windows);
    postgres::exec(transaction, sql::find_texts);
    for (const auto* table :
         {"plan", "plan_kinds", "named", "plan_texts", "plan_routes", "slots", "windows"})
        look_at(transaction, table);
    const auto found = find_who_is_due(transaction, request);
    postgres::exec(transaction, sql::find_shared_devices);
    if (found.candidates > few) transaction.exec("UPDATE plan SET are_many = true");
    // Its joins are written in the order that is best; what Postgres makes of their sizes is not.
    transaction.exec("SET LOCAL join_collapse_limit = 1");
    postgres::exec(transaction, sql::route);
    transaction.exec("SET LOCAL join_collapse_limit TO DEFAULT");
    if (found.has_events) postgres::exec(transaction, sql::collapse);
    postgres::exec(transaction, sql::cap_users,
                   {std::to_string(request.user_cap), std::to_string(found.kinds)});
    if (request.limit)
        postgres::exec(transaction, sql::limit_run, {std::to_string(*request.limit)});
    return found.candidates;
}

Open count_open(postgres::Transaction& transaction, const std::vector<const Kind*>& kinds,
                const std::string& only_user, std::int64_t last, Instant now) {
    Json names = Json::array();
    for (const auto* kind : all_or(kinds)) names.push_back(kind->name);
    const auto user = only_user.empty() ? std::nullopt : std::optional{only_user};
    const auto row =
        postgres::exec(transaction, sql::count_open,
                       {names.dump(), user, std::to_string(last), postgres::parameter(now)})[0];
    return {row["deliveries"].as<std::int64_t>(), row["are_some_late"].as<bool>()};
}

Values parse_values(const std::string& json) {
    Values values;
    const auto parsed = Json::parse(json);
    for (const auto& [name, value] : parsed.items())
        values[name] = value.is_string() ? value.get<std::string>() : value.dump();
    return values;
}

Plan plan(postgres::Connection& postgres, postgres::Connection& reader, const jobs::Lease& lease,
          const Templates& templates, const PlanRequest& request) {
    return postgres.repeatable("planning notifications", [&](auto& transaction) {
        transaction.exec("LOCK TABLE nightshift.notifications IN SHARE ROW EXCLUSIVE MODE");
        lease.guard(transaction);
        const auto candidates = work_out_plan(postgres, reader, transaction, templates, request);
        auto plan = counts_of(transaction);
        plan.waiting = count_waiting(transaction, request);
        write_down(transaction, request, candidates, plan.tallies);
        plan.last = transaction.exec("SELECT last_value FROM nightshift.notification_ids")[0][0]
                        .template as<std::int64_t>();
        lease.confirm(transaction);
        return plan;
    });
}

Plan preview(postgres::Connection& postgres, postgres::Connection& reader,
             const Templates& templates, const PlanRequest& request,
             const std::function<void(const PlannedMessage&)>& on_message) {
    Plan plan;
    try {
        postgres.repeatable("planning notifications", [&](auto& transaction) {
            work_out_plan(postgres, reader, transaction, templates, request);
            plan = counts_of(transaction);
            plan.waiting = count_waiting(transaction, request);
            postgres::RowStream rows{postgres, sql::planned_messages, {}};
            while (rows.next()) {
                on_message(
                    {.id = std::to_string(rows.integer(8)) + "." + std::to_string(rows.integer(9)),
                     .user_id = rows.id(1),
                     .kind = rows.id(0),
                     .channel = find_channel(rows.id(2)).value(),
                     .address = rows.id(3),
                     .locale = rows.id(4),
                     .values = parse_values(rows.id(5)),
                     .phone = rows.id(6),
                     .ordinal = static_cast<int>(rows.integer(9)),
                     .expires_at = Instant{std::chrono::microseconds{rows.integer(7)}}});
            }
            throw RolledBack{};
        });
    } catch (const RolledBack&) {
    }
    return plan;
}

}  // namespace nightshift::notifications
