// The app's own tables as we need them: created where missing, adopted where they stand. What an
// adopted table may lack is added to it; what it must have it must bring.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nightshift::schema {

// What the app's ids are; one for users and one for questions.
enum class IdType { bigint, uuid, text };

std::string_view name(IdType type);  // as SQL has it

// What a column's type must be for us, whatever its exact spelling: int4 is an integer, varchar
// text.
enum class Family { id, boolean, text, integer, timestamptz, time, xid8, any };

// found: as app_columns.sql names it.
bool fits(Family wanted, std::string_view found);

struct AppColumn {
    std::string_view name;
    Family family;
    // As CREATE TABLE has it, and ADD COLUMN but for now(), which old rows do not get. In the type
    // of an id stands what it identifies: {own}, {user} or {question}.
    std::string_view definition;
    bool required = false;  // an adopted table must bring it
};

struct AppIndex {
    std::string_view name;
    std::string_view columns;    // joined with ", "
    std::string_view included;   // likewise; may be empty
    std::string_view predicate;  // as Postgres writes it back; may be empty
    bool unique = false;
    bool unique_where_made = false;  // an app's own table may hold what it likes
};

struct AppTable {
    std::string_view name;  // in public
    std::vector<AppColumn> columns;
    std::vector<AppIndex> indexes;
    // What rows of ours are created by, where they are; id must have an index already.
    std::string_view unique_column = {};
    std::string_view key = {};  // of several columns, where the table is made
};

const std::vector<AppTable>& app_tables();

// CREATE TABLE with its indexes, for a database that has none.
std::string create_table(const AppTable& table, IdType user_id, IdType question_id);
// "{user}" becomes uuid.
std::string with_ids(std::string_view definition, IdType own, IdType user_id, IdType question_id);
// CREATE INDEX without the words before its name.
std::string index_definition(const AppTable& table, const AppIndex& index);

}  // namespace nightshift::schema
