#include "config/settings.hpp"

#include "base/redaction.hpp"
#include "support/binary.hpp"
#include "support/captured_stderr.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <cstdlib>
#include <set>

#include <sys/stat.h>
#include <unistd.h>

using namespace nightshift;
using namespace nightshift::test;
using config::Settings;

namespace {

constexpr const char* name = "NIGHTSHIFT_TEST_SETTING";
constexpr const char* name_file = "NIGHTSHIFT_TEST_SETTING_FILE";

// Variables of the environment, for as long as it stands.
struct Environment {
    Environment() = default;
    explicit Environment(const std::map<std::string, std::string>& values) {
        for (const auto& [key, value] : values) set(key, value);
    }
    ~Environment() {
        for (const auto& key : names) ::unsetenv(key.c_str());
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    void set(const std::string& key, const std::string& value) {
        ::setenv(key.c_str(), value.c_str(), 1);
        names.insert(key);
    }
    std::set<std::string> names;
};

struct StandingIn {
    explicit StandingIn(const std::filesystem::path& folder) {
        std::filesystem::current_path(folder);
    }
    ~StandingIn() { std::filesystem::current_path(before); }
    StandingIn(const StandingIn&) = delete;
    StandingIn& operator=(const StandingIn&) = delete;
    std::filesystem::path before = std::filesystem::current_path();
};

std::string private_file(const TemporaryFolder& folder, const std::string& file,
                         const std::string& content) {
    const auto path = folder.file(file, content);
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    return path;
}

Settings with_file(const TemporaryFolder& folder, const std::string& content) {
    return Settings::load(private_file(folder, "settings.env", content));
}

}  // namespace

TEST_CASE("the environment stands before the settings file, and an empty value is no value") {
    struct Example {
        const char* environment;  // nullptr: not there
        const char* file;
        std::optional<std::string> found;
    };
    for (const auto& [environment, file, found] : {
             Example{"from-environment", "from-file", "from-environment"},
             {nullptr, "from-file", "from-file"},
             {"", "from-file", "from-file"},
             {"from-environment", nullptr, "from-environment"},
             {"from-environment", "", "from-environment"},
             {nullptr, "", std::nullopt},
             {"", "", std::nullopt},
             {nullptr, nullptr, std::nullopt},
         }) {
        INFO((environment != nullptr ? environment : "-") << " " << (file != nullptr ? file : "-"));
        const TemporaryFolder folder;
        Environment variables;
        if (environment != nullptr) variables.set(name, environment);
        const auto settings =
            with_file(folder, file != nullptr ? std::string{name} + "=" + file : "OTHER=1");
        CHECK(settings.find(name) == found);
        CHECK(settings.find_secret(name) == found);
    }
}

TEST_CASE("a secret may stand in a file of its own, of which one line end is dropped") {
    const TemporaryFolder folder;
    for (const auto& [content, secret] : {std::pair{"file-secret-1", "file-secret-1"},
                                          {"file-secret-2\n", "file-secret-2"},
                                          {"file-secret-3\r\n", "file-secret-3"},
                                          {"file-secret-4\n\n", "file-secret-4\n"},
                                          {" file-secret-5 \n", " file-secret-5 "}}) {
        const auto path = private_file(folder, "secret", content);
        {
            const Environment variables{{{name_file, path}}};
            CHECK(Settings{}.find_secret(name) == std::string{secret});
        }
        const auto settings = with_file(folder, std::string{name_file} + "=" + path);
        CHECK(settings.find_secret(name) == std::string{secret});
        CHECK(redacted(secret) == "[redacted]");
    }
}

TEST_CASE("a secret that was found is redacted from then on, an ordinary setting is not") {
    const Environment variables{{{name, "told-to-redaction"}}};
    CHECK(Settings{}.find(name) == "told-to-redaction");
    CHECK(redacted("told-to-redaction") == "told-to-redaction");
    CHECK(Settings{}.find_secret(name) == "told-to-redaction");
    CHECK(redacted("told-to-redaction") == "[redacted]");
}

TEST_CASE("a secret and its file in one place is an error, in two places the environment wins") {
    const TemporaryFolder folder;
    const auto path = private_file(folder, "secret", "from-the-secret-file\n");
    const auto both = std::string{name} + "=direct-secret\n" + name_file + "=" + path + "\n";
    const auto refused = [](const Settings& settings) {
        const auto error = error_of([&] { settings.find_secret(name); });
        CHECK(error.failure == Failure::configuration);
        CHECK_THAT(error.what(), ContainsSubstring(name_file));
        CHECK(words_of(error).find("direct-secret") == std::string::npos);
    };
    refused(with_file(folder, both));
    {
        const Environment variables{{{name, "direct-secret"}, {name_file, path}}};
        refused(Settings{});
    }
    {
        const Environment variables{{{name, "direct-secret"}}};
        CHECK(with_file(folder, both).find_secret(name) == "direct-secret");
    }
    const Environment variables{{{name, ""}, {name_file, path}}};
    CHECK(with_file(folder, std::string{name} + "=other").find_secret(name) ==
          "from-the-secret-file");
}

TEST_CASE("a secret's file that cannot be read is an error that names setting and file") {
    const TemporaryFolder folder;
    for (const auto& path : {(folder.path() / "missing").string(), folder.path().string()}) {
        const Environment variables{{{name_file, path}}};
        INFO(path);
        const auto error = error_of([] { Settings{}.find_secret(name); });
        CHECK(error.failure == Failure::configuration);
        CHECK_THAT(error.what(), ContainsSubstring(name_file));
        CHECK_THAT(error.cause, ContainsSubstring(path));
    }
}

TEST_CASE("a secret's file that is empty is an error, not a setting that is missing") {
    const TemporaryFolder folder;
    for (const std::string content : {"", "\n"}) {
        const Environment variables{{{name_file, private_file(folder, "secret", content)}}};
        const auto error = error_of([] { Settings{}.find_secret(name); });
        CHECK(error.failure == Failure::configuration);
        CHECK_THAT(error.what(), ContainsSubstring(name_file));
        CHECK_THAT(error.cause, ContainsSubstring("it is empty"));
    }
}

TEST_CASE("a required secret that is missing is named, with an example") {
    const TemporaryFolder folder;
    const auto settings = with_file(folder, "OTHER=1");
    const auto error = error_of([&] { settings.require_secret(name, "scheme://example"); });
    CHECK(error.failure == Failure::configuration);
    CHECK_THAT(error.what(), ContainsSubstring(name));
    CHECK_THAT(error.cause, ContainsSubstring("settings.env"));
    CHECK_THAT(error.hint, ContainsSubstring(std::string{name} + "=scheme://example"));
    const Environment variables{{{name, "it is here"}}};
    CHECK(settings.require_secret(name, "scheme://example") == "it is here");
}

TEST_CASE("without --env-file ./.env is read if it is ours alone, else skipped with a warning") {
    struct Example {
        mode_t mode;
        uid_t owner;
        bool read;
    };
    std::vector<Example> examples{{0600, ::geteuid(), true},
                                  {0644, ::geteuid(), true},
                                  {0620, ::geteuid(), false},
                                  {0602, ::geteuid(), false}};
    if (::geteuid() == 0) examples.push_back({0600, 65'534, false});  // only root gives away
    for (const auto& [mode, owner, read] : examples) {
        INFO(std::oct << mode << " of " << std::dec << owner);
        const TemporaryFolder folder;
        const auto path = folder.file(".env", std::string{name} + "=local");
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        REQUIRE(::chown(path.c_str(), owner, static_cast<gid_t>(-1)) == 0);
        const StandingIn here{folder.path()};
        const CapturedStderr captured;
        CHECK(Settings::load("").find(name).has_value() == read);
        CHECK((captured.text().find(".env is not read") == std::string::npos) == read);
    }
}

TEST_CASE("--env-file stands in place of ./.env") {
    const TemporaryFolder folder;
    private_file(folder, ".env", std::string{name} + "=local\nONLY_LOCAL=1");
    const StandingIn here{folder.path()};
    const auto settings = with_file(folder, std::string{name} + "=given");
    CHECK(settings.find(name) == "given");
    CHECK_FALSE(settings.find("ONLY_LOCAL"));
}

TEST_CASE("the program names the malformed line of its --env-file and does not show it") {
    const TemporaryFolder folder;
    const auto path = folder.file("bad.env", "LOG_FORMAT=plain\nDATABASE_URL hush-hush\n");
    const auto ended = run(nightshift::test::program({"--env-file", path, "migrate", "status"}));
    CHECK(ended.exit_code == 78);
    CHECK_THAT(ended.err, ContainsSubstring(path + ":2"));
    CHECK((ended.out + ended.err).find("hush-hush") == std::string::npos);
}
