// A database with learners who have something to hear.
#pragma once

#include "base/instant.hpp"
#include "jobs/lease.hpp"
#include "notifications/plan.hpp"
#include "streaks/pass.hpp"
#include "support/binary.hpp"

#include <string>

namespace nightshift::test {

struct Audience {
    Database database;

    // Nothing that fell due before the installation is said: it was long ago.
    Audience() {
        database.query(
            "INSERT INTO questions (id) SELECT generate_series(1, 20);"
            "UPDATE nightshift.sending SET installed_at = '2020-01-01Z'");
    }

    void learner(int id, const std::string& zone = "UTC", const std::string& more = "") const {
        const auto number = std::to_string(id);
        database.query("INSERT INTO users (id, name, timezone, email, phone) VALUES (" + number +
                       ", 'Learner " + number + "', '" + zone + "', 'l" + number +
                       "@example.test', '+1415555" + std::to_string(1000 + id) + "')");
        if (!more.empty()) database.query("UPDATE users SET " + more + " WHERE id = " + number);
    }
    void device(int user, const std::string& token, const std::string& seen = "now()") const {
        database.query("UPDATE users SET has_app_installed = true WHERE id = " +
                       std::to_string(user));
        database.query("INSERT INTO device_tokens (user_id, token, last_seen_at) VALUES (" +
                       std::to_string(user) + ", '" + token + "', " + seen + ")");
    }
    void due(int user, int items, const std::string& at = "2026-01-01Z") const {
        database.query("INSERT INTO review_items (user_id, question_id, due_at) SELECT " +
                       std::to_string(user) + ", q, '" + at + "' FROM generate_series(1, " +
                       std::to_string(items) + ") AS q");
    }
    void attempt(int user, const std::string& when) const {
        database.query(
            "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) VALUES (" +
            std::to_string(user) + ", 1, true, '" + when + "')");
    }
    void wish(int user, const std::string& category, const std::string& channel, bool enabled,
              const std::string& more = "NULL, NULL, NULL") const {
        database.query("INSERT INTO notification_preferences VALUES (" + std::to_string(user) +
                       ", '" + category + "', '" + channel + "', " + (enabled ? "true" : "false") +
                       ", " + more + ")");
    }
    void pass(const std::string& as_of) const {
        const auto connection = database.connect();
        const jobs::Lease lease{database.connect(), {.job = streaks::job, .run_id = "PASS"}};
        const auto instant = parse_instant(as_of).value();
        streaks::check(*connection, lease, {.as_of = instant, .seen_at = instant, .force = true});
    }

    // "review push 2, review email opted out 1", each kind in order
    static std::string text_of(const notifications::Plan& plan) {
        std::string text;
        for (const auto& each : plan.tallies) {
            text += (text.empty() ? "" : ", ") + each.kind;
            if (!each.channel.empty()) text += " " + each.channel;
            if (!each.reason.empty()) text += " " + each.reason;
            text += " " + std::to_string(each.deliveries);
        }
        return text;
    }
    static notifications::PlanRequest request(const std::string& as_of) {
        using notifications::Channel;
        return {.as_of = parse_instant(as_of).value(),
                .set_up = {Channel::push, Channel::sms, Channel::email},
                .run_id = "RUN"};
    }
    std::string plan(notifications::PlanRequest request) const {
        const auto connection = database.connect();
        const auto reader = database.connect();
        const jobs::Lease lease{database.connect(), {.job = "send-reminders", .run_id = "RUN"}};
        const notifications::Templates templates;
        const auto made = notifications::plan(*connection, *reader, lease, templates, request);
        return text_of(made);
    }
    std::string plan(const std::string& as_of) const { return plan(request(as_of)); }
    std::string preview(
        notifications::PlanRequest request,
        const std::function<void(const notifications::PlannedMessage&)>& each = [](const auto&) {
        }) const {
        const auto connection = database.connect();
        const auto reader = database.connect();
        const notifications::Templates templates;
        return text_of(notifications::preview(*connection, *reader, templates, request, each));
    }
    std::string deliveries() const {
        return database.query(
            "SELECT string_agg(concat_ws(' ', n.kind, n.occasion, d.channel, d.address, d.state, "
            "d.reason), ', ' ORDER BY n.user_id, n.occasion, n.kind, d.ordinal) FROM "
            "nightshift.notifications "
            "n JOIN nightshift.notification_deliveries d USING (notification_id)");
    }
};

}  // namespace nightshift::test
