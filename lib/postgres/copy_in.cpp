#include "postgres/copy_in.hpp"

#include "postgres/failure.hpp"

namespace nightshift::postgres {
namespace {

constexpr std::size_t block = 64 * 1024;

struct Result {
    explicit Result(PGresult* result) : value{result} {}
    ~Result() { PQclear(value); }
    Result(const Result&) = delete;
    Result& operator=(const Result&) = delete;
    PGresult* value;
};

}  // namespace

CopyIn::CopyIn(const Connection& connection, std::string_view statement) : connection_{connection} {
    buffer_.reserve(2 * block);
    const Result started{PQexec(connection.raw(), std::string{statement}.c_str())};
    if (PQresultStatus(started.value) != PGRES_COPY_IN) {
        throw StatementFailure::of(connection.raw(), started.value);
    }
}

CopyIn::~CopyIn() {
    if (finished_) return;
    PQputCopyEnd(connection_.raw(), "given up by the client");
    while (PGresult* result = PQgetResult(connection_.raw())) PQclear(result);
}

void CopyIn::separate() {
    if (!at_row_start_) buffer_ += '\t';
    at_row_start_ = false;
}

void CopyIn::text(std::string_view value) {
    separate();
    for (auto special = value.find_first_of("\\\t\n\r"); special != std::string_view::npos;
         special = value.find_first_of("\\\t\n\r")) {
        buffer_ += value.substr(0, special);
        const char c = value[special];
        buffer_ += '\\';
        buffer_ += c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : '\\';
        value.remove_prefix(special + 1);
    }
    buffer_ += value;
}

void CopyIn::plain(std::string_view value) {
    separate();
    buffer_ += value;
}

void CopyIn::null() { plain("\\N"); }

void CopyIn::end_row() {
    buffer_ += '\n';
    at_row_start_ = true;
    if (buffer_.size() >= block) flush();
}

void CopyIn::flush() {
    if (PQputCopyData(connection_.raw(), buffer_.data(), static_cast<int>(buffer_.size())) != 1) {
        throw StatementFailure::of(connection_.raw());
    }
    buffer_.clear();
}

void CopyIn::finish() {
    flush();
    finished_ = true;
    if (PQputCopyEnd(connection_.raw(), nullptr) != 1)
        throw StatementFailure::of(connection_.raw());
    const Result done{PQgetResult(connection_.raw())};
    if (PQresultStatus(done.value) != PGRES_COMMAND_OK) {
        throw StatementFailure::of(connection_.raw(), done.value);
    }
    while (PGresult* rest = PQgetResult(connection_.raw())) PQclear(rest);
}

}  // namespace nightshift::postgres
