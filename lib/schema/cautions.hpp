// What can be adopted, but perhaps not as it was meant.
#pragma once

#include "schema/catalog.hpp"

#include <string>
#include <vector>

namespace nightshift::schema {

// A sentence each.
std::vector<std::string> cautions(const Catalog& catalog);

}  // namespace nightshift::schema
