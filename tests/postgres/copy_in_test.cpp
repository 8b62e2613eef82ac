#include "postgres/copy_in.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

using namespace nightshift;
using namespace nightshift::test;
using postgres::CopyIn;
using Schema = Database::Schema;

namespace {

constexpr const char* copy = "COPY t (n, words) FROM STDIN";

struct Table {
    Database database{Schema::none};
    std::unique_ptr<postgres::Connection> connection = database.connect();

    Table() {
        database.query("CREATE TABLE t (n int PRIMARY KEY, words text, CHECK (n < 1000000))");
    }
    std::string count() const { return database.query("SELECT count(*) FROM t"); }
};

void add(CopyIn& rows, int number, const std::string& words) {
    rows.plain(std::to_string(number));
    rows.text(words);
    rows.end_row();
}

// After a copy that failed.
void check_usable(const Table& table) {
    table.connection->transaction("copying", [&](auto&) {
        CopyIn rows{*table.connection, copy};
        add(rows, 1, "one");
        rows.finish();
    });
    CHECK(table.count() == "1");
}

}  // namespace

TEST_CASE("text is kept as it is, whatever COPY would make of it") {
    const Table table;
    const std::vector<std::string> texts{"",
                                         "plain",
                                         "\\",
                                         "\\\\",
                                         "a\tb",
                                         "\t",
                                         "a\nb",
                                         "\n",
                                         "a\rb",
                                         "\r\n",
                                         "\\N",
                                         "\\.",
                                         "\\n\\t\\r",
                                         "ends in \\",
                                         "\\\t\\\n\\\r",
                                         "NULL",
                                         " blanks ",
                                         "\b\f\v",
                                         "\"quoted\",",
                                         "it's",
                                         "\\x41\\101",
                                         "caf\u00E9 \u6F22 \U0001F642"};
    table.connection->transaction("copying", [&](auto&) {
        CopyIn rows{*table.connection, copy};
        int number = 0;
        for (const auto& text : texts) add(rows, number++, text);
        rows.finish();
    });
    const auto found = table.database.rows("SELECT words, words IS NULL FROM t ORDER BY n");
    REQUIRE(found.size() == texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        INFO(i << ": " << texts[i]);
        CHECK(found[i][0] == texts[i]);
        CHECK(found[i][1] == "f");
    }
}

TEST_CASE("NULL is NULL and an empty string is not, in any column") {
    const Database database{Schema::none};
    database.query("CREATE TABLE t (n serial, a text, b text, c text)");
    const auto connection = database.connect();
    connection->transaction("copying", [&](auto&) {
        CopyIn rows{*connection, "COPY t (a, b, c) FROM STDIN"};
        rows.null();
        rows.text("");
        rows.null();
        rows.end_row();
        rows.text("");
        rows.null();
        rows.text("");
        rows.end_row();
        rows.finish();
    });
    CHECK(database.rows(
              "SELECT a IS NULL, b IS NULL, c IS NULL, coalesce(a, b, c) FROM t ORDER BY n") ==
          std::vector<std::vector<std::string>>{{"t", "f", "t", ""}, {"f", "t", "f", ""}});
}

TEST_CASE("a single empty column is a row") {
    const Database database{Schema::none};
    database.query("CREATE TABLE t (a text)");
    const auto connection = database.connect();
    connection->transaction("copying", [&](auto&) {
        CopyIn rows{*connection, "COPY t FROM STDIN"};
        rows.text("");
        rows.end_row();
        rows.text("\\.");
        rows.end_row();
        rows.finish();
    });
    CHECK(database.query("SELECT string_agg('<' || a || '>', '' ORDER BY a) FROM t") == "<><\\.>");
}

TEST_CASE("many rows go over in blocks, and values larger than a block too") {
    const Table table;
    const std::string large(300'000, '\t');
    table.connection->transaction("copying", [&](auto&) {
        CopyIn rows{*table.connection, copy};
        for (int i = 0; i < 100'000; ++i) add(rows, i, "row " + std::to_string(i));
        add(rows, 100'000, large);
        rows.finish();
    });
    CHECK(table.count() == "100001");
    CHECK(table.database.query("SELECT count(*) FROM t WHERE words = 'row ' || n") == "100000");
    CHECK(table.database.query("SELECT length(words) FROM t WHERE n = 100000") == "300000");
}

TEST_CASE("nothing at all is copied as nothing") {
    const Table table;
    table.connection->transaction("copying", [&](auto&) {
        CopyIn rows{*table.connection, copy};
        rows.finish();
    });
    CHECK(table.count() == "0");
}

TEST_CASE("a copy runs in the caller's transaction, which goes on after finish") {
    const Table table;
    const auto undone = [&] {
        table.connection->transaction("copying", [&](auto& transaction) {
            CopyIn rows{*table.connection, copy};
            add(rows, 1, "one");
            rows.finish();
            CHECK(postgres::exec(transaction, "SELECT words FROM t")[0][0].c_str() ==
                  std::string{"one"});
            CHECK(table.count() == "0");
            throw std::domain_error{"no"};
        });
    };
    CHECK_THROWS_AS(undone(), std::domain_error);
    CHECK(table.count() == "0");
}

TEST_CASE("a copy that is destroyed unfinished keeps nothing and ends the transaction") {
    const Table table;
    for (const int rows_before : {0, 3, 50'000}) {
        INFO(rows_before);
        try {
            table.connection->transaction("copying", [&](auto& transaction) {
                postgres::exec(transaction, "INSERT INTO t VALUES (999999, 'before')");
                CopyIn rows{*table.connection, copy};
                for (int i = 0; i < rows_before; ++i) add(rows, i, "some words in it");
            });
        } catch (const Error&) {  // either way nothing is kept
        }
        CHECK(table.count() == "0");
    }
    check_usable(table);
}

TEST_CASE("what the server rejects comes out with its words, and the connection stays usable") {
    struct Example {
        std::string number;
        std::string words;
        Failure failure;
        std::string sqlstate;
    };
    for (const auto& [number, words, failure, sqlstate] : {
             Example{"one", "x", Failure::data, "22P02"},
             {"7", "twice", Failure::data, "23505"},
             {"1000000", "too large", Failure::data, "23514"},
             {"\\N", "no key", Failure::data, "23502"},
             {"8", "caf\xE9", Failure::data, "22021"},
             {"8\t9", "a column too many", Failure::data, "22P04"},
         }) {
        const Table table;
        const auto error = error_of([&] {
            table.connection->transaction("copying", [&](auto&) {
                CopyIn rows{*table.connection, copy};
                add(rows, 7, "seven");
                rows.plain(number);
                rows.text(words);
                rows.end_row();
                for (int i = 100; i < 20'000; ++i) add(rows, i, "and many more behind it");
                rows.finish();
            });
        });
        INFO(words << "\n" << words_of(error));
        CHECK(error.failure == failure);
        CHECK_THAT(error.cause, ContainsSubstring(sqlstate));
        CHECK_THAT(error.what(), ContainsSubstring("copying"));
        CHECK(table.count() == "0");
        check_usable(table);
    }
}

TEST_CASE("a copy that cannot begin says why") {
    const Table table;
    for (const auto& [statement, sqlstate] :
         {std::pair{"COPY nowhere FROM STDIN", "42P01"}, {"COPY t (colour) FROM STDIN", "42703"}}) {
        const auto error = error_of([&, statement = statement] {
            table.connection->transaction("copying", [&](auto&) {
                CopyIn{*table.connection, statement};
            });
        });
        CHECK(error.failure == Failure::configuration);
        CHECK_THAT(error.cause, ContainsSubstring(sqlstate));
    }
}

TEST_CASE("a session lost in the middle of a copy is unavailable") {
    const Table table;
    const auto error = error_of([&] {
        table.connection->transaction("copying", [&](auto&) {
            CopyIn rows{*table.connection, copy};
            add(rows, 1, "one");
            table.database.query("SELECT pg_terminate_backend(" +
                                 std::to_string(table.connection->process()) + ")");
            for (int i = 2; i < 200'000; ++i) add(rows, i, "and many more behind it");
            rows.finish();
        });
    });
    INFO(words_of(error));
    CHECK(error.failure == Failure::unavailable);
    CHECK(table.count() == "0");
}
