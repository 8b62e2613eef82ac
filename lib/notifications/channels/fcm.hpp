// Firebase Cloud Messaging, HTTP v1: POST /v1/projects/{project}/messages:send
// (firebase.google.com/docs/reference/fcm/rest/v1/projects.messages).
//
// An access token is fetched when the first message needs one, kept for others that run after us,
// and fetched once more where it is refused; messages wait for it meanwhile.
#pragma once

#include "notifications/channels/service_account.hpp"
#include "notifications/provider.hpp"

#include <memory>
#include <vector>

namespace nightshift::notifications {

inline constexpr const char* fcm_scope = "https://www.googleapis.com/auth/firebase.messaging";

// Where an access token is kept between runs; both may be empty.
struct TokenStore {
    std::function<std::optional<std::string>()> load = {};
    std::function<void(const AccessToken&)> save = {};
};

struct FcmOptions {
    ServiceAccount account;
    std::string base_url = "https://fcm.googleapis.com";
    TokenStore tokens = {};
    std::chrono::milliseconds timeout{15'000};
};

class Fcm : public Provider {
  public:
    Fcm(http::Client& client, FcmOptions options);
    // Keeps a token that was fetched, so that this does not hold up a run.
    ~Fcm() override;
    Fcm(const Fcm&) = delete;
    Fcm& operator=(const Fcm&) = delete;
    std::string name() const override { return "fcm"; }
    void send(const Outgoing& message, Done done) override;

  private:
    struct Waiting {
        Outgoing message;
        Done done;
        bool had_new_token = false;  // and was refused with it
        std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
    };

    using WaitingPtr = std::shared_ptr<Waiting>;

    // What the part of a body that names no learner is made of.
    struct Platforms {
        std::string kind;
        std::string occasion;
        bool is_high = false;
        std::int64_t seconds = 0;  // that it lasts
        std::int64_t expires = 0;  // Unix seconds
        bool operator==(const Platforms&) const = default;
    };

    std::string body_of(const Outgoing& message);
    const std::string& platforms(const Outgoing& message);
    void send_with_token(const WaitingPtr& waiting);
    void answered(const WaitingPtr& waiting, const std::string& token,
                  const http::Response& response);
    void wait_for_token(const WaitingPtr& waiting);
    void got_token(const http::Response& response);

    http::Client& client_;
    FcmOptions options_;
    std::string url_;
    std::string token_;
    bool is_loaded_ = false;  // the store was asked
    bool is_fetching_ = false;
    std::optional<AccessToken> to_keep_;
    std::vector<WaitingPtr> waiting_;
    Platforms platforms_;  // of the last body: many in a row have the same
    std::string platforms_json_;
};

}  // namespace nightshift::notifications
