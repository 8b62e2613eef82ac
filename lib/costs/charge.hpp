// What a month's quantities cost by a book of prices.
//
// What an item costs in a month, by its steps and plans and after what is free, is shared out among
// its parts by quantity; no billionth is lost on the way. What has no price is never 0: it is
// unpriced, and said to be.
#pragma once

#include "costs/price_book.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::costs {

struct Used {
    std::string provider;
    std::string item;
    Quantity quantity;
    Basis basis = Basis::measured;
};

// A part of what a month has used of an item.
struct Portion {
    Used used;
    std::string day = {};                       // 2026-10-15; empty: of no day alone
    std::string kind = {};                      // of message; empty: of none, or not known
    std::optional<std::int64_t> messages = {};  // that were accepted; nothing: not known
    Money saved = {};                           // by messages that stood for SMS
};

// What a portion costs; the book it is of must outlive it.
struct Charge {
    Portion portion;
    std::string month;
    const Price* price = nullptr;
    std::optional<Cost> cost = {};  // nothing: unpriced
    std::string why_unpriced = {};
};

// Of one month, by the prices that hold in prices_of, such as 2026-10.
std::vector<Charge> charge(const PriceBook& book, const std::string& month,
                           const std::vector<Portion>& portions, const std::string& prices_of);

struct Sum {
    Cost cost{};  // of what has a price
    bool has_priced = false;
    bool has_unpriced = false;

    void add(const Charge& charge);
};
Sum sum_of(const std::vector<Charge>& charges);

// Charges of an item as one.
struct Line {
    Used used;                     // the basis: that which is least sure
    const Price* price = nullptr;  // the last of them
    Sum sum;
    std::string why_unpriced = {};
};
std::vector<Line> lines_of(const std::vector<Charge>& charges);  // by provider and item

std::string label_of(Dimension dimension, const Charge& charge);  // empty: it has none
// By no dimension: provider and item.
std::vector<std::string> labels_of(const std::vector<Dimension>& by, const Charge& charge);

struct Group {
    std::vector<std::string> labels;
    Sum sum;
};
std::vector<Group> groups_of(const std::vector<Charge>& charges, const std::vector<Dimension>& by);

}  // namespace nightshift::costs
