// What a command says: one result on stdout, as text for people or as one JSON document, never
// both. Each result has two pure functions; the choice between them stands here alone.
//
// The JSON document begins with schema_version, command, run_id and ok; a failed command prints
// one too, with ok false and the error. --quiet: a success prints nothing.
#pragma once

#include "base/error.hpp"
#include "exit_code.hpp"

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace nightshift::cmd {

struct OutputOptions {
    bool json = false;
    bool quiet = false;
    std::string command;
    std::string run_id;
};

// Of a result's values; asked for: the result is one, a url that opens what is private; none left:
// they were taken out of others' words before, and what is left are words and names of our own.
enum class Secrets { hidden, asked_for, none_left };

class Output {
  public:
    explicit Output(OutputOptions options) : options_{std::move(options)} {}

    // json: the fields behind the common ones; ok: false where the answer is no, which --quiet
    // does not silence. Throws Error (output) where stdout takes nothing.
    void result(const std::function<std::string()>& text,
                const std::function<nlohmann::ordered_json()>& json, bool ok = true,
                Secrets secrets = Secrets::hidden) const;
    // What result prints of it as JSON.
    std::string document(const nlohmann::ordered_json& json, bool ok) const;
    bool is_json() const { return options_.json; }
    // One of many, on a line of its own, whatever --json says. Throws as result does.
    void line(const nlohmann::ordered_json& json) const;

    // Neither --json nor --quiet: there may be more than the result.
    bool is_for_people() const { return !options_.json && !options_.quiet; }

    // The lines of an error, in the log.
    void explain(const Error& error) const;
    // The end of a command: its error's lines, and with --json the document on stdout.
    void failure(const Error& error, ExitCode code) const;

  private:
    nlohmann::ordered_json begun(bool ok) const;

    OutputOptions options_;
};

// Secrets in its values are hidden. indent: -1 puts it on one line.
std::string text_of(nlohmann::ordered_json json, int indent);

// A plain table: columns as wide as their widest cell, numbers to the right.
class Table {
  public:
    explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace nightshift::cmd
