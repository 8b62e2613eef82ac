// Who takes messages: FCM, Twilio, SendGrid, a mail server, a folder. One interface, one
// conformance suite (tests/notifications/provider_test.cpp).
//
// Each message ends in exactly one class, by which it is decided what becomes of it: accepted is
// the provider's from now on; retry was certainly not processed; unknown may have been, and is
// never sent again; reject is wrong as it stands; dead is an address that will never work;
// suppressed is somebody who wants nothing from there; config is ours to mend, and says nothing of
// the message.
#pragma once

#include "base/instant.hpp"
#include "http/client.hpp"
#include "notifications/templates.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace nightshift::notifications {

enum class Class { accepted, retry, unknown, reject, dead, suppressed, config };

std::string_view name(Class outcome);

struct Outgoing {
    std::string id;  // of the delivery, the same for each attempt: 123.1
    std::string user_id;
    std::string kind;
    std::string category;
    std::string occasion;
    Priority priority = Priority::low;
    Channel channel = Channel::push;
    std::string address;
    Message message;
    Instant now;
    Instant expires_at;  // of no use after that

    std::chrono::seconds lasts() const;  // from now, at least one
};

struct Receipt {
    Class outcome = Class::unknown;
    std::string code = {};         // the provider's own: 21610, UNREGISTERED, 550 5.1.1
    std::string why = {};          // the provider's words, to be told()
    std::string provider_id = {};  // empty: it gave none
    std::optional<std::chrono::seconds> retry_after = {};
    bool is_of_country = false;  // config: for the address's country alone
    std::chrono::milliseconds took{0};
};

class Provider {
  public:
    using Done = std::function<void(const Receipt&)>;

    virtual ~Provider() = default;
    virtual std::string name() const = 0;
    // done is called once, before this returns or while the client's loop runs. It may be retried
    // with a new attempt only after a retry or a config.
    virtual void send(const Outgoing& message, Done done) = 0;
};

// What a response means by itself, whatever the provider says in it: no answer, a status.
// nullopt: 2xx, or a 4xx that needs the provider's own words.
std::optional<Receipt> receipt_of(const http::Response& response);

// With the time it took, and its Retry-After.
Receipt receipt(Class outcome, const http::Response& response, std::string code = {},
                std::string why = {});

// A provider's words as they may be kept and shown: on one line, 200 bytes at most, without secrets
// and with the address masked, in whatever case it is repeated.
std::string told(const std::string& words, std::string_view address);

// For people: …1001 of a number or a token, a…@example.test of an e-mail address.
std::string masked(std::string_view address);

}  // namespace nightshift::notifications
