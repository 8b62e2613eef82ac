// What providers ask for, as a JSON file (nightshift-prices(1) has its form). The program has two:
// list-2025, from which one's own can begin, and published, by which figures that were published
// can be told.
//
// Amounts and quantities are text, so that nothing rounds them. A month has the prices that hold
// from it or from a month before it.
#pragma once

#include "costs/dimension.hpp"
#include "costs/quantity.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::costs {

struct Step {
    Quantity from;
    Money price;  // of each unit beyond it
};

struct Plan {
    Quantity up_to;
    Money monthly;
};

struct Price {
    std::string provider;          // twilio
    std::string item;              // sms/KE, sms/* for every other country; storage, egress
    std::string service;           // sms, s3, cloudfront
    std::string unit;              // segment, GB-month
    std::string from = {};         // 2026-11: the first month that it holds for; empty: from ever
    Quantity free = {};            // of a month
    std::vector<Step> steps = {};  // by what a month has used beyond what is free
    std::vector<Plan> plans = {};  // in place of steps: a month takes the smallest that will do
    std::string source = {};
    std::string as_of = {};  // 2025-11-01
    std::string note = {};
};

// What each month uses: servers; or what cannot be measured, as requests.
struct Monthly {
    std::string provider;
    std::string item;
    Quantity quantity;
    bool is_per_active_user = false;
    Basis basis = Basis::assumed;
};

struct Budget {
    std::string name;
    Money monthly;
    std::map<Dimension, std::string> of;  // channel: sms; empty: of everything
    std::vector<int> thresholds;          // percent, upwards
};

struct PriceBook {
    std::string name;
    std::string currency;  // ISO 4217
    std::string as_of;
    std::string about = {};
    std::vector<Price> prices;
    std::map<std::string, std::string> billed_by = {};  // who bills what is measured: s3: aws
    std::vector<Monthly> monthly = {};
    std::vector<Budget> budgets = {};
    std::vector<std::string> notes = {};

    // month: 2026-11. That of sms/* stands for every country without its own.
    const Price* find(const std::string& provider, const std::string& item,
                      const std::string& month) const;
    // Of one segment.
    std::optional<Money> sms_price(const std::string& provider, const std::string& country,
                                   const std::string& month) const;
};

// What a month's quantity costs by the list, and after what is free. Nothing: no plan is large
// enough.
struct Cost {
    Money list;
    Money net;

    Cost operator+(const Cost& other) const { return {list + other.list, net + other.net}; }
    Cost operator-(const Cost& other) const { return {list - other.list, net - other.net}; }
    bool operator==(const Cost&) const = default;
};
std::optional<Cost> cost_of_month(const Price& price, Quantity quantity);

// list-2025, published, or a file; empty: list-2025. Throws Error (configuration) naming the file
// and, where it is read, the field.
std::string text_of_price_book(const std::string& book = {});
PriceBook read_price_book(const std::string& book = {});

}  // namespace nightshift::costs
