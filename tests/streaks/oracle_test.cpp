// Passes against an independent, slow oracle: per user, per day, plain loops, and the C library's
// own time zones.
#include "streaks/learners.hpp"
#include "support/catch.hpp"
#include "support/local_dates.hpp"

#include <map>
#include <random>
#include <set>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;

namespace {

constexpr int users = 36;

struct Span {
    std::string zone;
    Instant from;
    Instant until;
};

struct Learner {
    std::vector<Span> zones;
    std::vector<Instant> attempts;  // not skipped
};

Instant instant(const std::string& microseconds) {
    return Instant{std::chrono::microseconds{std::stoll(microseconds)}};
}

std::map<std::string, Learner> read_learners(const Database& database, Instant as_of) {
    std::map<std::string, Learner> learners;
    for (const auto& row : database.rows(
             "SELECT user_id, zone, extract(epoch FROM greatest(valid_from, "
             "'1990-01-01Z')) * 1000000, extract(epoch FROM least(valid_until, '2090-01-01Z')) * "
             "1000000 FROM nightshift.user_zones ORDER BY user_id, valid_from")) {
        learners[row[0]].zones.push_back({row[1], instant(row[2].substr(0, row[2].find('.'))),
                                          instant(row[3].substr(0, row[3].find('.')))});
    }
    for (const auto& row : database.rows(
             "SELECT user_id, (extract(epoch FROM attempted_at) * 1000000)::bigint FROM attempts "
             "WHERE NOT skipped")) {
        if (instant(row[1]) <= as_of) learners[row[0]].attempts.push_back(instant(row[1]));
    }
    return learners;
}

const Span& in_force(const Learner& learner, Instant instant) {
    for (const auto& span : learner.zones) {
        if (span.from <= instant && instant < span.until) return span;
    }
    throw std::logic_error{"no zone"};
}

struct Verdict {
    int streak = 0;
    std::string last_activity;  // Unix microseconds
    bool operator==(const Verdict&) const = default;
};

Verdict judge(const Learner& learner, Instant begin, Instant as_of, LocalDates& local) {
    if (learner.attempts.empty()) return {};
    std::set<Day> active;
    for (const auto each : learner.attempts)
        active.insert(local.day(each, in_force(learner, each).zone));
    // Every local date that the learner lived through.
    std::set<Day> lived;
    for (const auto& span : learner.zones) {
        for (auto each = std::max(span.from, begin); each < std::min(span.until, as_of);
             each += 15min) {
            lived.insert(local.day(each, span.zone));
        }
    }
    const Day today = local.day(as_of, in_force(learner, as_of).zone);
    lived.insert(today);
    lived.insert(active.begin(), active.end());
    const auto before = [&](Day day) {
        auto found = lived.lower_bound(day);
        return found == lived.begin() ? day - 1 : *--found;
    };
    const Day last = *active.rbegin();
    Verdict verdict{
        0, std::to_string(std::max_element(learner.attempts.begin(), learner.attempts.end())
                              ->time_since_epoch()
                              .count())};
    if (last < today && last != before(today)) return verdict;
    for (Day day = last; active.contains(day); day = before(day)) ++verdict.streak;
    return verdict;
}

void compare(const Learners& learners, const std::string& begin, Instant as_of, LocalDates& local) {
    const auto all = read_learners(learners.database, as_of);
    for (const auto& row : learners.database.rows(
             "SELECT id, study_streak, (extract(epoch FROM last_activity_date) * 1000000)::bigint "
             "FROM users")) {
        const auto found = all.find(row[0]);
        REQUIRE(found != all.end());
        const auto expected = judge(found->second, at(begin), as_of, local);
        const Verdict stored{std::stoi(row[1].empty() ? "0" : row[1]), row[2]};
        if (stored == expected) continue;
        INFO("user " << row[0] << " as of " << format_instant(as_of) << "; zones "
                     << learners.database.query(
                            "SELECT string_agg(zone || ' from ' || valid_from, ', ' ORDER BY "
                            "valid_from) FROM nightshift.user_zones WHERE user_id = " +
                            row[0])
                     << "; days "
                     << learners.database.query("SELECT string_agg(day::text, ' ' ORDER BY day) "
                                                "FROM nightshift.active_days WHERE user_id = " +
                                                row[0]));
        CHECK(stored.streak == expected.streak);
        CHECK(stored.last_activity == expected.last_activity);
    }
    CHECK(all.size() == users);
}

// Random learners who move, sync late and are passed over at random times.
void check_random_histories(const std::string& begin, int days, unsigned seed) {
    static const std::vector<std::string> zones{
        "Africa/Banjul",     "America/New_York",   "Europe/London",     "Australia/Lord_Howe",
        "Pacific/Apia",      "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu",
        "America/Sao_Paulo", "Asia/Tokyo",         "Atlantic/Azores",   "America/Havana",
        "America/St_Johns"};
    const Learners learners;
    LocalDates local;
    std::mt19937 random{seed};
    const auto pick = [&](int from, int to) {
        return std::uniform_int_distribution{from, to}(random);
    };
    for (int user = 1; user <= users; ++user)
        learners.add(user, zones[static_cast<std::size_t>(user) % zones.size()]);
    const auto start = at(begin);
    const auto end = start + std::chrono::days{days};
    // Attempts, each with the time at which it arrives.
    std::multimap<Instant, std::pair<int, Instant>> arriving;
    for (int user = 1; user <= users; ++user) {
        const int habit = pick(55, 99);
        for (int day = 0; day < days; ++day) {
            if (pick(0, 99) >= habit) continue;
            const auto when =
                start + std::chrono::hours{24 * day} + std::chrono::minutes{pick(0, 24 * 60 - 1)};
            const auto late =
                pick(0, 9) == 0 ? std::chrono::hours{pick(1, 24 * 6)} : std::chrono::hours{0};
            for (int burst = pick(1, 3); burst > 0; --burst) {
                const auto each = when + std::chrono::seconds{pick(0, 1500)};
                arriving.emplace(each + late, std::pair{user, each});
            }
        }
    }
    auto next = arriving.begin();
    for (auto now = start + std::chrono::hours{pick(1, 30)}; now < end;
         now += std::chrono::minutes{pick(0, 3) == 0 ? pick(1500, 5000) : pick(20, 400)}) {
        std::string values;
        for (; next != arriving.end() && next->first <= now; ++next) {
            values += (values.empty() ? "(" : ",(") + std::to_string(next->second.first) +
                      ",1,true,'" + format_instant(next->second.second) + "'," +
                      (pick(0, 19) == 0 ? "true" : "false") + ")";
        }
        if (!values.empty()) {
            learners.database.query(
                "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at, skipped) "
                "VALUES " +
                values);
        }
        for (int moves = pick(0, 2); moves > 0; --moves) {
            learners.database.query(
                "UPDATE users SET timezone = '" +
                zones[static_cast<std::size_t>(pick(0, static_cast<int>(zones.size()) - 1))] +
                "' WHERE id = " + std::to_string(pick(1, users)));
        }
        learners.pass(format_instant(now), {.batch = pick(0, 1) == 0 ? 7 : 10'000});
        compare(learners, begin, now, local);
        if (pick(0, 4) == 0) {  // twice is as once
            const auto state = learners.state();
            const auto again = learners.pass(format_instant(now));
            CHECK(again.started + again.extended + again.broken + again.shortened == 0);
            CHECK(learners.state() == state);
        }
    }
    const auto state = learners.state();
    const auto as_of = learners.database.query(
        "SELECT to_char(as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM "
        "nightshift.arrivals");
    learners.pass(as_of, {.rebuild = true});
    CHECK(learners.state() == state);
}

}  // namespace

TEST_CASE("streaks agree with an oracle when clocks are put forward") {
    check_random_histories("2026-03-01T00:00:00Z", 45, 1);
}

TEST_CASE("streaks agree with an oracle when clocks are put back") {
    check_random_histories("2025-10-15T00:00:00Z", 40, 2);
}

TEST_CASE("streaks agree with an oracle when Apia skips a day") {
    check_random_histories("2011-12-10T00:00:00Z", 40, 3);
}

TEST_CASE("streaks agree with an oracle when clocks change at one minute past midnight") {
    check_random_histories("2006-10-10T00:00:00Z", 40, 4);
}
