// The providers that the settings name, ready to send.
#pragma once

#include "costs/price_book.hpp"
#include "notifications/dispatcher.hpp"
#include "session.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nightshift::cmd {

struct Providers {
    std::unique_ptr<http::Client> client;
    std::vector<std::unique_ptr<notifications::Provider>> all;
    std::vector<notifications::Lane> lanes;  // a channel has one at most
    std::vector<std::string> elsewhere;      // NAME_BASE_URL that are set, with their urls

    std::set<notifications::Channel> channels() const;
};

// channel_folder: in place of them all; empty: none. can_pay: a budget is set, without which there
// are no SMS. Throws Error (configuration) naming the setting that is missing or wrong.
Providers make_providers(const Session& session, const std::string& channel_folder, bool can_pay);

// NOTIFY_DAILY_BUDGET, or what is given: 25, or 25 USD. Throws Error (configuration, or usage).
std::optional<Money> budget_of(const Session& session, const std::string& given,
                               const std::string& currency);

// NOTIFY_ALLOWLIST; none: everybody may be written to, in production.
std::optional<std::vector<std::string>> allow_list_of(const Session& session);
// Why there is one.
std::string allow_list_reason(const Session& session);
// Whose prices count; empty: nobody's, as a folder bills nothing.
std::string sms_provider_of(const Session& session, const std::string& channel_folder);
bool is_production(const Session& session);

}  // namespace nightshift::cmd
