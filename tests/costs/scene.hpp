// Two months of messages and levels, as jobs have written them down, and a book to price them with.
#pragma once

#include "support/binary.hpp"
#include "support/catch.hpp"

#include <map>

#include <nlohmann/json.hpp>

namespace nightshift::test {

struct CostScene {
    Database database;
    TemporaryFolder folder;

    CostScene() {
        database.query(R"(
            INSERT INTO nightshift.notification_attempts
                (notification_id, ordinal, attempt, provider, class, item, units, saved, currency, ended_at, run_id)
            SELECT i, 1, 1, provider, class, item, units, saved, 'USD', at::timestamptz, 'R'
              FROM (VALUES
                (1, 'twilio', 'accepted', 'sms/US', 2, NULL, '2026-10-01 00:00:00+00'),
                (2, 'twilio', 'unknown', 'sms/US', 1, NULL, '2026-10-31 23:59:59+00'),
                (3, 'twilio', 'reject', 'sms/US', 1, NULL, '2026-10-15 00:00:00+00'),
                (4, 'twilio', 'accepted', 'sms/KE', 1, NULL, '2026-10-15 00:00:00+00'),
                (5, 'twilio', 'accepted', 'sms/US', 7, NULL, '2026-11-01 00:00:00+00'),
                (6, 'sendgrid', 'accepted', 'email', NULL, NULL, '2026-10-15 00:00:00+00'),
                (7, 'fcm', 'accepted', 'push', 1, 0.029, '2026-10-15 00:00:00+00'),
                (8, 'twilio', 'accepted', 'sms/US', 3, NULL, '2026-09-15 00:00:00+00'))
                AS v (i, provider, class, item, units, saved, at);
            INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency, messages)
            VALUES ('2026-10-02', 'twilio', 'sms/US', 10, 0.145, 'USD', 5),
                   ('2026-11-01', 'twilio', 'sms/US', 99, 1, 'USD', 99);
            INSERT INTO nightshift.notification_deliveries
                (notification_id, ordinal, kind, user_id, channel, priority, state, not_before, expires_at,
                 settled_at)
            SELECT i, 1, CASE i WHEN 2 THEN 'streak_at_risk' ELSE 'review' END, 1, 'sms', 1, 'accepted',
                   now(), now(), now() FROM generate_series(1, 8) AS i)");
    }
    // 31 GB of media and 3.1 GB of the database from 2026-10-11 on, noted each day but one; users.
    void note_levels() const {
        database.query(R"(
            INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency, noted_at)
            SELECT day, service, item, quantity, 0, '', day
              FROM generate_series('2026-10-11'::date, '2026-11-02', '1 day') AS day,
                   (VALUES ('s3:lectures', 'storage', 31 * 1073741824.0), ('s3:lectures', 'objects', 1200),
                           ('postgresql', 'storage', 3328599655), ('redis', 'memory', 107374182),
                           ('folder:/srv/media', 'objects', 34)) AS level (service, item, quantity)
             WHERE day <> '2026-10-20'
            UNION ALL
            SELECT day, 'app', 'active users', least(50 * extract(day FROM day), 1000), 0, '', day
              FROM generate_series('2026-10-11'::date, '2026-10-31', '1 day') AS day)");
    }
    std::string book() const {
        return folder.file("book.json", R"({
            "schema_version": 1, "name": "mine", "currency": "USD", "as_of": "2026-09-01",
            "source": "https://prices.example", "billed_by": {"s3": "aws", "postgresql": "hosting"},
            "sms": {"twilio": {"US": [{"from": "2026-01", "price": "0.01"},
                                      {"from": "2026-10", "price": "0.02"}], "KE": "0.05"}},
            "prices": [
              {"provider": "aws", "item": "storage", "service": "s3", "unit": "GB-month", "price": "0.023"},
              {"provider": "aws", "item": "egress", "service": "cloudfront", "unit": "GB", "free": "2",
               "price": "0.085"},
              {"provider": "hosting", "item": "server", "service": "compute", "unit": "month",
               "price": "15"},
              {"provider": "hosting", "item": "postgresql/storage", "service": "postgresql",
               "unit": "GB-month", "price": "0.115"},
              {"provider": "fcm", "item": "push", "service": "push", "unit": "message", "price": "0"},
              {"provider": "sendgrid", "item": "email", "service": "email", "unit": "e-mail",
               "plans": [{"up_to": "50000", "monthly": "19.95"}]}],
            "monthly": [{"provider": "hosting", "item": "server", "quantity": "3"},
                        {"provider": "aws", "item": "egress", "quantity": "0.01", "per": "active-user"}],
            "budgets": [{"name": "sms", "monthly": "0.30", "channel": "sms", "thresholds": [50, 90]},
                        {"name": "all", "monthly": "500"}],
            "notes": ["a note of the book"]})");
    }
    Finished report(std::vector<std::string> words) const {
        words.insert(words.begin(), "cost-report");
        return run(program(std::move(words), {{"DATABASE_URL", database.url()}}));
    }
    nlohmann::json json(std::vector<std::string> words) const {
        words.emplace_back("--json");
        const auto finished = report(std::move(words));
        INFO(finished.err);
        return nlohmann::json::parse(finished.out);
    }
    // By its labels: what a group costs; unpriced.
    std::map<std::string, std::string> grouped(const std::string& by) const {
        const auto finished = report({"--period", "2026-10", "--group-by", by, "--json"});
        INFO(finished.err);
        std::map<std::string, std::string> costs;
        const auto document = nlohmann::ordered_json::parse(finished.out);
        for (const auto& each : document.at("groups")) {
            std::string labels;
            for (const auto& [key, value] : each.items()) {
                if (key == "list_cost") break;
                labels += (labels.empty() ? "" : " ") +
                          (value.is_null() ? std::string{"-"} : value.get<std::string>());
            }
            const auto& cost = each.at("cost");
            costs[labels] = cost.is_null() ? "unpriced" : cost.get<std::string>();
        }
        return costs;
    }
};

}  // namespace nightshift::test
