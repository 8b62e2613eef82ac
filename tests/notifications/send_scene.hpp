// The program sending for real, to providers that do what a test says.
#pragma once

#include "notifications/plan_scene.hpp"
#include "notifications/provider_scene.hpp"

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

namespace nightshift::test {

struct Sending : Audience {
    using Script = std::function<HttpAnswer(const std::string& which, const HttpAsked& asked)>;

    explicit Sending(Script given = succeed) : script{std::move(given)} {
        database.query("UPDATE nightshift.sending SET confirmed_at = now(), confirmed_by = 'test'");
    }

    static HttpAnswer succeed(const std::string& which, const HttpAsked&) {
        if (which == "fcm") return {.body = R"({"name":"projects/demo/messages/1"})"};
        if (which == "twilio") return {.status = 201, .body = R"({"sid":"SM1"})"};
        return {.status = 202, .headers = {"X-Message-Id: m1"}};
    }
    // Counts what it is asked, and takes its time.
    static Script slowly(std::atomic<int>& asked, std::chrono::milliseconds pause) {
        return [&asked, pause](const auto& which, const auto& each) {
            ++asked;
            std::this_thread::sleep_for(pause);
            return succeed(which, each);
        };
    }
    static std::string which_of(const HttpAsked& asked) {
        return asked.target.starts_with("/v1/")           ? "fcm"
               : asked.target.starts_with("/2010-04-01/") ? "twilio"
               : asked.target.starts_with("/v3/")         ? "sendgrid"
                                                          : "token";
    }
    std::map<std::string, std::string> environment() const {
        return {{"DATABASE_URL", database.url()},
                {"REDIS_URL", redis.url()},
                {"LOG_FORMAT", "plain"},
                {"ENVIRONMENT", "production"},
                {"FIREBASE_CREDENTIALS_PATH", key_file},
                {"FCM_BASE_URL", server.url("")},
                {"SMS_PROVIDER", "twilio"},
                {"TWILIO_ACCOUNT_SID", "AC0123456789"},
                {"TWILIO_AUTH_TOKEN", "very-secret-token"},
                {"TWILIO_FROM_NUMBER", "+15005550006"},
                {"TWILIO_BASE_URL", server.url("")},
                {"NOTIFY_DAILY_BUDGET", "25"},
                {"EMAIL_PROVIDER", "sendgrid"},
                {"SENDGRID_API_KEY", "SG.very-secret-key"},
                {"SENDGRID_FROM_EMAIL", "coach@app.test"},
                {"SENDGRID_BASE_URL", server.url("")},
                {"UNSUBSCRIBE_URL", "https://app.test/u"},
                {"UNSUBSCRIBE_SECRET", "very-secret-hmac"},
                {"FCM_TIMEOUT_MS", "2000"},
                {"TWILIO_TIMEOUT_MS", "2000"},
                {"SENDGRID_TIMEOUT_MS", "2000"}};
    }
    Spawn spawn(const std::string& as_of, std::vector<std::string> more = {},
                const std::map<std::string, std::string>& settings = {}) const {
        std::vector<std::string> words{"send-reminders", "--as-of", as_of};
        if (std::find(more.begin(), more.end(), "--dry-run") == more.end())
            words.emplace_back("--force");
        words.insert(words.end(), more.begin(), more.end());
        auto all = environment();
        for (const auto& [name, value] : settings) {
            all.erase(name);
            if (!value.empty()) all[name] = value;
        }
        return program(words, all);
    }
    Finished send(const std::string& as_of, std::vector<std::string> more = {},
                  const std::map<std::string, std::string>& settings = {}) const {
        return run(spawn(as_of, std::move(more), settings));
    }
    nlohmann::json send_json(const std::string& as_of, std::vector<std::string> more = {},
                             const std::map<std::string, std::string>& settings = {}) const {
        more.emplace_back("--json");
        const auto finished = send(as_of, more, settings);
        auto json = nlohmann::json::parse(finished.out, nullptr, false);
        if (!json.is_object()) return json;
        json["exit_code"] = finished.exit_code;
        // Every delivery of a run ends in one count, always.
        if (json.contains("reasons")) {
            std::int64_t sum = json.value("left", 0);
            for (const auto& [reason, deliveries] : json["reasons"].items())
                sum += deliveries.template get<std::int64_t>();
            if (sum != json["deliveries"] || json.value("by_others", 0) != 0)
                throw std::logic_error{"the sums are not the plan: " + finished.out};
        }
        return json;
    }
    // What was reserved is what attempts have cost, and nothing is reserved any more.
    bool money_agrees() const {
        return database.query(
                   "SELECT coalesce((SELECT sum(amount) FROM nightshift.message_spending), 0) = "
                   "coalesce((SELECT sum(cost) FROM nightshift.notification_attempts), 0) AND NOT "
                   "EXISTS (SELECT FROM nightshift.message_reservations)") == "t";
    }
    std::vector<HttpAsked> asked(const std::string& which) const {
        auto all = server.asked();
        std::erase_if(all, [&](const auto& each) { return which_of(each) != which; });
        return all;
    }
    std::string states() const {
        return database.query(
            "SELECT string_agg(state || coalesce(' ' || reason, '') || ' ' || n, ', ' ORDER BY "
            "state, reason) "
            "FROM (SELECT state, reason, count(*) AS n FROM nightshift.notification_deliveries "
            "GROUP BY 1, 2) AS each");
    }
    // Whose streak is at risk at 19:00 on 23 November, in UTC.
    void at_risk(int id, bool with_app = false) const {
        learner(id);
        if (with_app) device(id, "token-" + std::to_string(id));
        attempt(id, "2026-11-22T10:00:00Z");
    }
    void passes() const {
        pass("2026-11-22T12:00:00Z");
        pass("2026-11-23T18:30:00Z");
    }
    // A review by e-mail is due for learners 1 to n.
    void reviews(int n) const {
        database.query(
            "INSERT INTO users (id, name, timezone, email) SELECT i, 'Learner ' || i, 'UTC', 'l' "
            "|| "
            "i || '@example.test' FROM generate_series(1, " +
            std::to_string(n) +
            ") AS i; INSERT INTO review_items SELECT i, q, '2026-01-01Z' FROM generate_series(1, " +
            std::to_string(n) + ") AS i, generate_series(1, 5) AS q");
    }

    Script script;
    TemporaryFolder folder;
    Redis redis;
    HttpServer server{[this](const HttpAsked& asked) {
        const auto which = which_of(asked);
        return which == "token" ? access_token("ya29.very-secret-access") : script(which, asked);
    }};
    std::string key_file = folder.file("key.json", service_account_json(server.url("/token")));
};

inline constexpr const char* morning = "2026-11-23T08:05:00Z";
inline constexpr const char* evening = "2026-11-23T19:05:00Z";

}  // namespace nightshift::test
