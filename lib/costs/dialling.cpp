#include "costs/dialling.hpp"

#include "costs/json.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

namespace nightshift::costs {
namespace {

std::map<std::string, std::string, std::less<>> read_codes() {
    std::map<std::string, std::string, std::less<>> codes;
    const auto countries = nlohmann::json::parse(json::dialling_codes);
    for (const auto& [country, list] : countries.items()) {
        std::istringstream words{list.get<std::string>()};
        for (std::string code; words >> code;) codes[code] = country;
    }
    return codes;
}

}  // namespace

std::string country_of(std::string_view number) {
    static const auto codes = read_codes();
    constexpr std::size_t longest = 6;
    if (!number.starts_with('+')) return {};
    number.remove_prefix(1);
    for (auto length = std::min(longest, number.size()); length > 0; --length) {
        const auto found = codes.find(number.substr(0, length));
        if (found != codes.end()) return found->second;
    }
    return {};
}

}  // namespace nightshift::costs
