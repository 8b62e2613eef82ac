#include "attempts/import.hpp"

#include "attempts/attempt_row.hpp"
#include "attempts/byte_source.hpp"
#include "attempts/csv_reader.hpp"
#include "attempts/sql.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "postgres/copy_in.hpp"
#include "postgres/failure.hpp"

namespace nightshift::attempts {
namespace {

IdType id_type(const std::string& base_type) {
    if (base_type == "uuid") return IdType::uuid;
    return base_type == "bigint" || base_type == "integer" || base_type == "smallint"
               ? IdType::integer
               : IdType::text;
}

RowFormat::Rules rules(postgres::Transaction& transaction, const ImportRequest& request) {
    const auto types = postgres::exec(transaction, sql::id_types)[0];
    return {.user_id = id_type(types["user_id"].c_str()),
            .question_id = id_type(types["question_id"].c_str()),
            .zone_is_given = !request.zone.empty()};
}

void use_zone(postgres::Transaction& transaction, const std::string& zone) {
    if (zone.empty()) return;
    if (!postgres::exec(transaction, sql::use_zone, {zone}).empty()) return;
    throw Error{Failure::usage, "--zone " + excerpt(zone) + " is no time zone",
                "Postgres's pg_timezone_names has no such name",
                "give an IANA name such as Africa/Banjul or Europe/London"};
}

struct Staged {
    std::int64_t rows = 0;
    std::int64_t events = 0;  // of them have an event_id
};

// The file's rows into attempts_staged.
Staged stage(const postgres::Connection& connection, CsvReader& reader, const RowFormat& format,
             const jobs::Lease& lease, const std::stop_token& stop) {
    postgres::CopyIn copy{connection,
                          "COPY attempts_staged (line, user_id, question_id, is_correct, skipped,"
                          " attempted_at, event_id) FROM STDIN"};
    CsvRecord record;
    AttemptRow row;
    Staged staged;
    while (reader.next(record)) {
        format.parse(record, row);
        copy.plain(std::to_string(record.line));
        copy.text(row.user_id);
        copy.text(row.question_id);
        copy.plain(row.is_correct ? "t" : "f");
        copy.plain(row.skipped ? "t" : "f");
        copy.plain(row.attempted_at);
        row.event_id ? copy.text(*row.event_id) : copy.null();
        copy.end_row();
        ++staged.rows;
        if (row.event_id) ++staged.events;
        lease.check();
        if (stop.stop_requested()) throw Error{Failure::interrupted, "stopped while reading rows"};
    }
    copy.finish();
    return staged;
}

// A NOT NULL column without a default that we know nothing about.
[[noreturn]] void refuse_needed_column(const std::string& table, const std::string& server_words,
                                       const std::string& flag) {
    throw Error{Failure::data, "cannot create rows in " + table + ": a column needs a value",
                server_words,
                "create them in the app, or give the column a default, instead of " + flag};
}

std::int64_t create_missing(postgres::Transaction& transaction, std::string_view statement,
                            const std::string& table, const std::string& flag) {
    try {
        return postgres::exec(transaction, statement)[0]["created"].as<std::int64_t>();
    } catch (const pqxx::sql_error& error) {
        if (postgres::sqlstate(error) != "23502") throw;
        refuse_needed_column(table, std::string{trimmed(error.what())}, flag);
    }
}

void refuse_unknown(postgres::Transaction& transaction, std::string_view statement,
                    const std::string& file, const std::string& thing, const std::string& flag) {
    const auto row = postgres::exec(transaction, statement)[0];
    const auto unknown = row["unknown"].as<std::int64_t>();
    if (unknown == 0) return;
    throw Error{
        Failure::data, file + " names " + counted(unknown, "unknown " + thing),
        "the first is " + excerpt(row["first_id"].c_str()) + ", on line " + row["line"].c_str(),
        "import them first, or create them with " + flag + "; nothing of this file was kept"};
}

void settle_users_and_questions(postgres::Transaction& transaction, const ImportRequest& request,
                                FileReport& report) {
    // Refusals first: a sequence that was moved does not move back with the transaction.
    if (!request.create_users) {
        refuse_unknown(transaction, sql::unknown_users, report.file, "user", "--create-users");
    }
    if (!request.create_questions) {
        refuse_unknown(transaction, sql::unknown_questions, report.file, "question",
                       "--create-questions");
    }
    if (request.create_users) {
        report.users_created =
            create_missing(transaction, sql::create_users, "public.users", "--create-users");
    }
    if (request.create_questions) {
        report.questions_created = create_missing(transaction, sql::create_questions,
                                                  "public.questions", "--create-questions");
    }
}

FileReport import_file(postgres::Connection& connection, const jobs::Lease& lease,
                       const std::string& file, const ImportRequest& request,
                       const std::stop_token& stop) {
    // The header before the transaction: a pipe that is still silent holds up nothing.
    ByteSource source{file, stop};
    CsvReader reader{source};
    CsvRecord header;
    if (!reader.next(header)) throw reader.bad(1, "the file is empty", "give a CSV with a header");

    return connection.transaction("importing " + file, [&](auto& transaction) {
        FileReport report;
        report.file = file;
        // One import at a time, so that the server can spare it some memory; the staged rows are
        // hashed and sorted with it. JIT takes longer to compile here than it saves.
        // For the plans to come 3,000 sampled rows tell enough.
        transaction.exec(
            "SET LOCAL search_path = pg_catalog, pg_temp;"  // nobody else's tables and functions
            " SET LOCAL work_mem = '64MB'; SET LOCAL jit = off;"
            " SET LOCAL default_statistics_target = 10");
        use_zone(transaction, request.zone);
        transaction.exec(std::string{sql::create_staging});
        const RowFormat format{reader, header, rules(transaction, request)};
        for (const auto& column : format.ignored_columns()) {
            log::info("column ignored", {{"file", source.name()}, {"column", column}});
        }
        const auto staged = stage(connection, reader, format, lease, stop);
        report.rows = staged.rows;
        transaction.exec("ANALYZE attempts_staged");  // nobody does it for a temporary table
        settle_users_and_questions(transaction, request, report);

        // Each of the two reads all staged rows, even to find that none is for it.
        const auto affected = [&](std::string_view statement) {
            const auto result = postgres::exec(transaction, statement);
            return static_cast<std::int64_t>(result.affected_rows());
        };
        if (staged.events > 0) report.inserted = affected(sql::insert_events);
        if (staged.events < staged.rows) {
            const bool all_new = affected(sql::find_present) == 0;
            if (!all_new) transaction.exec("ANALYZE attempts_present");
            report.inserted += affected(all_new ? sql::insert_all_contents : sql::insert_contents);
        }
        report.already_there = report.rows - report.inserted;
        if (report.already_there > 0 && staged.events > 0) {
            report.conflicting =
                postgres::exec(transaction, sql::conflicting_events)[0]["conflicting"]
                    .template as<std::int64_t>();
        }
        lease.confirm(transaction);
        return report;
    });
}

}  // namespace

std::vector<FileReport> import_files(postgres::Connection& connection, const jobs::Lease& lease,
                                     const ImportRequest& request, const std::stop_token& stop) {
    std::vector<FileReport> reports;
    for (const auto& file : request.files) {
        try {
            reports.push_back(import_file(connection, lease, file, request, stop));
        } catch (const Error& error) {
            if (stop.stop_requested()) {
                throw Error{Failure::interrupted, "stopped while importing " + file};
            }
            if (error.failure != Failure::data) throw;
            FileReport failed;
            failed.file = file;
            failed.error = error;
            reports.push_back(std::move(failed));
        }
    }
    return reports;
}

}  // namespace nightshift::attempts
