#include "health/configuration.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "config/catalog.hpp"
#include "health/secret_shape.hpp"
#include "health/setting_value.hpp"
#include "http/client.hpp"
#include "jobs/schedule.hpp"
#include "postgres/connection.hpp"
#include "redis/address.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace nightshift::health {
namespace {

using config::Known;
using config::Settings;
using config::Type;

bool is_loopback(const std::string& host) {
    return host.empty() || host.starts_with('/') || host == "localhost" || host == "::1" ||
           host.starts_with("127.");
}

std::vector<std::string> names_in(const std::string& list) {
    std::vector<std::string> names;
    std::istringstream words{list};
    for (std::string word; std::getline(words, word, ',');) {
        if (const auto each = trimmed(word); !each.empty()) names.emplace_back(each);
    }
    return names;
}

// Settings that others cannot do without.
struct Belonging {
    std::string setting;
    std::string value;                // of it
    std::vector<std::string> all_of;  // must be set, too
    std::vector<std::string> one_of;  // exactly one of them must be
};

const std::vector<Belonging>& belongings() {
    static const std::vector<Belonging> all{
        {"SMS_PROVIDER",
         "twilio",
         {"TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "NOTIFY_DAILY_BUDGET"},
         {"TWILIO_FROM_NUMBER", "TWILIO_MESSAGING_SERVICE_SID"}},
        {"EMAIL_PROVIDER", "sendgrid", {"SENDGRID_API_KEY", "SENDGRID_FROM_EMAIL"}, {}},
        {"EMAIL_PROVIDER", "smtp", {"SMTP_URL", "EMAIL_FROM"}, {}},
        {"STORAGE_BACKEND", "local", {"LOCAL_STORAGE_PATH"}, {}},
        {"STORAGE_BACKEND", "folder", {"LOCAL_STORAGE_PATH"}, {}},
        {"STORAGE_BACKEND", "s3", {"S3_BUCKET_NAME"}, {}},
        {"STORAGE_BACKEND", "minio", {"S3_BUCKET_NAME", "S3_ENDPOINT_URL"}, {}},
        {"UNSUBSCRIBE_URL", "", {"UNSUBSCRIBE_SECRET"}, {}},
        {"UNSUBSCRIBE_SECRET", "", {"UNSUBSCRIBE_URL"}, {}},
        {"AWS_ACCESS_KEY_ID", "", {"AWS_SECRET_ACCESS_KEY"}, {}},
        {"REDIS_TLS_CERT_FILE", "", {"REDIS_TLS_KEY_FILE"}, {}}};
    return all;
}

class Look {
  public:
    explicit Look(const Settings& settings) : settings_{settings} {
        const auto environment = lowered(settings.find("ENVIRONMENT").value_or("development"));
        is_production_ = environment == "production" || environment == "prod";
        for (const auto& known : config::known_settings()) read(known);
    }

    std::vector<Finding> findings() {
        for (const auto& [name, value] : values_) look_at_value(*config::find_known(name), value);
        look_at_names();
        look_at_file();
        look_at_belongings();
        look_at_database();
        look_at_redis();
        look_at_workers();
        look_at_security();
        look_at_services();
        sort();
        return std::move(findings_);
    }

  private:
    // What has no value can be none of the others' business.
    void read(const Known& known) {
        try {
            const auto value =
                known.is_secret ? settings_.find_secret(known.name) : settings_.find(known.name);
            if (value) values_[known.name] = *value;
        } catch (const Error& error) {
            add(known.category, known.name, true, error.what(), error.cause, error.hint);
        }
    }

    std::string value(const std::string& name) const {
        const auto found = values_.find(name);
        return found == values_.end() ? std::string{} : found->second;
    }

    void add(const std::string& category, const std::string& setting, bool is_error,
             const std::string& what, const std::string& why, const std::string& fix) {
        findings_.push_back({category, setting, is_error, what, why, fix});
    }
    // Of something that production alone must not have.
    void in_production(const std::string& category, const std::string& setting,
                       const std::string& what, const std::string& why, const std::string& fix) {
        add(category, setting, is_production_, what, why, fix);
    }

    void look_at_value(const Known& known, const std::string& value) {
        if (const auto objection = object_to(known, value)) {
            add(known.category, known.name, true, known.name + " cannot be used", objection->why,
                objection->fix);
            return;
        }
        if (known.is_secret && known.type == Type::text) look_at_secret(known, value);
        if (known.type == Type::url && value.starts_with("http://")) {
            if (const auto why = http::objection(value); !why.empty())
                in_production(known.category, known.name,
                              known.name + " goes over the network in the clear", why,
                              "give it as https://");
        }
    }

    void look_at_secret(const Known& known, const std::string& value) {
        if (const auto why = weakness_of(known.name, value); !why.empty())
            in_production(known.category, known.name, known.name + " is no secret", why,
                          "make a new one, such as of openssl rand -hex 32");
        for (const auto& [other, same] : values_) {
            const auto* second = config::find_known(other);
            if (other > known.name && second->is_secret && second->type == Type::text &&
                same == value)
                add(known.category, known.name, false,
                    known.name + " and " + other + " are the same", "who learns one has the other",
                    "give each its own");
        }
    }

    void look_at_names() {
        for (const auto& name : settings_.names()) {
            const auto meant = config::probably_meant(name);
            if (!meant.empty()) {
                add("environment", name, false, "there is no setting " + excerpt(name),
                    "nothing reads it", "did you mean " + meant + "?");
            } else if (name.starts_with("NIGHTSHIFT_") && config::find_known(name) == nullptr) {
                add("environment", name, false, "there is no setting " + excerpt(name),
                    "nothing reads it", "take it away; config show lists what there is");
            }
        }
        for (const auto& name : names_in(value("REQUIRED_SETTINGS"))) {
            if (settings_.has(name)) continue;
            add("environment", name, true, name + " is not set", "REQUIRED_SETTINGS names it",
                "set it, or take it out of REQUIRED_SETTINGS");
        }
    }

    void look_at_file() {
        const auto& file = settings_.file();
        if (file.empty()) return;
        for (const auto& name : settings_.repeated())
            add("environment", name, false, name + " stands twice in " + file,
                "the last one counts", "take one away");
        struct stat about {};
        if (::stat(file.c_str(), &about) != 0) return;
        if ((about.st_mode & (S_IRGRP | S_IROTH)) != 0 && holds_a_secret()) {
            const bool is_everybodys = (about.st_mode & S_IROTH) != 0;
            add("environment", "", is_production_ && is_everybodys,
                std::string{is_everybodys ? "everybody" : "its group"} + " may read " + file,
                "there are secrets in it", "chmod 600 " + file);
        }
    }

    bool holds_a_secret() const {
        return std::any_of(values_.begin(), values_.end(), [&](const auto& each) {
            return config::find_known(each.first)->is_secret &&
                   settings_.origin(each.first) == Settings::Origin::file;
        });
    }

    void look_at_belongings() {
        for (const auto& each : belongings()) {
            if (!settings_.has(each.setting)) continue;
            if (!each.value.empty() && lowered(value(each.setting)) != each.value) continue;
            const auto named = each.setting + (each.value.empty() ? "" : "=" + each.value);
            const auto* known = config::find_known(each.setting);
            for (const auto& name : each.all_of) {
                if (!settings_.has(name))
                    add(known->category, name, true, name + " is not set", named + " needs it",
                        "set it, or leave " + each.setting + " unset");
            }
            const auto set =
                std::count_if(each.one_of.begin(), each.one_of.end(),
                              [&](const std::string& name) { return settings_.has(name); });
            if (each.one_of.empty() || set == 1) continue;
            add(known->category, each.one_of.front(), true,
                (set == 0 ? "neither " : "both ") + each.one_of.front() +
                    (set == 0 ? " nor " : " and ") + each.one_of.back() +
                    (set == 0 ? " is set" : " are set"),
                named + " needs one of them", "set one");
        }
    }

    void look_at_database() {
        if (!settings_.has("DATABASE_URL")) {
            add("database", "DATABASE_URL", true, "DATABASE_URL is not set",
                "every job needs the database",
                "set it, such as postgresql://user:password@host:5432/app");
            return;
        }
        std::map<std::string, std::string> url;
        try {
            url = postgres::parse_url(value("DATABASE_URL"));
        } catch (const Error&) {  // it was told of
            return;
        }
        const auto host = url.contains("hostaddr") ? url["hostaddr"] : url["host"];
        const auto mode = url.contains("sslmode") ? url["sslmode"] : std::string{"prefer"};
        const bool is_encrypted = mode == "require" || mode.starts_with("verify");
        if (!is_loopback(host) && !is_encrypted)
            in_production(
                "database", "DATABASE_URL", "the connection to Postgres need not be encrypted",
                "sslmode is " + mode + ", which goes on without where the server has none",
                "add sslmode=verify-full, or at least sslmode=require");
        if (const auto why = weakness_of_password(url["user"], url["password"]); !why.empty())
            in_production("database", "DATABASE_URL", "the password of Postgres is no secret", why,
                          "give the role another one");
    }

    void look_at_redis() {
        if (!settings_.has("REDIS_URL")) return;
        redis::Address address;
        try {
            address = redis::parse_address(value("REDIS_URL"));
        } catch (const Error&) {
            return;
        }
        const auto& host =
            address.sentinels.empty() ? address.host : address.sentinels.front().first;
        if (!address.socket_path.empty() || is_loopback(host)) return;
        if (!address.tls)
            in_production("redis", "REDIS_URL", "REDIS_URL goes over the network in the clear",
                          "who is on the way reads the password and writes to boards",
                          "give it as rediss://");
        if (address.password.empty())
            in_production("redis", "REDIS_URL", "Redis has no password",
                          "who reaches it may change and delete everything",
                          "set one there, and in REDIS_URL");
    }

    void look_at_workers() {
        const auto path = value("NIGHTSHIFT_SCHEDULE");
        if (path.empty()) return;
        try {
            if (const auto text = read_file(path)) jobs::parse_schedule(*text, path);
        } catch (const Error& error) {
            add("workers", "NIGHTSHIFT_SCHEDULE", true, error.what(), error.cause, error.hint);
        }
    }

    void look_at_security() {
        if (says_yes(value("DEBUG")) == true)
            in_production("security", "DEBUG", "DEBUG is on",
                          "errors tell the public what no stranger should know", "set DEBUG=false");
        for (const auto& origin : names_in(value("CORS_ORIGINS"))) {
            if (origin == "*")
                in_production("security", "CORS_ORIGINS", "CORS_ORIGINS has *",
                              "every page may call the app as who is logged in",
                              "name the app's own origins");
        }
        if (lowered(value("LOG_LEVEL")) == "debug" && is_production_)
            add("monitoring", "LOG_LEVEL", false, "LOG_LEVEL is debug",
                "every step is logged, which costs time and room", "set LOG_LEVEL=info");
        if (::geteuid() == 0 && is_production_)
            add("security", "", false, "it runs as root", "it needs no right of root's",
                "run it as a user of its own");
    }

    void look_at_services() {
        for (const auto* name : {"FCM_BASE_URL", "TWILIO_BASE_URL", "SENDGRID_BASE_URL"}) {
            if (is_production_ && !value(name).empty())
                add("services", name, true, std::string{name} + " is set",
                    "messages go to what stands in for the provider, in tests",
                    std::string{"leave "} + name + " unset");
        }
        // Twilio's magic numbers: docs/iam/test-credentials.
        if (value("TWILIO_FROM_NUMBER").starts_with("+1500555000"))
            in_production("services", "TWILIO_FROM_NUMBER", "TWILIO_FROM_NUMBER is one for tests",
                          "Twilio sends nothing from it", "give a number that the account has");
        if (is_production_ && settings_.has("EMAIL_PROVIDER") && !settings_.has("UNSUBSCRIBE_URL"))
            add("services", "UNSUBSCRIBE_URL", false, "e-mails have no unsubscribe link",
                "large mailbox providers put such mail aside",
                "set UNSUBSCRIBE_URL and UNSUBSCRIBE_SECRET");
    }

    void sort() {
        const auto& all = config::categories();
        const auto place = [&](const Finding& finding) {
            return std::find_if(all.begin(), all.end(),
                                [&](const config::Category& each) {
                                    return each.name == finding.category;
                                }) -
                   all.begin();
        };
        std::stable_sort(findings_.begin(), findings_.end(),
                         [&](const auto& one, const auto& other) {
                             return std::pair{place(one), !one.is_error} <
                                    std::pair{place(other), !other.is_error};
                         });
    }

    const Settings& settings_;
    bool is_production_ = false;
    std::map<std::string, std::string> values_;  // of what is set and known, by name
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> look_at_settings(const Settings& settings) {
    return Look{settings}.findings();
}

bool is_configured(const Settings& settings, const std::string& category) {
    if (category == "environment" || category == "system") return true;
    const auto& all = config::known_settings();
    return std::any_of(all.begin(), all.end(), [&](const Known& each) {
        return each.category == category &&
               (settings.has(each.name) || (!each.fallback.empty() && category != "services"));
    });
}

std::vector<Result> settings_as_results(const Settings& settings) {
    const auto findings = look_at_settings(settings);
    std::vector<Result> results;
    for (const auto& category : config::categories()) {
        Result result{.id = "config." + category.name, .said = "good"};
        int count = 0;
        for (const auto& each : findings) {
            if (each.category != category.name || count++ > 0) continue;  // errors stand first
            result.status = each.is_error ? Status::unhealthy : Status::degraded;
            result.said = each.what;
            result.why = each.why;
            result.fix = each.fix;
        }
        if (count > 1) result.said += " (and " + std::to_string(count - 1) + " more)";
        if (count == 0 && !is_configured(settings, category.name)) {
            result.status = Status::skipped;
            result.said = "not configured";
        }
        results.push_back(std::move(result));
    }
    return results;
}

}  // namespace nightshift::health
