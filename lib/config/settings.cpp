#include "config/settings.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/redaction.hpp"
#include "config/env_file.hpp"

#include <cstdlib>
#include <mutex>

#include <sys/stat.h>
#include <unistd.h>

namespace nightshift::config {
namespace {

constexpr std::size_t longest_secret = 64 << 10;
constexpr const char* system_file = "/etc/nightshift/nightshift.env";

// Somebody else's .env in a folder that we happen to stand in must not steer us.
bool may_read_local_env_file() {
    struct stat info {};
    if (::stat(".env", &info) != 0) return false;
    if (info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return true;
    log::warning("./.env is not read: it must belong to you and be writable by nobody else",
                 {{"fix", "chmod 600 .env, or name a file with --env-file"}});
    return false;
}

std::string searched_file() {
    if (may_read_local_env_file()) return ".env";
    return ::access(system_file, F_OK) == 0 ? system_file : "";
}

std::optional<std::string> environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

std::string read_secret_file(const std::string& name, const std::string& path) {
    const auto unreadable = [&](const std::string& why) -> Error {
        return {Failure::configuration, "cannot read the file that " + name + "_FILE names",
                path + ": " + why,
                "make it a file that holds the secret and that this user can read"};
    };
    std::string value;
    try {
        value = read_short(path, longest_secret);
    } catch (const Error& error) {
        throw unreadable(error.cause);
    }
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & S_IROTH) != 0) {
        log::warning(name + "_FILE is readable by everybody", {{"fix", "chmod 600 " + path}});
    }
    if (value.ends_with('\n')) value.pop_back();
    if (value.ends_with('\r')) value.pop_back();
    if (value.empty()) throw unreadable("it is empty");
    return value;
}

}  // namespace

// Each is read once: a pipe has nothing more to say.
class Settings::SecretFiles {
  public:
    std::string read(const std::string& name, const std::string& path) {
        const std::scoped_lock lock{mutex_};
        auto& value = values_[path];
        if (value.empty()) value = read_secret_file(name, path);
        return value;
    }

  private:
    std::mutex mutex_;
    std::map<std::string, std::string> values_;
};

Settings::Settings() : files_{std::make_shared<SecretFiles>()} {}

Settings Settings::load(const std::string& env_file) {
    Settings settings;
    settings.file_path_ = env_file.empty() ? searched_file() : env_file;
    if (!settings.file_path_.empty()) {
        auto read = read_env_file(settings.file_path_);
        settings.file_ = std::move(read.values);
        settings.repeated_ = std::move(read.repeated);
    }
    return settings;
}

std::optional<std::string> Settings::in_file(const std::string& name) const {
    const auto at = file_.find(name);
    if (at == file_.end() || at->second.empty()) return std::nullopt;
    return at->second;
}

std::optional<std::string> Settings::find(const std::string& name) const {
    if (auto value = environment(name)) return value;
    return in_file(name);
}

bool Settings::has(const std::string& name) const {
    return find(name).has_value() || find(name + "_FILE").has_value();
}

Settings::Origin Settings::origin(const std::string& name) const {
    if (environment(name) || environment(name + "_FILE")) return Origin::environment;
    return in_file(name) || in_file(name + "_FILE") ? Origin::file : Origin::nowhere;
}

std::set<std::string> Settings::names() const {
    std::set<std::string> names;
    for (const auto& [name, value] : file_) {
        if (!value.empty()) names.insert(name);
    }
    for (char** each = ::environ; each != nullptr && *each != nullptr; ++each) {
        const std::string_view line{*each};
        const auto equals = line.find('=');
        if (equals != std::string_view::npos && equals + 1 < line.size())
            names.emplace(line.substr(0, equals));
    }
    return names;
}

std::optional<std::string> Settings::find_secret(const std::string& name) const {
    const auto resolve = [this, &name](const std::optional<std::string>& value,
                                       const std::optional<std::string>& path,
                                       const std::string& place) -> std::optional<std::string> {
        if (value && path) {
            throw Error{Failure::configuration, name + " and " + name + "_FILE are both set",
                        "both stand in " + place, "keep one of them"};
        }
        return path ? files_->read(name, *path) : value;
    };

    auto value = resolve(environment(name), environment(name + "_FILE"), "the environment");
    if (!value) value = resolve(in_file(name), in_file(name + "_FILE"), file_path_);
    if (!value || value->empty()) return std::nullopt;
    remember_secret(*value);
    return value;
}

std::string Settings::require_secret(const std::string& name, std::string_view example) const {
    if (auto value = find_secret(name)) return *value;
    throw Error{Failure::configuration, name + " is not set",
                "neither the environment nor " +
                    (file_path_.empty() ? std::string{"a settings file"} : file_path_) + " has it",
                "set it, for example " + name + "=" + std::string{example}};
}

}  // namespace nightshift::config
