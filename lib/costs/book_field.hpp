// A field of a price book's JSON, read with a message that names it.
#pragma once

#include "base/money.hpp"
#include "costs/quantity.hpp"

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace nightshift::costs {

// What a file has that a setting or an option names, 4 MiB at most. what: the price book. Throws
// Error (configuration).
std::string read_named(const std::string& what, const std::string& path, const std::string& hint);

// As JSON, in which no object has a key twice. Throws Error (configuration): the file by this name,
// and where in it.
nlohmann::json parse_strictly(const std::string& text, const std::string& name);

// Each refusal throws Error (configuration). json and book: must outlive it.
class Field {
  public:
    Field(const nlohmann::json& json, const std::string& book, std::string name,
          std::string key = {})
        : json_{json}, book_{book}, name_{std::move(name)}, key_{std::move(key)} {}

    [[noreturn]] void refuse(const std::string& why) const;
    bool has(const char* name) const;
    Field at(const char* name) const;  // of nothing, where it is not there
    std::string text() const;
    std::string text_or(const std::string& otherwise) const;
    std::string day_or(const std::string& otherwise) const;
    std::string month_or(const std::string& otherwise) const;
    Money money() const;
    Quantity quantity() const;
    int percent() const;  // 1 to 1000
    bool is_list() const;
    std::vector<Field> list() const;
    std::vector<Field> entries() const;
    const std::string& key() const { return key_; }  // of an entry
    void refuse_other_fields(const std::set<std::string>& known) const;

  private:
    const nlohmann::json& json_;
    const std::string& book_;
    std::string name_;  // prices[1].steps
    std::string key_;
};

}  // namespace nightshift::costs
