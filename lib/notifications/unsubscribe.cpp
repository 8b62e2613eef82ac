#include "notifications/unsubscribe.hpp"

#include "base/digest.hpp"

namespace nightshift::notifications {

std::string Unsubscribe::link(const std::string& user_id, const std::string& category) const {
    const auto claim = user_id + "|" + category + "|v1";
    return url + (url.ends_with('/') ? "" : "/") + base64url(claim) + "." +
           base64url(hmac_sha256(secret, claim));
}

std::map<std::string, std::string> Unsubscribe::headers(const std::string& user_id,
                                                        const std::string& category) const {
    return {{"List-Unsubscribe", "<" + link(user_id, category) + ">"},
            {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}};
}

}  // namespace nightshift::notifications
