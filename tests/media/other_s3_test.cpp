// What we store in an S3 that is none of ours (@20minutes/s3rver, which checks signatures), and
// what other clients read of it. Built only where that server is installed.
#include "http/client.hpp"
#include "media/upload_scene.hpp"
#include "support/expect.hpp"

using namespace nightshift::test;

namespace {

struct OtherS3 {
    OtherS3() {
        std::filesystem::create_directory(folder.path() / "data");
        const auto start = (folder.path() / "start.js").string();
        std::ofstream{start} << "const S3rver = require('" NIGHTSHIFT_OTHER_S3
                                "');\nnew S3rver({address: '127.0.0.1', port: "
                             << port << ", directory: '" << (folder.path() / "data").string()
                             << "', silent: true, configureBuckets: [{name: 'pictures', "
                                "configs: []}]}).run();\n";
        server = std::make_unique<Background>(Spawn{.command = {"node", start}});
        nightshift::http::Client client;
        REQUIRE(eventually([&] {
            return client.fetch({.url = url() + "/"}).outcome ==
                   nightshift::http::Outcome::answered;
        }));
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }

    static constexpr const char* key = "S3RVER";  // and the secret
    TemporaryFolder folder;
    int port = free_port();
    std::unique_ptr<Background> server;
};

struct Reader {
    std::string endpoint;  // http://127.0.0.1:1
    std::string key;
    std::string secret;

    Finished by_rclone(std::vector<std::string> words) const {
        const std::vector<std::string> begin{"rclone",
                                             "--config",
                                             "/dev/null",
                                             "--s3-provider",
                                             "Other",
                                             "--s3-env-auth",
                                             "--s3-endpoint",
                                             endpoint,
                                             "--s3-region",
                                             S3Server::region,
                                             "--s3-force-path-style"};
        words.insert(words.begin(), begin.begin(), begin.end());
        return run(
            {.command = words,
             .environment = {{"AWS_ACCESS_KEY_ID", key}, {"AWS_SECRET_ACCESS_KEY", secret}}});
    }
    Finished by_s3cmd(const std::string& object, const std::string& file) const {
        const auto host = endpoint.substr(endpoint.find("//") + 2);
        return run({.command = {"s3cmd", "--config", "/dev/null", "--no-ssl", "--access_key=" + key,
                                "--secret_key=" + secret, "--host=" + host, "--host-bucket=" + host,
                                "--region=" + std::string{S3Server::region}, "get", "--force",
                                "s3://" + object, file}});
    }
    // Each object that the manifest names is there as it was sent, and public ones alone.
    void finds(const nlohmann::json& document, const std::string& folder) const {
        std::size_t objects = 0;
        const auto is_there = [&](const std::string& object, const std::string& sha256) {
            ++objects;
            const auto read = by_rclone({"cat", ":s3:pictures/" + object});
            INFO(object << ": " << read.err);
            CHECK(nightshift::sha256_hex(read.out) == sha256);
            const auto file = folder + "/" + std::to_string(objects);
            const auto got = by_s3cmd("pictures/" + object, file);
            INFO(got.out << got.err);
            std::ifstream in{file, std::ios::binary};
            const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
            CHECK(nightshift::sha256_hex(bytes) == sha256);
        };
        for (const auto& entry : document["manifest"]) {
            INFO(entry.dump());
            is_there(entry["key"], entry["sha256"]);
            for (const auto& each : entry.value("variants", nlohmann::json::object()))
                is_there(each["key"], each["sha256"]);
        }
        const auto listed =
            by_rclone({"lsf", "--recursive", "--fast-list", "--files-only", ":s3:pictures"});
        CHECK(std::count(listed.out.begin(), listed.out.end(), '\n') ==
              static_cast<std::ptrdiff_t>(objects));
    }
};

// A photo with two smaller ones, and a file that goes in parts.
std::vector<std::string> some_files(const Uploading& it) {
    it.picture("a photo.jpg", {"-size", "1000x700", "plasma:red-blue"});
    it.file("large.bin", std::string(20'000'000, '\0'));
    return {it.files, "--allow-type", "application/octet-stream"};
}

}  // namespace

TEST_CASE("another S3 takes what we send, and other clients read it back") {
    const Uploading it;
    const OtherS3 other;
    const std::map<std::string, std::string> settings{{"S3_ENDPOINT_URL", other.url()},
                                                      {"AWS_ACCESS_KEY_ID", OtherS3::key},
                                                      {"AWS_SECRET_ACCESS_KEY", OtherS3::key}};
    const auto words = some_files(it);
    const auto document = it.upload_json(words, settings);
    CHECK(Uploading::outcomes(document) == "uploaded 2");
    Reader{other.url(), OtherS3::key, OtherS3::key}.finds(document, it.folder.path().string());

    auto again = words;
    again.emplace_back("--verify");
    CHECK(Uploading::outcomes(it.upload_json(again, settings)) == "unchanged 2");
    CHECK(run(it.spawn({"media", "verify"}, settings)).exit_code == 0);
    const auto orphans = run(it.spawn({"media", "orphans"}, settings));
    CHECK_THAT(orphans.out, ContainsSubstring("0 objects"));
    auto wrong = settings;
    wrong["AWS_SECRET_ACCESS_KEY"] = "another";
    CHECK(it.upload(again, wrong).exit_code == 78);
    CHECK(run(it.spawn({"media", "delete", it.path("large.bin")}, settings)).exit_code == 0);
    CHECK(run(it.spawn({"media", "verify"}, settings)).exit_code == 0);
}

TEST_CASE("what our own S3 was sent is what other clients read of it") {
    const Uploading it;
    const auto document = it.upload_json(some_files(it));
    CHECK(Uploading::outcomes(document) == "uploaded 2");
    Reader{it.s3.url(), S3Server::access_key, S3Server::secret}.finds(document,
                                                                      it.folder.path().string());
}
