#include "schema/catalog.hpp"

#include "schema/app_tables.hpp"
#include "schema/sql.hpp"

namespace nightshift::schema {
namespace {

// An array literal of plain names.
std::string array(const std::vector<std::string_view>& names) {
    std::string text;
    for (const auto each : names) text += (text.empty() ? "{" : ",") + std::string{each};
    return text + "}";
}

std::string text_of(const pqxx::field& field) { return field.is_null() ? "" : field.c_str(); }

}  // namespace

Catalog read_catalog(postgres::Transaction& transaction, const std::string& role) {
    std::vector<std::string_view> table_names;
    std::vector<std::string_view> index_names;
    for (const auto& table : app_tables()) {
        table_names.push_back(table.name);
        for (const auto& index : table.indexes) index_names.push_back(index.name);
    }

    Catalog catalog;
    const auto who = postgres::exec(transaction, sql::roles,
                                    {role.empty() ? std::nullopt : std::optional{role}})[0];
    catalog.login = who["login"].c_str();
    if (!who["is_member"].is_null()) catalog.is_member = who["is_member"].as<bool>();
    if (!role.empty() && !catalog.is_member.value_or(false)) return catalog;

    const auto& alters = role.empty() ? catalog.login : role;
    const auto rights = postgres::exec(transaction, sql::create_rights, {alters, catalog.login})[0];
    catalog.may_use_public = rights["use_public"].as<bool>();
    catalog.may_create_in_public = rights["in_public"].as<bool>();
    catalog.our_schema_stands = rights["in_database"].is_null();
    catalog.may_create_our_schema =
        (catalog.our_schema_stands ? rights["in_ours"] : rights["in_database"]).as<bool>();
    catalog.strangers = text_of(rights["strangers"]);
    catalog.closed_tablespace = text_of(rights["closed_tablespace"]);
    catalog.read_only = rights["read_only"].as<bool>();
    catalog.database = rights["database"].c_str();

    for (const auto& row : postgres::exec(transaction, sql::app_relations,
                                          {array(table_names), alters, catalog.login})) {
        auto& table = catalog.tables[row["name"].c_str()];
        table.elsewhere = text_of(row["elsewhere"]);
        table.shadowed = row["shadowed"].as<bool>(false);
        if (row["kind"].is_null()) continue;
        table.kind = row["kind"].c_str();
        table.owner = row["owner"].c_str();
        table.may_alter = row["may_alter"].as<bool>();
        table.owner_may_create = row["owner_may_create"].as<bool>();
        table.peculiar = text_of(row["peculiar"]);
        table.may_read = row["may_read"].as<bool>();
        table.returned_by = text_of(row["returned_by"]);
        table.filtered = row["filtered"].as<bool>();
        table.sequence = text_of(row["sequence"]);
    }
    for (const auto& row : postgres::exec(transaction, sql::app_columns, {array(table_names)})) {
        catalog.tables[row["table_name"].c_str()].columns[row["name"].c_str()] = {
            row["type"].c_str(), row["family"].c_str(), row["has_default"].as<bool>(),
            text_of(row["default_value"]), row["needs_value"].as<bool>()};
    }
    for (const auto& row :
         postgres::exec(transaction, sql::app_indexes, {array(table_names), array(index_names)})) {
        catalog.indexes.push_back({.table = text_of(row["table_name"]),
                                   .name = row["name"].c_str(),
                                   .columns = text_of(row["columns"]),
                                   .included = text_of(row["included"]),
                                   .predicate = text_of(row["predicate"]),
                                   .valid = row["valid"].as<bool>(),
                                   .unique = row["is_unique"].as<bool>(),
                                   .plain = row["is_plain"].as<bool>(),
                                   .deferrable = text_of(row["deferrable"]),
                                   .primary = row["is_primary"].as<bool>()});
    }
    return catalog;
}

}  // namespace nightshift::schema
