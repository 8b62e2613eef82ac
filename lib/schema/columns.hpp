// The columns of an app's table against those that we need.
#pragma once

#include "schema/app_tables.hpp"
#include "schema/catalog.hpp"
#include "schema/findings.hpp"

#include <string>

namespace nightshift::schema {

// Notes what must be there and is not, or is of a type or uniqueness that does not serve.
// Returns what ALTER TABLE is to add, empty where nothing is.
std::string check_columns(const AppTable& table, const Catalog& catalog, IdType user_id,
                          IdType question_id, Findings& findings);

}  // namespace nightshift::schema
