#include "health/secret_shape.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <set>

namespace nightshift::health {
namespace {

constexpr std::size_t shortest_signing_key = 32;  // bytes: RFC 7518, 3.2, for HMAC with SHA-256
constexpr std::size_t fewest_characters = 6;      // different ones
constexpr std::size_t shortest_password = 8;

// What tutorials, images and .env.example have in place of a secret.
bool is_placeholder(const std::string& value) {
    static const std::set<std::string> usual{"password", "passwd", "secret",  "admin", "postgres",
                                             "root",     "test",   "token",   "app",   "default",
                                             "letmein",  "qwerty", "123456",  "redis", "foobared",
                                             "12345678", "user",   "changeit"};
    static const std::vector<std::string> parts{"changeme", "change-me", "change_me", "placeholder",
                                                "your-",    "your_",     "example",   "xxxx",
                                                "todo",     "replace",   "insert",    "..."};
    const auto word = lowered(value);
    return usual.contains(word) || (word.starts_with('<') && word.ends_with('>')) ||
           std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
               return word.find(part) != std::string::npos;
           });
}

bool is_hexadecimal(const std::string& text) {
    return text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

}  // namespace

std::string weakness_of(const std::string& setting, const std::string& value) {
    if (is_placeholder(value)) return "it is what stands in examples";
    const std::set<char> characters{value.begin(), value.end()};
    if (characters.size() < fewest_characters) return "it is of few different characters";
    if (setting == "SENDGRID_API_KEY" && !value.starts_with("SG."))
        return "a key of SendGrid begins with SG.";
    if (setting == "TWILIO_AUTH_TOKEN" && (value.size() != 32 || !is_hexadecimal(value)))
        return "a token of Twilio has 32 hexadecimal digits";
    const bool signs =
        setting == "UNSUBSCRIBE_SECRET" || setting == "SECRET_KEY" || setting == "JWT_SECRET";
    if (signs && value.size() < shortest_signing_key)
        return "it is shorter than 32 characters, and can be guessed by who has seen what it signs";
    return {};
}

std::string weakness_of_password(const std::string& user, const std::string& password) {
    if (password.empty()) return {};  // another way of logging in
    if (is_placeholder(password)) return "it is what stands in examples";
    if (password == user) return "it is the user's name";
    return password.size() < shortest_password ? "it is shorter than 8 characters" : "";
}

}  // namespace nightshift::health
