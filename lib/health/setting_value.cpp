#include "health/setting_value.hpp"

#include "base/error.hpp"
#include "base/redaction.hpp"
#include "base/instant.hpp"
#include "base/money.hpp"
#include "base/text.hpp"
#include "jobs/cron_times.hpp"
#include "postgres/connection.hpp"
#include "redis/address.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace nightshift::health {
namespace {

using config::Known;
using config::Type;

// What reading it throws.
std::optional<Objection> thrown_by(const std::function<void()>& read) {
    try {
        read();
        return std::nullopt;
    } catch (const Error& error) {
        const std::string what{error.what()};
        return Objection{redacted(error.cause.empty() ? what : what + ": " + error.cause),
                         error.hint};
    }
}

std::optional<Objection> number(const Known& known, const std::string& value) {
    const auto parsed = parse_integer<std::int64_t>(value);
    if (parsed && *parsed >= known.min && *parsed <= known.max) return std::nullopt;
    return Objection{
        fmt::format("{} is no whole number from {} to {}", excerpt(value), known.min, known.max),
        "correct it, or leave it unset"};
}

std::optional<Objection> choice(const Known& known, const std::string& value) {
    const auto wanted = lowered(value);
    if (std::find(known.choices.begin(), known.choices.end(), wanted) != known.choices.end())
        return std::nullopt;
    if (known.name == "ENVIRONMENT" && wanted == "prod") return std::nullopt;
    const auto meant = closest(wanted, known.choices);
    return Objection{
        excerpt(value) + " is none of " + fmt::format("{}", fmt::join(known.choices, ", ")),
        meant.empty() ? "choose one of them" : "did you mean " + meant + "?"};
}

// Of a url with a user and password in it only the scheme and whether there is a host are told.
std::optional<Objection> url(const Known& known, const std::string& value) {
    const auto end = value.find("://");
    const auto scheme = end == std::string::npos ? "" : lowered(value.substr(0, end));
    const bool is_known =
        std::find(known.schemes.begin(), known.schemes.end(), scheme) != known.schemes.end();
    if (is_known && value.size() > end + 3 && value[end + 3] != '/') return std::nullopt;
    return Objection{is_known ? "it has no host"
                              : "it begins with none of " +
                                    fmt::format("{}://", fmt::join(known.schemes, "://, ")),
                     "write it such as " + known.example};
}

std::optional<Objection> file(const std::string& path) {
    std::error_code none;
    if (!std::filesystem::exists(path, none))
        return Objection{excerpt(path, 200) + " is not there", "correct the path"};
    if (!std::filesystem::is_regular_file(path, none))
        return Objection{excerpt(path, 200) + " is no file", "correct the path"};
    if (::access(path.c_str(), R_OK) == 0) return std::nullopt;
    return Objection{"this user may not read " + excerpt(path, 200), "let it, or run as another"};
}

std::optional<Objection> folder(const std::string& path, const std::string& what = "") {
    std::error_code none;
    if (!std::filesystem::is_directory(path, none))
        return Objection{excerpt(path, 200) + " is no folder", "make it, or correct the path"};
    if (::access(path.c_str(), what.empty() ? X_OK : W_OK | X_OK) == 0) return std::nullopt;
    return Objection{
        "this user may not " + (what.empty() ? "look into " : what) + excerpt(path, 200),
        "let it, or run as another"};
}

std::optional<Objection> new_file(const std::string& path) {
    const auto parent = std::filesystem::path{path}.parent_path();
    return folder(parent.empty() ? "." : parent.string(), "write into ");
}

// libpq looks at ports when it connects.
std::optional<Objection> postgres_url(const std::string& value) {
    std::string ports;
    auto objection = thrown_by([&] { ports = postgres::parse_url(value)["port"]; });
    if (objection) return objection;
    std::istringstream list{ports};
    for (std::string port; std::getline(list, port, ',');) {
        const auto number = parse_integer<int>(port);
        if (!port.empty() && (!number || *number < 1 || *number > 65'535))
            return Objection{"its port is none from 1 to 65535",
                             "write it such as postgresql://user:password@host:5432/app"};
    }
    return std::nullopt;
}

}  // namespace

std::optional<bool> says_yes(const std::string& value) {
    const auto word = lowered(value);
    for (const auto* yes : {"1", "true", "yes", "on"}) {
        if (word == yes) return true;
    }
    for (const auto* no : {"0", "false", "no", "off"}) {
        if (word == no) return false;
    }
    return std::nullopt;
}

std::optional<Objection> object_to(const Known& known, const std::string& value) {
    switch (known.type) {
        case Type::integer:
            return number(known, value);
        case Type::money:
            if (const auto money = parse_money(value); money && *money >= Money{})
                return std::nullopt;
            return Objection{excerpt(value) + " is no amount of money", "write it such as 25.00"};
        case Type::choice:
            return choice(known, value);
        case Type::flag:
            if (says_yes(value)) return std::nullopt;
            return Objection{excerpt(value) + " is neither true nor false", "write true or false"};
        case Type::zone:
            return thrown_by([&] { jobs::local_text(now(), value); });
        case Type::url:
            return url(known, value);
        case Type::postgres:
            return postgres_url(value);
        case Type::redis:
            return thrown_by([&] { redis::parse_address(value); });
        case Type::file:
            return file(value);
        case Type::new_file:
            return new_file(value);
        case Type::folder:
            return folder(value);
        case Type::text:
        case Type::list:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace nightshift::health
