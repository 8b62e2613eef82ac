#include "schema/columns.hpp"

#include "base/text.hpp"
#include "schema/remedy.hpp"

#include <algorithm>

namespace nightshift::schema {
namespace {

// userId for user_id: an ORM's habit.
std::string look_alike(const FoundTable& table, std::string_view wanted) {
    const auto plain = [](std::string_view name) {
        auto text = lowered(name);
        std::erase(text, '_');
        return text;
    };
    for (const auto& [name, column] : table.columns) {
        if (plain(name) == plain(wanted)) return name;
    }
    return {};
}

// Constant defaults hold for the rows that stand too; those were not made now.
std::string addition(const AppColumn& column) {
    constexpr std::string_view now = " DEFAULT now()";
    const std::string name{column.name};
    const auto add = "\n    ADD COLUMN IF NOT EXISTS " + name + " ";
    if (!column.definition.ends_with(now)) return add + std::string{column.definition};
    return add + std::string{column.definition.substr(0, column.definition.size() - now.size())} +
           ",\n    ALTER COLUMN " + name + " SET" + std::string{now};
}

// Without what rows that stand could break.
std::string bare(const std::string& definition) {
    return definition.substr(0, definition.find(" NOT NULL"));
}

void check_type(const std::string& definition, const AppTable& table, const AppColumn& column,
                const FoundColumn& standing, Findings& findings) {
    const auto place = in_public(table.name) + "." + std::string{column.name};
    if (fits(column.family, standing.family)) {
        if (column.family != Family::xid8 || standing.has_default) return;
        findings.lacks(place + " has no default",
                       set_default(table.name, column.name, "pg_current_xact_id()"));
    } else if (column.family == Family::timestamptz && standing.family == "timestamp") {
        findings.lacks(place + " is a time without a zone, which is no instant",
                       to_instants(table.name, column.name, standing));
    } else {
        const auto type =
            column.name == "id" ? "text" : definition.substr(0, definition.find(" DEFAULT "));
        findings.lacks(place + " is " + standing.type + " and must be " +
                           (column.family == Family::id ? "an integer, a uuid or text" : type),
                       retype(table.name, column.name, standing, type));
    }
}

// Imports say ON CONFLICT: a constraint that is checked later is no use, and even in the way.
void check_uniqueness(const AppTable& table, const Catalog& catalog, Findings& findings) {
    if (table.unique_column.empty()) return;  // the app alone makes rows there
    const auto place = in_public(table.name) + "." + std::string{table.unique_column};
    bool is_unique = table.unique_column != "id";  // of others we build the index
    is_unique |= !catalog.table(table.name).columns.contains("id");
    for (const auto& index : catalog.indexes) {
        if (index.table != table.name || index.columns != table.unique_column) continue;
        if (!index.deferrable.empty()) {
            findings.lacks(place + " is unique by a constraint that is DEFERRABLE",
                           make_immediate(index));
            return;
        }
        is_unique |= index.valid && index.unique && index.predicate.empty();
    }
    if (!is_unique) {
        findings.lacks(place + " is not unique by any index", make_unique(table.name, "id"));
    }
}

}  // namespace

std::string check_columns(const AppTable& table, const Catalog& catalog, IdType user_id,
                          IdType question_id, Findings& findings) {
    const auto& found = catalog.table(table.name);
    const auto own_id = table.name == "questions" ? question_id : user_id;
    std::string additions;
    for (const auto& column : table.columns) {
        const auto definition = bare(with_ids(column.definition, own_id, user_id, question_id));
        const auto standing = found.columns.find(std::string{column.name});
        if (standing != found.columns.end()) {
            check_type(definition, table, column, standing->second, findings);
        } else if (column.required) {
            const auto alike = look_alike(found, column.name);
            const auto lacking =
                in_public(table.name) + " has no column " + std::string{column.name};
            if (alike.empty()) {
                findings.lacks(lacking, add_column(table.name, column.name, definition));
            } else {
                findings.lacks(lacking + ", but " + quoted(alike),
                               rename_column(table.name, alike, column.name));
            }
        } else if (definition.find("PRIMARY KEY") == std::string::npos) {
            additions += (additions.empty() ? "" : ",") + addition(column);
        }
    }
    check_uniqueness(table, catalog, findings);
    return additions;
}

}  // namespace nightshift::schema
