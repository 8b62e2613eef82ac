// An app's database as it was before us: made by plain SQL, with rows, in use while it is adopted.
#pragma once

#include "support/binary.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <fstream>
#include <thread>

namespace nightshift::test {

inline std::string replaced(std::string text, const std::string& word, const std::string& by) {
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size())) {
        text.replace(at, word.size(), by);
    }
    return text;
}

// sqlalchemy.sql, uuid.sql or text_owned.sql, beside this file.
inline std::string fixture(const std::string& name) {
    std::ifstream file{source() / "tests/schema" / name};
    return {std::istreambuf_iterator<char>{file}, {}};
}

inline bool says(const std::string& log, const std::string& words) {
    std::ifstream file{log};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return text.find(words) != std::string::npos;
}

// An app's database, and what its application does with it.
struct App {
    explicit App(const std::string& file) {
        database.query(replaced(replaced(fixture(file), "{owner}", owner), "{login}", login));
        content_before = content();
    }

    // Every value of the rows that the fixture made, as the app wrote them.
    std::string content() const {
        return database.query(
            "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ("
            "SELECT u.id::text, u.name::text FROM users u WHERE name LIKE 'learner %'"
            " UNION ALL SELECT id::text, '' FROM questions WHERE id::text NOT LIKE '%new%'"
            " UNION ALL SELECT id::text, user_id::text || question_id::text || is_correct::text"
            "        || to_char(attempted_at, 'YYYY-MM-DD HH24:MI') FROM attempts"
            "   WHERE attempted_at < '2026-03-11') AS t");
    }
    Finished migrate(std::vector<std::string> options = {}, const std::string& user = "postgres") {
        options.insert(options.begin(), {"migrate", "up"});
        return run(program(std::move(options), environment(user)));
    }
    Finished nightshift(std::vector<std::string> arguments, const std::string& user = "postgres",
                        const std::string& input = {}) {
        return run(program(std::move(arguments), environment(user), input));
    }
    std::map<std::string, std::string> environment(const std::string& user) const {
        return {{"DATABASE_URL", Postgres::shared().url(database.name(), user)},
                {"REDIS_URL", redis.url()},
                {"LOG_FORMAT", "plain"}};
    }
    // psql as somebody, with exactly this on its standard input.
    Finished psql(const std::string& user, const std::string& sql) const {
        return run({.command = {"psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1",
                                Postgres::shared().url(database.name(), user)},
                    .input = sql});
    }
    std::string invalid_indexes() const {
        return database.query("SELECT count(*) FROM pg_index WHERE NOT indisvalid");
    }

    Database database{Database::Schema::none};
    Redis redis;
    std::string owner = "owner_of_" + database.name();
    std::string login = "login_of_" + database.name();
    std::string content_before;
};

// The application: writes and reads all the time, and must never meet an error.
class Traffic {
  public:
    Traffic(const App& app, std::string insert)
        : thread_{[&app, insert = std::move(insert), this](const std::stop_token& end) {
              pqxx::connection connection{app.database.url()};
              while (!end.stop_requested()) {
                  try {
                      pqxx::work work{connection};
                      work.exec(insert);
                      work.exec("SELECT count(*) FROM attempts WHERE attempted_at > '2026-03-10'");
                      work.commit();
                      ++done_;
                  } catch (const std::exception& error) {
                      first_error_ = error.what();
                      return;
                  }
                  std::this_thread::sleep_for(std::chrono::milliseconds{1});
              }
          }} {}

    // What it wrote; fails the test where it met an error.
    int stop() {
        thread_.request_stop();
        thread_.join();
        CHECK(first_error_.empty());
        return done_;
    }

  private:
    int done_ = 0;
    std::string first_error_;
    std::jthread thread_;
};

}  // namespace nightshift::test
