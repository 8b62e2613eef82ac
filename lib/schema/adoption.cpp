#include "schema/adoption.hpp"

#include "base/text.hpp"
#include "schema/catalog.hpp"
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
            forbids(
                catalog_.login + " may not use the schema public",
                by_superuser("GRANT USAGE ON SCHEMA public TO " + quoted(catalog_.login) + ";"));
        }
        std::string creations;
        for (const auto& table : app_tables()) {
            if (!catalog_.table(table.name).exists()) {
                creations += create_table(table, user_id_, question_id_);
            } else if (is_alterable(table)) {
                check_rights(table);
                plan_columns(table);
                plan_indexes(table);
            }
        }
        compare_ids();
        if (repeated_event) {
            lacks("public.attempts has rows with the same event_id: " + *repeated_event,
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
            forbids("the database is read only, or a standby",
                    "-- point DATABASE_URL at the primary; see default_transaction_read_only");
        }

        Adoption adoption;
        adoption.refusal = refusal();
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

    bool is_alterable(const AppTable& table) {
        const auto& kind = catalog_.table(table.name).kind;
        const auto& peculiar = catalog_.table(table.name).peculiar;
        if (!peculiar.empty()) {
            forbids(in_public(table.name) + " " + peculiar, "");
            return false;
        }
        if (kind == "r" || (kind == "p" && table.name != "attempts")) return true;
        forbids(in_public(table.name) +
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
            forbids(catalog_.login + " may not read " + in_public(table.name), grants);
        }
        if (found.filtered) {
            forbids("row-level security hides rows of " + in_public(table.name) + " from " +
                        catalog_.login,
                    by_superuser("ALTER ROLE " + quoted(catalog_.login) + " BYPASSRLS;"));
        }
    }

    void plan_columns(const AppTable& table) {
        const auto& found = catalog_.table(table.name).columns;
        std::string additions;
        for (const auto& column : table.columns) {
            const auto standing = found.find(std::string{column.name});
            if (standing != found.end()) {
                check_type(table, column, standing->second);
            } else if (column.required) {
                lacks(in_public(table.name) + " has no column " + std::string{column.name},
                      "ALTER TABLE " + in_public(table.name) + " ADD COLUMN " +
                          std::string{column.name} + " " + bare(column, table) + ";");
            } else {
                additions += (additions.empty() ? "" : ",") +
                             std::string{"\n    ADD COLUMN IF NOT EXISTS "} +
                             std::string{column.name} + " " + std::string{column.definition};
            }
        }
        check_uniqueness(table);
        if (additions.empty()) return;
        alter(table, {.purpose = "add columns to " + in_public(table.name),
                      .sql = "ALTER TABLE " + in_public(table.name) + additions,
                      .mode = Statement::Mode::briefly,
                      .table = in_public(table.name),
                      .lock = "ACCESS EXCLUSIVE",
                      .index = {}});
    }

    // Of a column that an adopted table lacks: rows that stand have no value for it.
    std::string bare(const AppColumn& column, const AppTable& table) const {
        const auto own = table.name == "questions" ? question_id_ : user_id_;
        auto definition = with_ids(column.definition, own, user_id_, question_id_);
        const auto not_null = definition.find(" NOT NULL");
        return not_null == std::string::npos ? definition : definition.substr(0, not_null);
    }

    void check_type(const AppTable& table, const AppColumn& column, const FoundColumn& standing) {
        const auto place = in_public(table.name) + "." + std::string{column.name};
        if (fits(column.family, standing.family)) {
            if (column.family != Family::xid8 || standing.has_default) return;
            lacks(place + " has no default",
                  set_default(table.name, column.name, "pg_current_xact_id()"));
        } else if (column.family == Family::timestamptz && standing.family == "timestamp") {
            lacks(place + " is a time without a zone, which is no instant",
                  to_instants(table.name, column.name, standing));
        } else {
            const bool id = column.family == Family::id;
            const auto definition = id ? std::string{"text"} : bare(column, table);
            lacks(place + " is " + standing.type + " and must be " +
                      (id ? "an integer, a uuid or text"
                          : definition.substr(0, definition.find(" DEFAULT "))),
                  retype(table.name, column.name, standing, definition));
        }
    }

    // Imports say ON CONFLICT: a constraint that is checked later is no use, and even in the way.
    void check_uniqueness(const AppTable& table) {
        const auto place = in_public(table.name) + "." + std::string{table.unique_column};
        bool is_unique = table.unique_column != "id";  // of others we build the index
        is_unique |= !catalog_.table(table.name).columns.contains("id");
        for (const auto& index : catalog_.indexes) {
            if (index.table != table.name || index.columns != table.unique_column) continue;
            if (!index.deferrable.empty()) {
                lacks(place + " is unique by a constraint that is DEFERRABLE",
                      make_immediate(index));
                return;
            }
            is_unique |= index.valid && index.unique && index.predicate.empty();
        }
        if (!is_unique) {
            lacks(place + " is not unique by any index",
                  "CREATE UNIQUE INDEX CONCURRENTLY ON " + in_public(table.name) + " (id);");
        }
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
                forbids("something else has the name " + in_public(index.name),
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
        if (!found.may_alter) {
            if (!briefly && !found.owner_may_create) {
                forbids(
                    found.owner + " may not create indexes in the schema public",
                    by_superuser("GRANT CREATE ON SCHEMA public TO " + quoted(found.owner) + ";"));
            }
            // In front of the app's traffic 250 ms; a build waits for older transactions.
            forbids(in_public(table.name) + " belongs to " + found.owner +
                        ", and only its owner may add to it",
                    std::string{briefly ? "SET lock_timeout = '250ms';  -- run again where it ends"
                                        : "SET lock_timeout = 0;"} +
                        "\n" + statement.sql + ";");
        }
        builds_ourselves_ |= found.may_alter && !briefly;
        (briefly ? brief_ : builds_).push_back(std::move(statement));
    }

    void compare_ids() {
        const auto& attempts = catalog_.table("attempts");
        for (const auto& [column, other, type] : {std::tuple{"user_id", "users", user_id_},
                                                  {"question_id", "questions", question_id_}}) {
            const auto mine = id_type(attempts, column);
            if (!mine || *mine == type) continue;
            lacks(
                "public.attempts." + std::string{column} + " is " + std::string{name(*mine)} +
                    " but public." + other + ".id is " + std::string{name(type)},
                std::string{"-- one of the two must get the type of the other: public.attempts."} +
                    column + ", public." + other + ".id");
        }
    }

    // On tables that are made as another role.
    std::string grants_to_us() const {
        std::string sql;
        for (const auto& table : app_tables()) {
            if (catalog_.table(table.name).exists()) continue;
            sql += "GRANT SELECT, INSERT ON " + in_public(table.name) + " TO " +
                   quoted(catalog_.login) + ";\n";
        }
        return sql;
    }

    void check_creation(bool tables) {
        const auto& alters = request_.role.empty() ? catalog_.login : request_.role;
        if (!catalog_.may_create_in_public && (tables || builds_ourselves_)) {
            forbids(alters + " may not create in the schema public",
                    by_superuser("GRANT CREATE ON SCHEMA public TO " + quoted(alters) + ";"));
        }
        if (catalog_.may_create_our_schema) return;
        const auto on = catalog_.our_schema_stands
                            ? std::string{"CREATE, USAGE ON SCHEMA nightshift"}
                            : "CREATE ON DATABASE " + quoted(catalog_.database);
        forbids(catalog_.login + " may not create " +
                    (catalog_.our_schema_stands ? "in the schema nightshift"
                                                : "a schema in this database"),
                by_superuser("GRANT " + on + " TO " + quoted(catalog_.login) + ";"));
    }

    void lacks(const std::string& what, const std::string& sql) { note(lacking_, what, sql); }
    void forbids(const std::string& what, const std::string& sql) { note(forbidden_, what, sql); }

    struct Findings {
        std::vector<std::string> reasons;
        std::vector<std::string> sql;
    };

    static void note(Findings& findings, const std::string& what, const std::string& sql) {
        auto& [reasons, statements] = findings;
        if (std::find(reasons.begin(), reasons.end(), what) == reasons.end())
            reasons.push_back(what);
        if (!sql.empty()) statements.push_back(sql);
    }

    std::optional<Refusal> refusal() const {
        if (lacking_.reasons.empty() && forbidden_.reasons.empty()) return std::nullopt;
        const bool by_data = !lacking_.reasons.empty();
        std::string why;
        std::vector<std::string> sql;
        for (const auto* findings : {&lacking_, &forbidden_}) {
            for (const auto& reason : findings->reasons) why += (why.empty() ? "" : "; ") + reason;
            sql.insert(sql.end(), findings->sql.begin(), findings->sql.end());
        }
        return Refusal{
            {by_data ? Failure::data : Failure::configuration,
             "the app's tables cannot be adopted as they stand; nothing was changed", why,
             sql.empty() ? "change what is named, then run again"
                         : "let their owner run what is on standard output, then run again"},
            std::move(sql)};
    }

    const Catalog& catalog_;
    const AdoptionRequest& request_;
    IdType user_id_ = IdType::bigint;
    IdType question_id_ = IdType::bigint;
    std::vector<Statement> brief_;
    std::vector<Statement> builds_;
    bool builds_ourselves_ = false;
    Findings lacking_;    // the tables' shape: 65
    Findings forbidden_;  // rights, kinds, names: 78
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
                   index.unique;
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
