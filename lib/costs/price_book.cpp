#include "costs/price_book.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "costs/json.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::costs {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
    throw Error{Failure::configuration, "the price book " + file + " cannot be used", why,
                "correct it; nightshift-send-reminders(1) has its form"};
}

Money price_of(const Json& json, const std::string& file, const std::string& field) {
    const auto price =
        json.is_string() ? parse_money(json.get<std::string>()) : std::optional<Money>{};
    if (!price || price->billionths < 0)
        refuse(file, field + R"( must be an amount in quotes, such as "0.0083")");
    return *price;
}

bool is_capitals(const std::string& text, std::size_t length) {
    return text.size() == length &&
           text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
}

}  // namespace

std::optional<Money> PriceBook::sms_price(const std::string& provider,
                                          const std::string& country) const {
    const auto prices = sms.find(provider);
    if (prices == sms.end()) return std::nullopt;
    const auto price = prices->second.find(country);
    if (price == prices->second.end()) return std::nullopt;
    return price->second;
}

PriceBook read_price_book(const std::string& file) {
    const std::string name = file.empty() ? "of the program" : file;
    std::string text{json::price_book};
    if (!file.empty()) {
        const auto read = read_file(file);
        if (!read) refuse(name, "there is no such file");
        text = *read;
    }
    const auto json = Json::parse(text, nullptr, false);
    if (!json.is_object()) refuse(name, "it is no JSON object");
    if (json.value("schema_version", Json{}) != 1) refuse(name, "schema_version must be 1");
    PriceBook book;
    const auto currency = json.value("currency", Json{});
    if (!currency.is_string() || !is_capitals(currency.get<std::string>(), 3))
        refuse(name, "currency must be three letters, such as USD");
    book.currency = currency.get<std::string>();
    const auto sms = json.value("sms", Json::object());
    if (!sms.is_object()) refuse(name, "sms must be an object");
    for (const auto& [provider, prices] : sms.items()) {
        if (!prices.is_object()) refuse(name, "sms." + excerpt(provider) + " must be an object");
        for (const auto& [country, price] : prices.items()) {
            const auto field = "sms." + excerpt(provider) + "." + excerpt(country);
            if (!is_capitals(country, 2))
                refuse(name, field + " must be named by a country's two letters");
            book.sms[provider][country] = price_of(price, name, field);
        }
    }
    return book;
}

}  // namespace nightshift::costs
