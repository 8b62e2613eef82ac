// The SQL with which others mend what we may not or will not change ourselves.
#pragma once

#include "schema/catalog.hpp"

#include <string>
#include <string_view>

namespace nightshift::schema {

std::string in_public(std::string_view name);  // public.attempts
std::string quoted(const std::string& name);   // "app"

// What the owner of the tables may not do stands as a comment, so that the rest still runs.
std::string by_superuser(const std::string& sql);

std::string set_default(std::string_view table, std::string_view column, const std::string& value);

// definition: the type that it shall have, and perhaps a default.
std::string retype(std::string_view table, std::string_view column, const FoundColumn& standing,
                   const std::string& definition);

// A unique constraint that is checked at once, under its old name; nobody waits for its index.
std::string make_immediate(const FoundIndex& index);

// A time without a zone becomes an instant; somebody has to say in which zone it was written.
std::string to_instants(std::string_view table, std::string_view column,
                        const FoundColumn& standing);

}  // namespace nightshift::schema
