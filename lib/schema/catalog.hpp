// The app's tables as Postgres's catalog has them.
#pragma once

#include "postgres/connection.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::schema {

struct FoundColumn {
    std::string type;    // as written: character varying(40)
    std::string family;  // integer, uuid, text, boolean, timestamptz, timestamp, time, xid8, other
    bool has_default = false;   // or an identity
    std::string default_value;  // as Postgres writes it back
    bool needs_value = false;   // NOT NULL without a default
};

struct FoundIndex {
    std::string table;  // empty: something else that has the name of one of our indexes
    std::string name;
    std::string columns;
    std::string included;
    std::string predicate;
    bool valid = false;
    bool unique = false;
    bool plain = false;      // a btree in the columns' own collations
    std::string deferrable;  // the constraint's name where it is; no ON CONFLICT can use one
    bool primary = false;
};

struct FoundTable {
    std::string kind;  // pg_class.relkind; empty: no such table
    std::string owner;
    bool may_alter = false;
    bool owner_may_create = false;  // in public
    bool may_read = false;
    bool filtered = false;  // row-level security hides rows from us
    std::string sequence;   // behind id; may be empty
    std::string elsewhere;  // where there is none: another that is likely the app's
    bool shadowed = false;  // and the app finds that one by search_path today, and would find ours
    std::string returned_by;  // SQL functions whose result is a row of it
    std::string peculiar;     // why nothing can be added to it; may be empty
    std::map<std::string, FoundColumn> columns;

    bool exists() const { return !kind.empty(); }
};

struct Catalog {
    std::map<std::string, FoundTable> tables;  // each that was asked for
    std::vector<FoundIndex> indexes;
    std::string login;
    std::string database;
    std::optional<bool> is_member;  // of the role; none: there is no such role
    bool may_use_public = false;
    bool may_create_in_public = false;
    bool may_create_our_schema = false;  // or in it, where it stands
    bool our_schema_stands = false;
    std::string strangers;          // in a schema nightshift that is not ours; may be empty
    std::string closed_tablespace;  // that new indexes would go to and may not; may be empty
    bool read_only = false;

    const FoundTable& table(std::string_view name) const { return tables.at(std::string{name}); }
};

// role: that alters the app's tables; empty: the one that we logged in as.
Catalog read_catalog(postgres::Transaction& transaction, const std::string& role);

}  // namespace nightshift::schema
