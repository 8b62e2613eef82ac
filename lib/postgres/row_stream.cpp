#include "postgres/row_stream.hpp"

#include "postgres/failure.hpp"

#include <stdexcept>

namespace nightshift::postgres {
namespace {

// Type OIDs from Postgres's own catalog (src/include/catalog/pg_type.dat); they never change.
// A domain's column carries the OID of its base type.
constexpr Oid int8_type = 20;
constexpr Oid int2_type = 21;
constexpr Oid int4_type = 23;
constexpr Oid uuid_type = 2950;

std::int64_t big_endian(std::string_view bytes) {
    // Sign-extended from the first byte, so that int2 and int4 read as well as int8.
    std::int64_t value = static_cast<signed char>(bytes.front());
    for (const char byte : bytes.substr(1)) {
        value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << 8 |
                                          static_cast<unsigned char>(byte));
    }
    return value;
}

std::string uuid_text(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        const auto byte = static_cast<unsigned char>(bytes[i]);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace

RowStream::RowStream(const Connection& connection, std::string_view sql, const Parameters& values)
    : connection_{connection} {
    std::vector<const char*> texts;
    for (const auto& value : values) texts.push_back(value ? value->c_str() : nullptr);
    static constexpr int binary = 1;
    if (PQsendQueryParams(connection.raw(), std::string{sql}.c_str(),
                          static_cast<int>(texts.size()), nullptr, texts.data(), nullptr, nullptr,
                          binary) == 0) {
        throw StatementFailure::of(connection.raw());
    }
    PQsetSingleRowMode(connection.raw());
}

RowStream::~RowStream() {
    if (finished_) return;
    connection_.cancel();
    while (PGresult* result = PQgetResult(connection_.raw())) PQclear(result);
}

bool RowStream::next() {
    if (finished_) return false;
    row_.reset(PQgetResult(connection_.raw()));
    switch (PQresultStatus(row_.get())) {
        case PGRES_SINGLE_TUPLE:
            return true;
        case PGRES_TUPLES_OK:
            while (PGresult* rest = PQgetResult(connection_.raw())) PQclear(rest);
            finished_ = true;
            return false;
        default:
            throw StatementFailure::of(connection_.raw(), row_.get());
    }
}

std::string_view RowStream::bytes(int column) const {
    if (PQgetisnull(row_.get(), 0, column) != 0) {
        throw std::logic_error{"a NULL in column " + std::to_string(column) + " of a row stream"};
    }
    return {PQgetvalue(row_.get(), 0, column),
            static_cast<std::size_t>(PQgetlength(row_.get(), 0, column))};
}

std::int64_t RowStream::integer(int column) const { return big_endian(bytes(column)); }

bool RowStream::is_integer(int column) const {
    const Oid type = PQftype(row_.get(), column);
    return type == int8_type || type == int4_type || type == int2_type;
}

std::string RowStream::id(int column) const {
    if (is_integer(column)) return std::to_string(integer(column));
    if (PQftype(row_.get(), column) == uuid_type) return uuid_text(bytes(column));
    return std::string{bytes(column)};
}

}  // namespace nightshift::postgres
