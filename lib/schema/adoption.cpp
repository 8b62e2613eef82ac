#include "schema/adoption.hpp"

#include "base/text.hpp"
#include "schema/catalog.hpp"
#include "schema/cautions.hpp"
#include "schema/columns.hpp"
#include "schema/findings.hpp"
#include "schema/remedy.hpp"
#include "schema/sql.hpp"

#include <algorithm>

namespace nightshift::schema {
namespace {

using migrations::Statement;

std::optional<IdType> id_type(const FoundTable& table, const std::string& column) {
    const auto found = table.columns.find(column);
    if (found == table.columns.end()) return std::nullopt;
    if (found->second.family == "integer") return IdType::bigint;
    if (found->second.family == "uuid") return IdType::uuid;
    if (found->second.family == "text") return IdType::text;
    return std::nullopt;
}

// Goes through the tables once, and keeps what stands in the way apart from what is to be done.
class Planner {
  public:
    Planner(const Catalog& catalog, const AdoptionRequest& request)
        : catalog_{catalog}, request_{request} {
        const auto& users = catalog.table("users");
        const auto& questions = catalog.table("questions");
        const auto& attempts = catalog.table("attempts");
        const auto made = request.id_type.value_or(IdType::bigint);
        user_id_ = id_type(users, "id").value_or(id_type(attempts, "user_id").value_or(made));
        question_id_ =
            id_type(questions, "id")
                .value_or(
                    id_type(attempts, "question_id").value_or(request.id_type.value_or(user_id_)));
    }

    Adoption plan(const std::optional<std::string>& repeated_event) {
        refuse_another_id_type();
        if (!catalog_.may_use_public) {
            findings_.forbids(
                catalog_.login + " may not use the schema public",
                by_superuser("GRANT USAGE ON SCHEMA public TO " + quoted(catalog_.login) + ";"));
        }
        std::string creations;
        for (const auto& table : app_tables()) {
            if (!catalog_.table(table.name).exists()) {
                refuse_to_shadow(table);
                creations += create_table(table, user_id_, question_id_);
            } else if (is_alterable(table)) {
                check_rights(table);
                plan_columns(table);
                plan_indexes(table);
                refuse_withheld(table);
            }
        }
        compare_ids();
        if (repeated_event) {
            findings_.lacks(
                "public.attempts has rows with the same event_id: " + *repeated_event,
                "-- keep one of each, for example by clearing event_id in the others:\n"
                "-- SELECT event_id, count(*) FROM public.attempts WHERE event_id IS NOT NULL "
                "GROUP BY 1 HAVING count(*) > 1;");
        }
        if (!creations.empty()) {
            if (!request_.role.empty()) creations += grants_to_us();
            brief_.insert(brief_.begin(), Statement{.purpose = "create the tables that are missing",
                                                    .sql = creations,
                                                    .mode = Statement::Mode::briefly,
                                                    .table = "public",
                                                    .lock = {},
                                                    .index = {}});
        }
        const bool something_to_do = !brief_.empty() || !builds_.empty();
        if (something_to_do || !catalog_.our_schema_stands) check_creation(!creations.empty());
        if (something_to_do && catalog_.read_only) {
            findings_.forbids(
                "the database is read only, or a standby",
                "-- point DATABASE_URL at the primary; see default_transaction_read_only");
        }

        Adoption adoption;
        adoption.refusal = findings_.refusal();
        adoption.warnings = cautions(catalog_);
        adoption.statements = std::move(brief_);
        adoption.statements.insert(adoption.statements.end(), builds_.begin(), builds_.end());
        return adoption;
    }

  private:
    void refuse_another_id_type() const {
        if (!request_.id_type) return;
        const bool attempts = catalog_.table("attempts").exists();
        for (const auto& [things, type] :
             {std::pair{"users", user_id_}, {"questions", question_id_}}) {
            const bool stands = attempts || catalog_.table(things).exists();
            if (!stands || *request_.id_type == type) continue;
            throw Error{Failure::usage,
                        "--id-type " + std::string{name(*request_.id_type)} + " is not what stands",
                        std::string{"the "} + things + " of this database have ids of type " +
                            std::string{name(type)},
                        "leave --id-type away: it is for tables that are made"};
        }
    }

    // The app would find our empty table in place of its own.
    void refuse_to_shadow(const AppTable& table) {
        const auto& found = catalog_.table(table.name);
        if (!found.shadowed) return;
        findings_.lacks(
            "the app's table is " + found.elsewhere + ", and nightshift knows public alone",
            "-- where the app finds it there too: ALTER TABLE " + found.elsewhere +
                " SET SCHEMA public;");
    }

    bool is_alterable(const AppTable& table) {
        const auto& kind = catalog_.table(table.name).kind;
        const auto& peculiar = catalog_.table(table.name).peculiar;
        if (!peculiar.empty()) {
            findings_.forbids(in_public(table.name) + " " + peculiar, "");
            return false;
        }
        if (kind == "r" || (kind == "p" && table.name != "attempts")) return true;
        findings_.forbids(
            in_public(table.name) +
                (kind == "p" ? " is partitioned, which is not supported yet"
                             : " is no table but a view or the like: nothing can be added"),
            "");
        return false;
    }

    void check_rights(const AppTable& table) {
        const auto& found = catalog_.table(table.name);
        if (!found.may_read) {
            const auto to_us = " TO " + quoted(catalog_.login) + ";";
            auto grants = "GRANT SELECT, INSERT ON " + in_public(table.name) + to_us;
            if (!found.sequence.empty()) {
                grants += "\nGRANT USAGE, UPDATE ON SEQUENCE " + found.sequence + to_us;
            }
            findings_.forbids(catalog_.login + " may not read " + in_public(table.name), grants);
        }
        if (found.filtered) {
            findings_.forbids("row-level security hides rows of " + in_public(table.name) +
                                  " from " + catalog_.login,
                              by_superuser("ALTER ROLE " + quoted(catalog_.login) + " BYPASSRLS;"));
        }
    }

    void plan_columns(const AppTable& table) {
        const auto additions = check_columns(table, catalog_, user_id_, question_id_, findings_);
        if (additions.empty()) return;
        alter(table, {.purpose = "add columns to " + in_public(table.name),
                      .sql = "ALTER TABLE " + in_public(table.name) + additions,
                      .mode = Statement::Mode::briefly,
                      .table = in_public(table.name),
                      .lock = "ACCESS EXCLUSIVE",
                      .index = {}});
    }

    void plan_indexes(const AppTable& table) {
        for (const auto& index : table.indexes) {
            const auto serves = [&](const FoundIndex& found) {
                return found.table == table.name && found.plain && found.columns == index.columns &&
                       found.included == index.included &&
                       (found.predicate == index.predicate ||
                        (index.unique && found.predicate.empty())) &&
                       (found.unique || !index.unique);
            };
            const auto& all = catalog_.indexes;
            if (std::any_of(all.begin(), all.end(), [&](const FoundIndex& found) {
                    return found.valid && serves(found);
                })) {
                continue;
            }
            const auto namesake =
                std::find_if(all.begin(), all.end(),
                             [&](const FoundIndex& found) { return found.name == index.name; });
            const bool leftover = namesake != all.end() && serves(*namesake);
            if (namesake != all.end() && !leftover) {
                findings_.forbids("something else has the name " + in_public(index.name),
                                  "-- rename what is called " + in_public(index.name));
                continue;
            }
            if (leftover) {
                build(table, index, "drop the invalid index " + in_public(index.name),
                      "DROP INDEX CONCURRENTLY IF EXISTS " + in_public(index.name));
            }
            build(table, index, "build the index " + in_public(index.name),
                  std::string{index.unique ? "CREATE UNIQUE INDEX" : "CREATE INDEX"} +
                      " CONCURRENTLY IF NOT EXISTS " + index_definition(table, index));
        }
    }

    void build(const AppTable& table, const AppIndex& index, const std::string& purpose,
               const std::string& sql) {
        alter(table, {.purpose = purpose,
                      .sql = sql,
                      .mode = Statement::Mode::concurrently,
                      .table = in_public(table.name),
                      .lock = "SHARE UPDATE EXCLUSIVE",
                      .index = in_public(index.name)});
    }

    void alter(const AppTable& table, Statement statement) {
        const auto& found = catalog_.table(table.name);
        const bool briefly = statement.mode == Statement::Mode::briefly;
        if (!found.may_alter) withheld_.push_back(statement);
        builds_ourselves_ |= found.may_alter && !briefly;
        (briefly ? brief_ : builds_).push_back(std::move(statement));
    }

    // What only the table's owner may do.
    void refuse_withheld(const AppTable& table) {
        const auto& owner = catalog_.table(table.name).owner;
        std::string why;
        for (const auto& each : withheld_) {
            const bool builds = each.mode == Statement::Mode::concurrently;
            why += (why.empty() ? "" : ", ") + (builds ? each.index : std::string{"columns"});
            if (!builds || catalog_.table(table.name).owner_may_create) continue;
            findings_.forbids(
                owner + " may not create indexes in the schema public",
                by_superuser("GRANT CREATE ON SCHEMA public TO " + quoted(owner) + ";"));
        }
        for (const auto& each : withheld_) {
            findings_.forbids("only the owner of " + in_public(table.name) + ", " + owner +
                                  ", may add what it lacks: " + why,
                              for_owner(each, owner));
        }
        withheld_.clear();
    }

    void compare_ids() {
        for (const auto& table : app_tables()) {
            for (const auto& [column, other, type] : {std::tuple{"user_id", "users", user_id_},
                                                      {"question_id", "questions", question_id_}}) {
                const auto mine = id_type(catalog_.table(table.name), column);
                if (!mine || *mine == type) continue;
                const auto place = in_public(table.name) + "." + column;
                findings_.lacks(place + " is " + std::string{name(*mine)} + " but public." + other +
                                    ".id is " + std::string{name(type)},
                                "-- one of the two must get the type of the other: " + place +
                                    ", public." + other + ".id");
            }
        }
    }

    // On tables that are made as another role.
    std::string grants_to_us() const {
        std::string sql;
        for (const auto& table : app_tables()) {
            if (catalog_.table(table.name).exists()) continue;
            const auto to_us = " TO " + quoted(catalog_.login);
            sql += "GRANT SELECT, INSERT ON " + in_public(table.name) + to_us + ";\n";
            const auto type = table.name == "questions" ? question_id_ : user_id_;
            if (type != IdType::bigint || table.columns.front().name != "id") continue;
            sql +=
                "DO $$ BEGIN EXECUTE format('GRANT USAGE, UPDATE ON SEQUENCE %s TO %I', "
                "pg_get_serial_sequence(" +
                literal(in_public(table.name)) + ", 'id'), " + literal(catalog_.login) +
                "); END $$;\n";
        }
        return sql;
    }

    void check_creation(bool tables) {
        const auto& alters = request_.role.empty() ? catalog_.login : request_.role;
        if (!catalog_.may_create_in_public && (tables || builds_ourselves_)) {
            findings_.forbids(
                alters + " may not create in the schema public",
                by_superuser("GRANT CREATE ON SCHEMA public TO " + quoted(alters) + ";"));
        }
        if (!catalog_.closed_tablespace.empty() && (tables || builds_ourselves_)) {
            findings_.forbids(
                alters + " may not create in the tablespace " + catalog_.closed_tablespace +
                    ", which is its default",
                by_superuser("GRANT CREATE ON TABLESPACE " + quoted(catalog_.closed_tablespace) +
                             " TO " + quoted(alters) + ";"));
        }
        if (!catalog_.strangers.empty()) {
            findings_.forbids(
                "the schema nightshift holds what is not ours: " + excerpt(catalog_.strangers), "");
        }
        if (catalog_.may_create_our_schema) return;
        const auto on = catalog_.our_schema_stands
                            ? std::string{"CREATE, USAGE ON SCHEMA nightshift"}
                            : "CREATE ON DATABASE " + quoted(catalog_.database);
        findings_.forbids(catalog_.login + " may not create " +
                              (catalog_.our_schema_stands ? "in the schema nightshift"
                                                          : "a schema in this database"),
                          by_superuser("GRANT " + on + " TO " + quoted(catalog_.login) + ";"));
    }

    const Catalog& catalog_;
    const AdoptionRequest& request_;
    IdType user_id_ = IdType::bigint;
    IdType question_id_ = IdType::bigint;
    std::vector<Statement> brief_;
    std::vector<Statement> builds_;
    std::vector<Statement> withheld_;  // of the table at hand
    bool builds_ourselves_ = false;
    Findings findings_;
};

void refuse_role(const Catalog& catalog, const std::string& role) {
    if (role.empty() || catalog.is_member.value_or(false)) return;
    throw Error{Failure::configuration, "cannot act as the role " + excerpt(role),
                catalog.is_member ? catalog.login + " is no member of it" : "there is no such role",
                catalog.is_member ? "GRANT " + quoted(role) + " TO " + quoted(catalog.login)
                                  : "name the role that owns the app's tables"};
}

// Asked only where the unique index has still to be built.
std::optional<std::string> repeated_event(postgres::Transaction& transaction,
                                          const Catalog& catalog) {
    const auto& attempts = catalog.table("attempts");
    const auto column = attempts.columns.find("event_id");
    const bool unique =
        std::any_of(catalog.indexes.begin(), catalog.indexes.end(), [](const FoundIndex& index) {
            return index.table == "attempts" && index.columns == "event_id" && index.valid &&
                   index.unique && index.plain && index.included.empty() &&
                   (index.predicate.empty() || index.predicate == "(event_id IS NOT NULL)");
        });
    if (attempts.kind != "r" || !attempts.may_read || unique || column == attempts.columns.end() ||
        column->second.family != "text") {
        return std::nullopt;
    }
    const auto rows = postgres::exec(transaction, sql::repeated_event);
    if (rows.empty()) return std::nullopt;
    return excerpt(rows[0]["event_id"].c_str()) + " stands " + rows[0]["copies"].c_str() + " times";
}

}  // namespace

Adoption plan_adoption(postgres::Connection& connection, const AdoptionRequest& request) {
    return connection.transaction("reading the app's tables", [&](auto& transaction) {
        // Whoever holds a table for themselves holds this up too; event_ids may take their time.
        transaction.exec("SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = 0");
        const auto catalog = read_catalog(transaction, request.role);
        refuse_role(catalog, request.role);
        return Planner{catalog, request}.plan(repeated_event(transaction, catalog));
    });
}

}  // namespace nightshift::schema
