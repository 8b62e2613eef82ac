#include "schema/cautions.hpp"

#include "schema/app_tables.hpp"
#include "schema/remedy.hpp"

#include <algorithm>

namespace nightshift::schema {
namespace {

// Made empty, while the app perhaps has it under another name.
std::string of_creation(const AppTable& table, const FoundTable& found, bool others_stand) {
    const auto created = in_public(table.name) + " is created empty";
    if (!found.elsewhere.empty()) {
        return created + ", though " + found.elsewhere +
               " stands: nightshift reads and writes public alone";
    }
    if (!others_stand) return {};
    return created + " beside the app's tables: see that the app has none under another name";
}

std::string of_needed_values(const AppTable& table, const FoundTable& found) {
    std::string needed;
    for (const auto& [name, column] : found.columns) {
        const bool known =
            std::any_of(table.columns.begin(), table.columns.end(),
                        [&name = name](const AppColumn& ours) { return ours.name == name; });
        if (!known && column.needs_value) needed += (needed.empty() ? "" : ", ") + name;
    }
    if (needed.empty()) return {};
    return "imports cannot make rows in " + in_public(table.name) +
           ": NOT NULL without a default: " + needed;
}

std::string of_functions(const AppTable& table, const FoundTable& found) {
    if (found.returned_by.empty()) return {};
    return "these functions return rows of " + in_public(table.name) +
           " and fail once it has more columns, unless they select *: " + found.returned_by;
}

}  // namespace

std::vector<std::string> cautions(const Catalog& catalog) {
    const bool others_stand =
        std::any_of(app_tables().begin(), app_tables().end(),
                    [&](const auto& each) { return catalog.table(each.name).exists(); });
    std::vector<std::string> all;
    const auto add = [&all](std::string sentence) {
        if (!sentence.empty()) all.push_back(std::move(sentence));
    };
    for (const auto& table : app_tables()) {
        const auto& found = catalog.table(table.name);
        if (found.exists()) {
            add(of_needed_values(table, found));
            add(of_functions(table, found));
        } else {
            add(of_creation(table, found, others_stand));
        }
    }
    return all;
}

}  // namespace nightshift::schema
