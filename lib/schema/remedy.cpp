#include "schema/remedy.hpp"

namespace nightshift::schema {
namespace {

// In front of an app's traffic as nightshift itself waits: who comes after a waiting ALTER queues.
constexpr const char* brief = "SET lock_timeout = '250ms';  -- where it ends, run it again\n";
// A build holds up nobody, and waits for every older transaction.
constexpr const char* unhurried = "SET lock_timeout = 0; SET statement_timeout = 0;\n";

std::string enclosed(const std::string& text, char quote) {
    std::string out{quote};
    for (const char c : text) out += c == quote ? std::string(2, quote) : std::string{c};
    return out + quote;
}

}  // namespace

std::string in_public(std::string_view name) { return "public." + std::string{name}; }

std::string quoted(const std::string& name) { return enclosed(name, '"'); }

std::string literal(const std::string& text) { return enclosed(text, '\''); }

std::string by_superuser(const std::string& sql) { return "-- as a superuser: " + sql; }

std::string for_owner(const migrations::Statement& statement, const std::string& owner) {
    const bool briefly = statement.mode == migrations::Statement::Mode::briefly;
    return "-- as " + owner + ": " + statement.purpose + ", under " + statement.lock +
           (briefly ? "" : ", beside reads and writes") + "\n" + (briefly ? brief : unhurried) +
           statement.sql + ";";
}

std::string add_column(std::string_view table, std::string_view column, const std::string& type) {
    const std::string name{column};
    return "-- " + name +
           " is NULL in the rows that stand: fill it, and let the app fill it from now\n"
           "-- on; or, where the app has it under another name, rename that\n" +
           brief + "ALTER TABLE " + in_public(table) + " ADD COLUMN IF NOT EXISTS " + name + " " +
           type + ";";
}

std::string rename_column(std::string_view table, const std::string& column,
                          std::string_view wanted) {
    return "-- where the app can use that name: ALTER TABLE " + in_public(table) +
           " RENAME COLUMN " + quoted(column) + " TO " + std::string{wanted} + ";";
}

std::string set_default(std::string_view table, std::string_view column, const std::string& value) {
    return brief + std::string{"ALTER TABLE "} + in_public(table) + " ALTER COLUMN " +
           std::string{column} + " SET DEFAULT " + value + ";";
}

std::string retype(std::string_view table, std::string_view column, const FoundColumn& standing,
                   const std::string& type) {
    const auto converted = [&](const std::string& value) {
        if (type != "boolean") return "(" + value + ")::" + type;
        // Only an int4 has a cast to boolean; of others the text may say 0, 1, t, f, yes or no.
        return standing.family == "integer" ? "(" + value + ") <> 0"
                                            : "(" + value + ")::text::boolean";
    };
    const auto change = "\n    ALTER COLUMN " + std::string{column};
    auto sql =
        "-- rewrites the table under ACCESS EXCLUSIVE, and the app must read and write " + type +
        "\n-- from then on; checks, indexes and views on it may have to be dropped first and "
        "made anew\n" +
        std::string{brief};
    if (type == "timestamptz") sql += "SET timezone = 'UTC';  -- in which its values are read\n";
    sql += "ALTER TABLE " + in_public(table);
    if (!standing.default_value.empty()) sql += change + " DROP DEFAULT,";  // it may not be cast
    sql += change + " TYPE " + type + " USING " + converted(std::string{column});
    if (!standing.default_value.empty())
        sql += "," + change + " SET DEFAULT " + converted(standing.default_value);
    return sql + ";";
}

std::string make_unique(std::string_view table, std::string_view column) {
    return unhurried + std::string{"CREATE UNIQUE INDEX CONCURRENTLY ON "} + in_public(table) +
           " (" + std::string{column} + ");";
}

std::string make_immediate(const FoundIndex& index) {
    const auto built = "nightshift_" + index.table + "_immediate";
    const auto constraint = quoted(index.deferrable);
    return unhurried + std::string{"CREATE UNIQUE INDEX CONCURRENTLY "} + built + " ON " +
           in_public(index.table) + " (" + index.columns + ");\n" + brief + "ALTER TABLE " +
           in_public(index.table) + " DROP CONSTRAINT " + constraint + ",\n    ADD CONSTRAINT " +
           constraint + (index.primary ? " PRIMARY KEY" : " UNIQUE") + " USING INDEX " + built +
           ";";
}

std::string to_instants(std::string_view table, std::string_view column,
                        const FoundColumn& standing) {
    const std::string name{column};
    auto sql =
        "-- where its times are UTC: nothing is rewritten but indexes on it, under ACCESS "
        "EXCLUSIVE\n"
        "-- where they are another zone's: leave the SET timezone away and add, before the "
        "semicolon,\n"
        "-- USING " +
        name +
        " AT TIME ZONE 'Europe/London'; the table is rewritten\n"
        "-- from then on a session that writes it without an offset is read in its own TimeZone\n" +
        std::string{brief} + "SET timezone = 'UTC';\nALTER TABLE " + in_public(table) +
        " ALTER COLUMN " + name + " TYPE timestamptz;";
    // One that makes times without a zone would be read in each session's zone.
    if (standing.default_value.find("now()") != std::string::npos ||
        standing.default_value.find("CURRENT_TIMESTAMP") != std::string::npos ||
        standing.default_value.find("LOCALTIMESTAMP") != std::string::npos)
        sql += "\n" + set_default(table, column, "now()");
    return sql;
}

}  // namespace nightshift::schema
