// A book of prices for people, and as JSON.
#pragma once

#include "costs/price_book.hpp"

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace nightshift::cmd {

std::string text_of(const costs::PriceBook& book);
nlohmann::ordered_json to_json(const costs::PriceBook& book);

}  // namespace nightshift::cmd
