#include "schema/remedy.hpp"

namespace nightshift::schema {

std::string in_public(std::string_view name) { return "public." + std::string{name}; }

std::string quoted(const std::string& name) {
    std::string out = "\"";
    for (const char c : name) out += c == '"' ? std::string{"\"\""} : std::string{c};
    return out + "\"";
}

std::string by_superuser(const std::string& sql) { return "-- as a superuser: " + sql; }

std::string set_default(std::string_view table, std::string_view column, const std::string& value) {
    return "ALTER TABLE " + in_public(table) + " ALTER COLUMN " + std::string{column} +
           " SET DEFAULT " + value + ";";
}

std::string retype(std::string_view table, std::string_view column, const FoundColumn& standing,
                   const std::string& definition) {
    const auto default_at = definition.find(" DEFAULT ");
    const auto type = definition.substr(0, default_at);
    const auto change = "\n    ALTER COLUMN " + std::string{column};
    auto sql = "ALTER TABLE " + in_public(table);
    if (standing.has_default) sql += change + " DROP DEFAULT,";  // it may not be cast
    sql += change + " TYPE " + type + " USING " + std::string{column} +
           (type == "boolean" && standing.family == "integer" ? " <> 0" : "::" + type);
    if (default_at != std::string::npos)
        sql += "," + change + " SET" + definition.substr(default_at);
    return sql + ";";
}

std::string make_immediate(const FoundIndex& index) {
    const auto built = "nightshift_" + index.table + "_immediate";
    const auto constraint = quoted(index.deferrable);
    return "CREATE UNIQUE INDEX CONCURRENTLY " + built + " ON " + in_public(index.table) + " (" +
           index.columns + ");\nALTER TABLE " + in_public(index.table) + " DROP CONSTRAINT " +
           constraint + ",\n    ADD CONSTRAINT " + constraint +
           (index.primary ? " PRIMARY KEY" : " UNIQUE") + " USING INDEX " + built + ";";
}

std::string to_instants(std::string_view table, std::string_view column,
                        const FoundColumn& standing) {
    const std::string name{column};
    auto sql =
        "-- if its times are UTC (nothing is rewritten then); else leave the first line away\n"
        "-- and add: USING " +
        name +
        " AT TIME ZONE 'Africa/Banjul'\n"
        "SET timezone = 'UTC';\n"
        "ALTER TABLE " +
        in_public(table) + " ALTER COLUMN " + name + " TYPE timestamptz;";
    // One that made times without a zone would be read in each session's zone.
    if (standing.has_default) sql += "\n" + set_default(table, column, "now()");
    return sql;
}

}  // namespace nightshift::schema
