// What a month's quantities cost by a book of prices.
//
// What has no price is never 0: it is unpriced, and said to be.
#pragma once

#include "costs/price_book.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::costs {

// How a quantity is known: counted by us, or taken for granted.
enum class Basis { measured, assumed };
std::string name(Basis basis);

struct Used {
    std::string provider;
    std::string item;
    Quantity quantity;
    Basis basis = Basis::measured;
};

struct Line {
    Used used;
    std::string service = {};  // of the price; empty: there is none
    std::string unit = {};
    std::optional<Cost> cost = {};  // nothing: unpriced
    std::string why_unpriced = {};
    std::string source = {};
    std::string as_of = {};
};

struct Bill {
    std::vector<Line> lines;  // in the order of what was used
    Cost sum{};               // of what has a price
    int unpriced = 0;         // lines
};

// Each item once: what is free, and the steps, are of the whole month.
Bill bill_of(const PriceBook& book, const std::vector<Used>& month);

}  // namespace nightshift::costs
