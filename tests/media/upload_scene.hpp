// The program uploading for real: into a folder, and into S3 on loopback.
#pragma once

#include "base/digest.hpp"
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/s3_server.hpp"
#include "support/servers.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

namespace nightshift::test {

struct Uploading {
    Database database;
    TemporaryFolder folder;
    S3Server s3;
    std::string files = (folder.path() / "in").string();
    std::string stored = (folder.path() / "out").string();

    explicit Uploading(S3Server::Fault fault = {}) : s3{std::move(fault)} {
        std::filesystem::create_directory(files);
        std::filesystem::create_directory(stored);
    }

    std::string path(const std::string& name) const { return files + "/" + name; }
    void done(const std::vector<std::string>& command) const {
        const auto finished = run({.command = command});
        INFO(finished.err);
        REQUIRE(finished.exit_code == 0);
    }
    // ImageMagick's words before the file's name: -size 300x200 xc:red.
    std::string picture(const std::string& name, std::vector<std::string> words) const {
        words.insert(words.begin(), "convert");
        words.push_back(path(name));
        done(words);
        return path(name);
    }
    std::string file(const std::string& name, const std::string& bytes) const {
        std::filesystem::create_directories(std::filesystem::path{path(name)}.parent_path());
        std::ofstream{path(name), std::ios::binary} << bytes;
        return path(name);
    }

    std::map<std::string, std::string> environment() const {
        return {{"DATABASE_URL", database.url()},
                {"LOG_FORMAT", "plain"},
                {"STORAGE_BACKEND", "s3"},
                {"S3_BUCKET_NAME", S3Server::bucket},
                {"S3_ENDPOINT_URL", s3.url()},
                {"AWS_REGION", S3Server::region},
                {"AWS_ACCESS_KEY_ID", S3Server::access_key},
                {"AWS_SECRET_ACCESS_KEY", S3Server::secret},
                {"S3_CDN_DOMAIN", "cdn.example.test"},
                {"NIGHTSHIFT_IMAGE_PROGRAM", NIGHTSHIFT_IMAGE_WORKER}};
    }
    Spawn spawn(std::vector<std::string> words,
                const std::map<std::string, std::string>& settings = {}) const {
        auto all = environment();
        for (const auto& [name, value] : settings) {
            all.erase(name);
            if (!value.empty()) all[name] = value;
        }
        return program(words, all);
    }
    Finished upload(std::vector<std::string> words,
                    const std::map<std::string, std::string>& settings = {}) const {
        words.insert(words.begin(), "upload-media");
        return run(spawn(std::move(words), settings));
    }
    // Each file of the walk ends in one count, always.
    nlohmann::json upload_json(std::vector<std::string> words,
                               const std::map<std::string, std::string>& settings = {}) const {
        words.emplace_back("--json");
        const auto finished = upload(words, settings);
        INFO(finished.out << finished.err);
        auto json = nlohmann::json::parse(finished.out, nullptr, false);
        REQUIRE(json.is_object());
        json["exit_code"] = finished.exit_code;
        json["err"] = finished.err;
        if (json.contains("by_outcome")) {
            std::int64_t sum = 0;
            for (const auto& [name, count] : json["by_outcome"].items())
                sum += count.template get<std::int64_t>();
            CHECK(sum == json["files"]);
            CHECK(json["files"] == json["manifest"].size());
        }
        return json;
    }
    std::string into_folder() const { return "folder:" + stored; }
    // failed 1, uploaded 2
    static std::string outcomes(const nlohmann::json& json) {
        std::string text;
        for (const auto& [name, count] : json["by_outcome"].items()) {
            if (count != 0) text += (text.empty() ? "" : ", ") + name + " " + count.dump();
        }
        return text;
    }
    std::set<std::string> keys() const {
        std::set<std::string> keys;
        for (const auto& [key, object] : s3.objects()) keys.insert(key);
        return keys;
    }
};

}  // namespace nightshift::test
