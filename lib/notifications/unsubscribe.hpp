// One-click unsubscribe (RFC 8058): a link that names learner and category, which only who has the
// secret can make. The app answers a POST to it, without cookies or login, by switching the
// category off; a GET must change nothing.
//
//   <url>/<base64url of user|category|v1>.<base64url of HMAC-SHA256(secret, user|category|v1)>
#pragma once

#include <map>
#include <string>

namespace nightshift::notifications {

struct Unsubscribe {
    std::string url;     // https://app.example/u
    std::string secret;  // UNSUBSCRIBE_SECRET

    std::string link(const std::string& user_id, const std::string& category) const;
    // List-Unsubscribe and List-Unsubscribe-Post.
    std::map<std::string, std::string> headers(const std::string& user_id,
                                               const std::string& category) const;
};

}  // namespace nightshift::notifications
