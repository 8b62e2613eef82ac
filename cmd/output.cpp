#include "output.hpp"

#include "base/log.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

void write(const std::string& shown) {
    const bool written = std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size() &&
                         std::fflush(stdout) == 0;
    if (!written)
        throw Error{Failure::output, "cannot write the result",
                    std::generic_category().message(errno)};
}

// Values alone: a key, a number or a true that looks like a secret is none.
void redact_values(Json& json) {
    if (json.is_string()) {
        json = redacted(json.get<std::string>());
    } else if (json.is_structured()) {
        for (auto& each : json) redact_values(each);
    }
}

std::string dumped(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Code points, so that a name in any script keeps its column.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789.,+-%") == std::string::npos;
}

}  // namespace

std::string text_of(Json json, int indent) {
    redact_values(json);
    return dumped(json, indent);
}

Json Output::begun(bool ok) const {
    return {{"schema_version", 1},
            {"command", options_.command},
            {"run_id", options_.run_id},
            {"ok", ok}};
}

void Output::result(const std::function<std::string()>& text, const std::function<Json()>& json,
                    bool ok, Secrets secrets) const {
    if (options_.quiet && ok) return;
    const bool is_shown = secrets != Secrets::hidden;
    if (options_.json) {
        auto whole = begun(ok);
        whole.update(json());
        write(is_shown ? dumped(whole, 2) : text_of(std::move(whole), 2));
    } else {
        write(is_shown ? text() : redacted(text()));
    }
}

std::string Output::document(const Json& json, bool ok) const {
    auto whole = begun(ok);
    whole.update(json);
    return text_of(std::move(whole), 2);
}

void Output::line(const Json& json) const { write(text_of(json, -1)); }

void Output::explain(const Error& error) const {
    log::Fields lines;
    if (!error.cause.empty()) lines.emplace_back("why", one_line(error.cause));
    if (!error.hint.empty()) lines.emplace_back("fix", error.hint);
    log::error(one_line(error.what()), lines);
}

void Output::failure(const Error& error, ExitCode code) const {
    explain(error);
    if (!options_.json) return;
    auto whole = begun(false);
    whole["error"] = {{"message", error.what()},
                      {"cause", error.cause},
                      {"fix", error.hint},
                      {"exit_code", static_cast<int>(code)}};
    try {
        write(text_of(std::move(whole), 2));
    } catch (const Error& unwritten) {  // the first error is the one to end with
        if (std::string_view{unwritten.what()} != error.what()) explain(unwritten);
    }
}

std::string Table::text() const {
    const std::size_t columns = rows_.front().size();
    std::vector<std::size_t> widths(columns);
    std::vector<bool> right(columns, rows_.size() > 1);
    for (std::size_t r = 0; r < rows_.size(); ++r) {
        for (std::size_t c = 0; c < columns; ++c) {
            widths[c] = std::max(widths[c], width(rows_[r][c]));
            if (r > 0 && !is_number(rows_[r][c]) && rows_[r][c] != "-") right[c] = false;
        }
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t c = 0; c < columns; ++c) {
            const std::string padding(widths[c] - width(row[c]), ' ');
            line += right[c] ? padding + row[c] : row[c] + padding;
            line += c + 1 < columns ? "  " : "";
        }
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
}

}  // namespace nightshift::cmd
