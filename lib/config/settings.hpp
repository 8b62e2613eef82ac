// Where a setting comes from: the environment, then one settings file, then the caller's default.
// (Flags stand before all of these: a command asks only where its flag was not given.)
//
// The file is --env-file, else ./.env if it belongs to this user and nobody else can write it,
// else /etc/nightshift/nightshift.env. An empty value counts as not set.
// Every secret NAME may be given as NAME_FILE, the path of a file that holds it (one trailing
// line end is dropped), which is read once, as a pipe has nothing more to say; both in one place is
// an error, as nobody can say which was meant.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::config {

class Settings {
  public:
    Settings();  // of the environment alone
    // env_file: what --env-file gave, or empty to search. Throws Error (configuration) for an
    // unreadable or malformed file; a ./.env that others can write is skipped with a warning.
    static Settings load(const std::string& env_file);

    std::optional<std::string> find(const std::string& name) const;

    // Whether it is set, or its NAME_FILE; nothing is read.
    bool has(const std::string& name) const;

    // Also reads NAME_FILE, and tells redaction. Throws Error (configuration) where both are set
    // or the file cannot be read.
    std::optional<std::string> find_secret(const std::string& name) const;

    // Throws Error (configuration) naming the setting; example shows what a value looks like.
    std::string require_secret(const std::string& name, std::string_view example) const;

    // Where find(), or find_secret() by way of NAME_FILE, would have it from.
    enum class Origin { nowhere, environment, file };
    Origin origin(const std::string& name) const;

    // All that are set, ours or not: the environment's, and the settings file's.
    std::set<std::string> names() const;

    // The settings file that was read; empty: none.
    const std::string& file() const { return file_path_; }
    // Names that stand there more than once.
    const std::vector<std::string>& repeated() const { return repeated_; }

  private:
    std::optional<std::string> in_file(const std::string& name) const;

    class SecretFiles;

    std::shared_ptr<SecretFiles> files_;
    std::map<std::string, std::string> file_;
    std::string file_path_;
    std::vector<std::string> repeated_;
};

}  // namespace nightshift::config
