// The SQL with which others mend what we may not or will not change ourselves.
#pragma once

#include "migrations/statement.hpp"
#include "schema/catalog.hpp"

#include <string>
#include <string_view>

namespace nightshift::schema {

std::string in_public(std::string_view name);  // public.attempts
std::string quoted(const std::string& name);   // "app"

std::string literal(const std::string& text);  // 'app'

// What the owner of the tables may not do stands as a comment, so that the rest still runs.
std::string by_superuser(const std::string& sql);

// A statement of ours that the table's owner has to run.
std::string for_owner(const migrations::Statement& statement, const std::string& owner);

// A column that rows which stand have no value for.
std::string add_column(std::string_view table, std::string_view column, const std::string& type);

// For the app's own people to decide: it would have to use the new name.
std::string rename_column(std::string_view table, const std::string& column,
                          std::string_view wanted);

std::string set_default(std::string_view table, std::string_view column, const std::string& value);

// Its default stays, as a value of the new type.
std::string retype(std::string_view table, std::string_view column, const FoundColumn& standing,
                   const std::string& type);

std::string make_unique(std::string_view table, std::string_view column);

// A unique constraint that is checked at once, under its old name; nobody waits for its index.
std::string make_immediate(const FoundIndex& index);

// A time without a zone becomes an instant; somebody has to say in which zone it was written.
std::string to_instants(std::string_view table, std::string_view column,
                        const FoundColumn& standing);

}  // namespace nightshift::schema
