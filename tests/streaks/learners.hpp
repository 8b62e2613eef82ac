// A database with learners, attempts and passes over their streaks.
#pragma once

#include "base/instant.hpp"
#include "jobs/lease.hpp"
#include "streaks/pass.hpp"
#include "support/binary.hpp"

#include <string>

namespace nightshift::test {

inline Instant at(const std::string& text) { return parse_instant(text).value(); }

struct Learners {
    Database database;

    Learners() { database.query("INSERT INTO questions (id) VALUES (1)"); }

    void add(int user, const std::string& zone) const {
        database.query("INSERT INTO users (id, name, timezone) VALUES (" + std::to_string(user) +
                       ", 'user', '" + zone + "')");
    }
    void attempt(int user, const std::string& when, bool skipped = false) const {
        database.query(
            "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at, "
            "skipped) VALUES (" +
            std::to_string(user) + ", 1, true, '" + when + "', " + (skipped ? "true" : "false") +
            ")");
    }
    // A pass whose clock says its as-of.
    streaks::PassReport pass(const std::string& as_of, streaks::PassRequest request = {}) const {
        request.as_of = at(as_of);
        if (!request.seen_at) request.seen_at = request.as_of;
        const auto connection = database.connect();
        const jobs::Lease lease{database.connect(), {.job = streaks::job, .run_id = "TEST"}};
        return streaks::check(*connection, lease, request);
    }
    int streak(int user) const {
        return std::stoi("0" + database.query("SELECT study_streak FROM users WHERE id = " +
                                              std::to_string(user)));
    }
    // kind and day of each, in order: "extended 2026-03-11, broken 2026-03-13"
    std::string events(int user) const {
        return database.query(
            "SELECT string_agg(kind || ' ' || day, ', ' ORDER BY day, kind) FROM "
            "nightshift.streak_events WHERE user_id = " +
            std::to_string(user));
    }
    // What must be the same, however it came about.
    std::string state() const {
        return database.query(
            "SELECT md5(coalesce((SELECT string_agg(d::text, ' ' ORDER BY user_id, day) FROM "
            "nightshift.active_days d), '') || (SELECT string_agg(concat_ws(' ', id, "
            "study_streak, extract(epoch FROM last_activity_date)), ',' ORDER BY id) FROM users))");
    }
};

}  // namespace nightshift::test
