// What providers ask for, as a JSON file (nightshift-prices(1) has its form). The program has two:
// list-2025, from which one's own can begin, and published, by which figures that were published
// can be told.
//
// sms: of one segment, by provider and country (ISO 3166-1), or * for every other one. A country
// without a price is not sent to. prices: of everything else; price, of each unit, or steps, by
// what a month has used beyond what is free, or plans, of which a month takes the smallest that is
// large enough. Amounts and quantities are text, so that nothing rounds them.
#pragma once

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
    std::string provider;  // twilio
    std::string item;      // sms/KE, storage, egress
    std::string service;   // sms, s3, cloudfront
    std::string unit;      // segment, GB-month
    Quantity free = {};    // of a month
    std::vector<Step> steps = {};
    std::vector<Plan> plans = {};  // in place of steps
    std::string source = {};
    std::string as_of = {};  // 2025-11-01
    std::string note = {};
};

struct PriceBook {
    std::string name;
    std::string currency;  // ISO 4217
    std::string as_of;
    std::string about = {};
    std::vector<Price> prices;  // by provider and item
    std::vector<std::string> notes = {};

    // That of sms/* stands for every country without its own.
    const Price* find(const std::string& provider, const std::string& item) const;
    // Of one segment.
    std::optional<Money> sms_price(const std::string& provider, const std::string& country) const;
};

// What a month's quantity costs by the list, and after what is free. Nothing: no plan is large
// enough.
struct Cost {
    Money list;
    Money net;
};
std::optional<Cost> cost_of_month(const Price& price, Quantity quantity);

// list-2025, published, or a file; empty: list-2025. Throws Error (configuration) naming the file
// and, where it is read, the field.
std::string text_of_price_book(const std::string& book = {});
PriceBook read_price_book(const std::string& book = {});

}  // namespace nightshift::costs
