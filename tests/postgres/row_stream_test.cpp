#include "postgres/row_stream.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

#include <limits>

using namespace nightshift;
using namespace nightshift::test;
using postgres::RowStream;
using Schema = Database::Schema;

namespace {

constexpr const char* two_hundred_thousand = "SELECT n FROM generate_series(1, 200000) n";

// The first row's first column, in a transaction of its own.
template <typename Read>
auto first(const Database& database, const std::string& sql, Read&& read) {
    const auto connection = database.connect();
    return connection->transaction("reading", [&](auto&) {
        RowStream rows{*connection, sql, {}};
        REQUIRE(rows.next());
        auto value = read(rows);
        CHECK_FALSE(rows.next());
        return value;
    });
}

}  // namespace

TEST_CASE("a stream gives every row in order and then says that it ended") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    connection->transaction("reading", [&](auto& transaction) {
        {
            RowStream rows{*connection, two_hundred_thousand, {}};
            std::int64_t count = 0;
            bool in_order = true;
            while (rows.next()) in_order = in_order && rows.integer(0) == ++count;
            CHECK(in_order);
            CHECK(count == 200'000);
            CHECK_FALSE(rows.next());
        }
        CHECK(postgres::exec(transaction, "SELECT 1")[0][0].template as<int>() == 1);
        RowStream nothing{*connection, "SELECT 1 WHERE false", {}};
        CHECK_FALSE(nothing.next());
    });
}

TEST_CASE("a stream sees what its transaction wrote and takes bound parameters") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    connection->transaction("reading", [&](auto& transaction) {
        postgres::exec(transaction, "CREATE TABLE t (x int, who text)");
        postgres::exec(transaction, "INSERT INTO t VALUES (1, 'it''s'), (2, 'b'), (3, NULL)");
        RowStream rows{*connection,
                       "SELECT x FROM t WHERE who = $1::text OR x = $2::int AND $3::text IS NULL"
                       " ORDER BY x",
                       {"it's", "3", std::nullopt}};
        REQUIRE(rows.next());
        CHECK(rows.integer(0) == 1);
        REQUIRE(rows.next());
        CHECK(rows.integer(0) == 3);
        CHECK_FALSE(rows.next());
    });
}

TEST_CASE("integers of every width keep their sign and their last bit") {
    const Database database{Schema::none};
    struct Example {
        const char* expression;
        std::int64_t value;
    };
    for (const auto& [expression, value] : {
             Example{"0::int2", 0},
             {"-1::int2", -1},
             {"(-32768)::int2", -32'768},
             {"32767::int2", 32'767},
             {"128", 128},
             {"-129", -129},
             {"(-2147483648)::int4", std::numeric_limits<std::int32_t>::min()},
             {"2147483647", std::numeric_limits<std::int32_t>::max()},
             {"(-1)::int8", -1},
             {"4294967296", 4'294'967'296},
             {"(-9223372036854775808)::int8", std::numeric_limits<std::int64_t>::min()},
             {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
         }) {
        INFO(expression);
        const auto sql = std::string{"SELECT "} + expression;
        CHECK(first(database, sql, [](auto& rows) { return rows.integer(0); }) == value);
        CHECK(first(database, sql, [](auto& rows) { return rows.id(0); }) == std::to_string(value));
        CHECK(first(database, sql, [](auto& rows) { return rows.is_integer(0); }));
    }
}

TEST_CASE("an id is written as people write it, whatever its type or the domain over it") {
    const Database database{Schema::none};
    database.query(
        "CREATE DOMAIN number AS bigint; CREATE DOMAIN positive AS number CHECK (VALUE > 0);"
        "CREATE DOMAIN key AS uuid; CREATE DOMAIN label AS text CHECK (VALUE <> '')");
    struct Example {
        const char* expression;
        const char* id;
        bool is_integer;
    };
    for (const auto& [expression, id, is_integer] : {
             Example{"42", "42", true},
             {"7::number", "7", true},
             {"8::positive", "8", true},
             {"'00112233-4455-6677-8899-AABBCCDDEEFF'::uuid",
              "00112233-4455-6677-8899-aabbccddeeff", false},
             {"'ffffffff-ffff-ffff-ffff-ffffffffffff'::key", "ffffffff-ffff-ffff-ffff-ffffffffffff",
              false},
             {"'learner-7'::text", "learner-7", false},
             {"'learner-8'::varchar(20)", "learner-8", false},
             {"'caf\u00E9'::label", "caf\u00E9", false},
             {"''::text", "", false},
             {"'12'::text", "12", false},
         }) {
        INFO(expression);
        const auto sql = std::string{"SELECT 1, "} + expression;
        CHECK(first(database, sql, [](auto& rows) { return rows.id(1); }) == id);
        CHECK(first(database, sql, [](auto& rows) { return rows.is_integer(1); }) == is_integer);
    }
}

TEST_CASE("a NULL is a mistake of the statement") {
    const Database database{Schema::none};
    for (const std::string sql :
         {"SELECT NULL::bigint", "SELECT NULL::uuid", "SELECT NULL::text"}) {
        INFO(sql);
        CHECK_THROWS_AS(first(database, sql, [](auto& rows) { return rows.id(0); }),
                        std::logic_error);
        CHECK_THROWS_AS(first(database, sql, [](auto& rows) { return rows.integer(0); }),
                        std::logic_error);
    }
}

TEST_CASE("a stream that is destroyed early ends the transaction, and the next one works") {
    const Database database{Schema::none};
    database.query("CREATE TABLE kept (x int)");
    const auto connection = database.connect();
    try {
        connection->transaction("reading", [&](auto& transaction) {
            postgres::exec(transaction, "INSERT INTO kept VALUES (1)");
            RowStream rows{*connection, "SELECT generate_series(1, 1000000000::bigint)", {}};
            REQUIRE(rows.next());
        });
    } catch (const Error&) {  // either way nothing is kept
    }
    CHECK(database.query("SELECT count(*) FROM kept") == "0");
    connection->transaction("writing", [](auto& transaction) {
        postgres::exec(transaction, "INSERT INTO kept VALUES (2)");
    });
    CHECK(database.query("SELECT x FROM kept") == "2");
}

TEST_CASE("an exception while a stream stands comes out as it is, and the next one works") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    const auto leave = [&] {
        connection->transaction("reading", [&](auto&) {
            RowStream rows{*connection, two_hundred_thousand, {}};
            while (rows.next()) {
                if (rows.integer(0) == 10) throw std::domain_error{"enough"};
            }
        });
    };
    CHECK_THROWS_AS(leave(), std::domain_error);
    connection->transaction("reading", [&](auto&) {
        RowStream rows{*connection, "SELECT 5", {}};
        REQUIRE(rows.next());
        CHECK(rows.integer(0) == 5);
    });
}

TEST_CASE("an error in the middle of a stream comes out after the rows before it") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    std::int64_t count = 0;
    const auto error = error_of([&] {
        connection->transaction("reading", [&](auto&) {
            RowStream rows{
                *connection, "SELECT 1 / (1000 - n)::int FROM generate_series(1, 200000) n", {}};
            while (rows.next()) ++count;
        });
    });
    CHECK(count == 999);
    CHECK(error.failure == Failure::data);
    CHECK_THAT(error.cause, ContainsSubstring("division by zero"));
    CHECK_THAT(error.cause, ContainsSubstring("22012"));
    CHECK(first(database, "SELECT 1", [](auto& rows) { return rows.integer(0); }) == 1);
    connection->transaction("reading", [&](auto&) {
        RowStream rows{*connection, "SELECT 5", {}};
        CHECK(rows.next());
    });
}

TEST_CASE("a statement that cannot even start fails with the server's words") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    const auto error = error_of([&] {
        connection->transaction("reading", [&](auto&) {
            RowStream rows{*connection, "SELECT * FROM nowhere", {}};
            rows.next();
        });
    });
    CHECK(error.failure == Failure::configuration);
    CHECK_THAT(error.cause, ContainsSubstring("42P01"));
}

TEST_CASE("a stop or a lost session in the middle of a stream is told apart") {
    const Database database{Schema::none};
    for (const bool stopped : {true, false}) {
        std::stop_source stop;
        const auto connection = database.connect(stop.get_token());
        const auto error = error_of([&] {
            connection->transaction("reading", [&](auto&) {
                RowStream rows{*connection, "SELECT generate_series(1, 1000000000::bigint)", {}};
                for (std::int64_t count = 0; rows.next(); ++count) {
                    if (count != 1000) continue;
                    if (stopped) {
                        stop.request_stop();
                    } else {
                        database.query("SELECT pg_terminate_backend(" +
                                       std::to_string(connection->process()) + ")");
                    }
                }
            });
        });
        INFO(words_of(error));
        CHECK(error.failure == (stopped ? Failure::interrupted : Failure::unavailable));
    }
}
