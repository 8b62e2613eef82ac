// From a template and values to a message, with its length checked, and to what it costs.
#pragma once

#include "base/money.hpp"
#include "costs/price_book.hpp"
#include "notifications/templates.hpp"

#include <optional>
#include <string>

namespace nightshift::notifications {

// What a provider will bill. Only SMS are billed one by one.
struct Quote {
    std::string item;           // push, email, sms/KE
    int units = 0;              // segments of an SMS
    std::optional<Money> cost;  // none: the price book does not know it
};

struct ComposeRequest {
    std::string kind;
    Channel channel = Channel::push;
    std::string locale;
    Values values;
    std::string address;
    std::string phone = {};  // of the learner
    int ordinal = 1;         // of the notification's deliveries
};

struct Composed {
    Message message;
    Quote quote;
    Money saved;  // what an SMS in its place would have cost; of one of its notification's alone
};

class Composer {
  public:
    // Both must outlive it. sms_provider: whose prices count; empty: nobody bills anything, as
    // where messages are written into a folder. month: whose prices hold, such as 2026-10.
    Composer(const Templates& templates, const costs::PriceBook& prices, std::string sms_provider,
             std::string month)
        : templates_{templates},
          prices_{prices},
          sms_provider_{std::move(sms_provider)},
          month_{std::move(month)} {}

    // Throws Error (data) for a value that is missing and for what is longer than the channel
    // takes: 4,096 bytes of a push, 1,600 characters of an SMS, 100,000 bytes of an e-mail.
    Composed compose(const ComposeRequest& request) const;
    const std::string& currency() const { return prices_.currency; }

  private:
    Quote sms_quote(const std::string& number, const std::string& text) const;
    Money saved(const ComposeRequest& request, const Template& it) const;

    const Templates& templates_;
    const costs::PriceBook& prices_;
    std::string sms_provider_;
    std::string month_;
};

}  // namespace nightshift::notifications
