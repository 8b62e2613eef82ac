// What providers ask for, as a JSON file; the program's own is one to begin with:
//
//   {"schema_version": 1, "currency": "USD", "sms": {"twilio": {"KE": "0.0070", "US": "0.0145"}}}
//
// sms: of one segment, by provider and country (ISO 3166-1). A country without a price is not sent
// to. Amounts are text, so that nothing rounds them.
#pragma once

#include "base/money.hpp"

#include <map>
#include <optional>
#include <string>

namespace nightshift::costs {

struct PriceBook {
    std::string currency;  // ISO 4217
    std::map<std::string, std::map<std::string, Money>> sms;

    std::optional<Money> sms_price(const std::string& provider, const std::string& country) const;
};

// file: empty is the program's own. Throws Error (configuration) naming the file and the field.
PriceBook read_price_book(const std::string& file = {});

}  // namespace nightshift::costs
