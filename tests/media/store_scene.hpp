// Object stores as their tests have them: a folder, and S3 on loopback.
#pragma once

#include "base/digest.hpp"
#include "media/folder_store.hpp"
#include "media/s3_store.hpp"
#include "support/catch.hpp"
#include "support/s3_server.hpp"
#include "support/servers.hpp"

#include <algorithm>

namespace nightshift::test {

using namespace nightshift::media;
using namespace std::chrono_literals;

inline NewObject object(const std::string& key, const std::string& bytes) {
    return {.key = key,
            .content = content_of(bytes),
            .sha256 = sha256_hex(bytes),
            .mime_type = "image/jpeg"};
}

inline S3Options options_of(const S3Server& server) {
    return {.endpoint = server.url(),
            .region = S3Server::region,
            .bucket = S3Server::bucket,
            .credentials = {S3Server::access_key, S3Server::secret},
            .retry = {.most = 3, .of_unknown = true, .base = 1ms, .cap = 2ms}};
}

struct Store {
    virtual ~Store() = default;
    virtual ObjectStore& it() = 0;
    virtual void wait() {}

    Put put(const NewObject& wanted) {
        std::optional<Put> put;
        it().put(wanted, [&put](const Put& made) { put = made; });
        wait();
        REQUIRE(put.has_value());
        return *put;
    }
    Look look(const std::string& key) {
        std::optional<Look> look;
        it().look(key, [&look](const Look& seen) { look = seen; });
        wait();
        REQUIRE(look.has_value());
        return *look;
    }
    std::vector<std::string> keys(const std::string& prefix = "") {
        std::vector<std::string> all;
        it().list(prefix, [&all](const ObjectInfo& each) { all.push_back(each.key); });
        std::sort(all.begin(), all.end());
        return all;
    }
};

struct InFolder : Store {
    TemporaryFolder folder;
    FolderStore store{folder.path().string()};

    ObjectStore& it() override { return store; }
};

struct InS3 : Store {
    S3Server server;
    http::Client client;
    S3Store store;

    explicit InS3(S3Server::Fault fault = {})
        : server{std::move(fault)}, store{client, options_of(server)} {}
    ObjectStore& it() override { return store; }
    void wait() override { client.run(); }
};

inline HttpAnswer busy() { return {.status = 503, .body = "<Error><Code>SlowDown</Code></Error>"}; }

}  // namespace nightshift::test
