// What a look at the app's tables finds, each with the SQL that mends it, gathered for one refusal.
#pragma once

#include "schema/adoption.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::schema {

class Findings {
  public:
    // The tables' shape: 65. sql may be empty.
    void lacks(const std::string& what, const std::string& sql) { note(lacking_, what, sql); }
    // Rights, kinds, names: 78.
    void forbids(const std::string& what, const std::string& sql) { note(forbidden_, what, sql); }

    // Nothing where nothing was found.
    std::optional<Refusal> refusal() const;

  private:
    struct Kind {
        std::vector<std::string> reasons;
        std::vector<std::string> sql;
    };
    static void note(Kind& kind, const std::string& what, const std::string& sql);

    Kind lacking_;
    Kind forbidden_;
};

}  // namespace nightshift::schema
