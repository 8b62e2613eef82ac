#include "leaderboard/scene.hpp"

#include "base/run_id.hpp"

namespace nightshift::test {

leaderboard::Ranking Scene::rebuild(const std::string& as_of, bool force,
                                    leaderboard::Period period) const {
    const auto run_id = new_run_id(now());
    const auto postgres = database.connect();
    const auto connection = redis.connect();
    const jobs::Lease lease{database.connect(),
                            {.job = leaderboard::job(period), .run_id = run_id}};
    return leaderboard::rebuild(*postgres, *connection, lease, run_id,
                                {.period = period, .as_of = parse_instant(as_of), .force = force});
}

void Scene::add_users(int users) const {
    const auto count = std::to_string(users);
    database.query("INSERT INTO users (id, name) SELECT n, 'user ' || n FROM generate_series(1, " +
                   count + ") AS n ON CONFLICT DO NOTHING");
    database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
        "SELECT n, 1, true, '2026-03-10 11:00:00+00' FROM generate_series(1, " +
        count + ") AS n, generate_series(1, least(n, 20))");
}

std::string Scene::document(const std::string& period) const {
    return redis.connect()->command({"GET", "leaderboard:" + period}).text_or_nil().value_or("");
}

std::map<std::string, std::int64_t> Scene::ranks(const std::string& period) const {
    const auto reply = redis.connect()->command(
        {"ZRANGE", "{leaderboard:" + period + "}:ranks", "0", "-1", "WITHSCORES"});
    std::map<std::string, std::int64_t> ranks;
    for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
        ranks[*reply.element_text(i)] = std::stoll(*reply.element_text(i + 1));
    }
    return ranks;
}

std::size_t Scene::staging_keys() const {
    return redis.connect()->command({"KEYS", "*:next:*"}).size() +
           redis.connect()->command({"KEYS", "*:old:*"}).size();
}

}  // namespace nightshift::test
