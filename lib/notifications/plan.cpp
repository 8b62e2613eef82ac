#include "notifications/plan.hpp"

#include "attempts/arrivals.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "leaderboard/closing.hpp"
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

constexpr const char* push_provider = "fcm";

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

void find_who_is_due(postgres::Transaction& transaction, const PlanRequest& request) {
    const auto is_wanted = [&](const Kind& kind) {
        return request.kinds.empty() ||
               std::find(request.kinds.begin(), request.kinds.end(), &kind) != request.kinds.end();
    };
    for (const auto& kind : kinds()) {
        if (kind.is_daily && is_wanted(kind))
            postgres::exec(transaction, sql::find_in_slot, {kind.name});
    }
    look_at(transaction, "in_slot");
    for (const auto& kind : kinds()) {
        if (is_wanted(kind)) postgres::exec(transaction, kind.who_is_due);
    }
    look_at(transaction, "candidates");
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

void write_down(postgres::Transaction& transaction, const PlanRequest& request) {
    const auto candidates =
        transaction.exec("SELECT count(*) FROM candidates")[0][0].as<std::int64_t>();
    if (candidates == 0) return;
    const std::string base =
        postgres::exec(transaction, sql::reserve_ids, {std::to_string(candidates)})[0]["base"]
            .c_str();
    postgres::exec(transaction, sql::insert_notifications, {base, request.run_id});
    postgres::exec(transaction, sql::insert_deliveries, {base});
}

struct RolledBack {};

}  // namespace

std::int64_t Plan::to_send() const {
    return std::accumulate(tallies.begin(), tallies.end(), std::int64_t{0},
                           [](std::int64_t sum, const Tally& each) {
                               return sum + (each.reason.empty() ? each.deliveries : 0);
                           });
}

void work_out_plan(postgres::Connection& postgres, postgres::Connection& reader,
                   postgres::Transaction& transaction, const Templates& templates,
                   const PlanRequest& request) {
    transaction.exec("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'");
    attempts::know_zones(transaction, request.default_zone);
    const auto* report = find_kind("monthly_report");
    const bool wants_report =
        request.kinds.empty() ||
        std::find(request.kinds.begin(), request.kinds.end(), report) != request.kinds.end();
    if (wants_report) {
        leaderboard::keep_month(reader, postgres, transaction, request.run_id, request.as_of,
                                request.default_zone, report->lasts + 48h);
    }
    transaction.exec(std::string{sql::create_plan});
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
    postgres::exec(transaction, sql::fill_slots, {postgres::parameter(request.as_of)});
    look_at(transaction, "slots");
    find_who_is_due(transaction, request);
    postgres::exec(transaction, sql::find_tokens, {push_provider});
    look_at(transaction, "tokens");
    postgres::exec(transaction, sql::fill_learners);
    postgres::exec(transaction, sql::collapse);
    look_at(transaction, "learners");
    postgres::exec(transaction, sql::route);
    look_at(transaction, "planned");
    postgres::exec(transaction, sql::cap_users, {std::to_string(request.user_cap)});
    if (request.limit)
        postgres::exec(transaction, sql::limit_run, {std::to_string(*request.limit)});
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
        work_out_plan(postgres, reader, transaction, templates, request);
        write_down(transaction, request);
        auto plan = counts_of(transaction);
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
            postgres::RowStream rows{postgres, sql::planned_messages, {}};
            while (rows.next()) {
                on_message({.id = rows.id(9),
                            .user_id = rows.id(1),
                            .kind = rows.id(0),
                            .channel = find_channel(rows.id(2)).value(),
                            .address = rows.id(3),
                            .locale = rows.id(4),
                            .values = parse_values(rows.id(5)),
                            .phone = rows.id(6),
                            .is_first = rows.integer(7) == 1,
                            .expires_at = Instant{std::chrono::microseconds{rows.integer(8)}}});
            }
            throw RolledBack{};
        });
    } catch (const RolledBack&) {
    }
    return plan;
}

}  // namespace nightshift::notifications
