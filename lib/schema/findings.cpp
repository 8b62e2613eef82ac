#include "schema/findings.hpp"

#include <algorithm>

namespace nightshift::schema {

void Findings::note(Kind& kind, const std::string& what, const std::string& sql) {
    auto& [reasons, statements] = kind;
    if (std::find(reasons.begin(), reasons.end(), what) == reasons.end()) reasons.push_back(what);
    if (!sql.empty()) statements.push_back(sql);
}

std::optional<Refusal> Findings::refusal() const {
    if (lacking_.reasons.empty() && forbidden_.reasons.empty()) return std::nullopt;
    const bool by_data = !lacking_.reasons.empty();
    std::string why;
    std::vector<std::string> sql;
    for (const auto* kind : {&lacking_, &forbidden_}) {
        for (const auto& reason : kind->reasons) why += (why.empty() ? "" : "; ") + reason;
        sql.insert(sql.end(), kind->sql.begin(), kind->sql.end());
    }
    return Refusal{
        {by_data ? Failure::data : Failure::configuration,
         "the database is not ready for nightshift; nothing was changed", why,
         sql.empty() ? "change what is named, then run again"
                     : "read what is on standard output, let psql run it, then run again"},
        std::move(sql)};
}

}  // namespace nightshift::schema
