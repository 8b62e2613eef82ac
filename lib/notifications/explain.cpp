#include "notifications/explain.hpp"

#include "notifications/sql.hpp"

#include <map>

#include <nlohmann/json.hpp>

namespace nightshift::notifications {
namespace {

struct RolledBack {};

void read_user(postgres::Transaction& transaction, Explanation& it) {
    const auto row = postgres::exec(transaction, sql::explain_user)[0];
    it.name = row["name"].c_str();
    it.named_zone = row["named"].c_str();
    it.zone = row["zone"].c_str();
    it.is_zone_valid = row["is_valid"].as<bool>();
    it.local_time = row["local_time"].c_str();
    it.has_app = row["has_app"].as<bool>();
    it.said_today = row["said_today"].as<std::int64_t>();
}

void read_kinds(postgres::Transaction& transaction, const std::vector<const Kind*>& wanted,
                Explanation& it) {
    nlohmann::json daily = nlohmann::json::array();
    for (const auto& kind : kinds()) {
        if (kind.is_daily) daily.push_back(kind.name);
    }
    std::map<std::string, KindVerdict> verdicts;
    for (const auto& row : postgres::exec(transaction, sql::explain_kinds, {daily.dump()})) {
        verdicts[row["kind"].c_str()] = {
            .kind = row["kind"].c_str(),
            .slot_at = postgres::optional_instant(row["slot_at"]),
            .ends_at = postgres::optional_instant(row["ends_at"]),
            .is_open = row["is_open"].as<bool>(),
            .is_before_installation = row["is_before_installation"].as<bool>(),
            .facts = {},
            .verdict = row["verdict"].c_str(),
            .occasion = row["occasion"].c_str()};
    }
    for (const auto* kind : wanted) {
        auto& verdict = verdicts.at(kind->name);
        verdict.facts = postgres::exec(transaction, kind->facts)[0]["facts"].c_str();
        it.kinds.push_back(std::move(verdict));
    }
}

}  // namespace

Explanation explain(postgres::Connection& postgres, postgres::Connection& reader,
                    const Templates& templates, const PlanRequest& request) {
    Explanation it{.user_id = request.only_user,
                   .name = {},
                   .as_of = request.as_of,
                   .named_zone = {},
                   .zone = {},
                   .local_time = {},
                   .wishes = {},
                   .pauses = {},
                   .reach = {},
                   .kinds = {}};
    try {
        postgres.repeatable("explaining a user's notifications", [&](auto& transaction) {
            work_out_plan(postgres, reader, transaction, templates, request);
            read_user(transaction, it);
            read_kinds(transaction, all_or(request.kinds), it);
            throw RolledBack{};
        });
    } catch (const RolledBack&) {
    }
    it.wishes = wishes_of(postgres, request.only_user);
    it.pauses = pauses(postgres);
    it.reach = reach_of(postgres, request.only_user);
    return it;
}

}  // namespace nightshift::notifications
