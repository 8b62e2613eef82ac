// The conformance suite of object stores: what holds for a folder and for S3 alike; then what is
// each one's own.
#include "media/store_scene.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace nightshift;
using namespace nightshift::media;
using namespace nightshift::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEMPLATE_TEST_CASE("an object is put, found, read, listed and deleted", "", InFolder, InS3) {
    TestType store;
    const std::string bytes{"a\0b\xFF", 4};
    const auto put = store.put(object("media/ab/photo 1+é.jpg", bytes));
    CHECK(!put.error);
    CHECK(!put.was_there);
    const auto found = store.it().find("media/ab/photo 1+é.jpg");
    REQUIRE(found);
    CHECK(found->bytes == 4);
    CHECK(std::chrono::abs(found->changed_at - now()) < 1min);
    CHECK(store.look("media/ab/photo 1+é.jpg").object->bytes == 4);
    CHECK(store.it().read("media/ab/photo 1+é.jpg", 100) == bytes);
    CHECK(store.it().read("media/ab/photo 1+é.jpg", 2) == bytes.substr(0, 2));
    CHECK(store.it().read("media/ab/photo 1+é.jpg", 3, 1) == bytes.substr(1, 3));
    CHECK(store.it().read("media/ab/photo 1+é.jpg", 3, 1000) == "");
    CHECK(store.keys() == std::vector<std::string>{"media/ab/photo 1+é.jpg"});
    store.it().remove("media/ab/photo 1+é.jpg");
    store.it().remove("media/ab/photo 1+é.jpg");
    CHECK(!store.it().find("media/ab/photo 1+é.jpg"));
    const auto gone = store.look("media/ab/photo 1+é.jpg");
    CHECK(!gone.object);
    CHECK(!gone.error);
    CHECK(!store.it().read("media/ab/photo 1+é.jpg", 100));
    CHECK(store.keys().empty());
}

TEMPLATE_TEST_CASE("nothing is ever written over", "", InFolder, InS3) {
    TestType store;
    CHECK(!store.put(object("k/1", "first")).was_there);
    const auto again = store.put(object("k/1", "first"));
    CHECK(again.was_there);
    CHECK(!again.error);
    const auto other = store.put(object("k/1", "another"));
    REQUIRE(other.error);
    CHECK(other.error->failure == Failure::refused);
    CHECK_THAT(other.error->cause, ContainsSubstring("of 5 bytes stands under its name"));
    CHECK(store.it().read("k/1", 100) == "first");
}

TEMPLATE_TEST_CASE("a list has what begins so, and all of it", "", InFolder, InS3) {
    TestType store;
    for (int i = 0; i < 25; ++i) store.put(object("media/a/" + std::to_string(100 + i), "x"));
    store.put(object("media/ab", "x"));
    store.put(object("other/a", ""));
    CHECK(store.keys("media/a/").size() == 25);
    CHECK(store.keys("media/a").size() == 26);
    CHECK(store.keys("media/a/12").size() == 5);
    CHECK(store.keys("other/") == std::vector<std::string>{"other/a"});
    CHECK(store.it().read("other/a", 100) == "");
    CHECK(store.keys().size() == 27);
    CHECK(store.keys("none").empty());
}

TEMPLATE_TEST_CASE("what can be no key is refused, and nothing is asked for it", "", InFolder,
                   InS3) {
    TestType store;
    for (const std::string key :
         {"", "/a", "a/", "a//b", "../a", "a/../b", "a/.", "a\\b", "a\nb", "a\xFF", "."}) {
        INFO(key);
        const auto put = store.put(object(key, "x"));
        REQUIRE(put.error);
        CHECK(put.error->failure == Failure::data);
        CHECK_THROWS_AS(store.it().find(key), Error);
        CHECK(store.look(key).error.has_value());
        CHECK_THROWS_AS(store.it().remove(key), Error);
    }
    CHECK(store.put(object(std::string(1025, 'a'), "x")).error);
    CHECK(store.keys().empty());
}

TEMPLATE_TEST_CASE("a file that changes while it is read is not stored", "", InFolder, InS3) {
    TestType store;
    for (const std::uint64_t size : {std::uint64_t{100}, std::uint64_t{20} << 20}) {
        auto changing = object("k/1", "x");
        changing.content = {size, [](std::uint64_t, std::uint64_t length) {
                                return std::make_shared<const std::string>(length / 2, 'x');
                            }};
        const auto put = store.put(changing);
        REQUIRE(put.error);
        CHECK(put.error->failure == Failure::data);
        CHECK_THAT(put.error->what(), ContainsSubstring("changed while it was read"));
    }
    CHECK(store.keys().empty());
}

TEST_CASE("a file is whole from its first moment, and for everybody to read") {
    InFolder store;
    store.put(object("media/ab/1", "bytes"));
    const auto path = store.folder.path() / "media/ab/1";
    CHECK((fs::status(path).permissions() & fs::perms::all) == fs::perms{0644});
    CHECK(fs::is_empty(store.folder.path() / ".nightshift"));
    CHECK(fs::hard_link_count(path) == 1);
}

TEST_CASE("what a crash has left is taken away after an hour") {
    const TemporaryFolder folder;
    { const FolderStore store{folder.path().string()}; }
    const auto left = folder.path() / ".nightshift";
    std::ofstream{left / "old"} << "half";
    std::ofstream{left / "young"} << "half";
    fs::last_write_time(left / "old", fs::file_time_type::clock::now() - 2h);
    const FolderStore store{folder.path().string()};
    CHECK(!fs::exists(left / "old"));
    CHECK(fs::exists(left / "young"));
}

TEST_CASE("a folder that cannot be read is an error, and not empty") {
    InFolder store;
    fs::permissions(store.folder.path(), fs::perms{0755});
    store.put(object("media/ab/1", "x"));
    fs::permissions(store.folder.path() / "media/ab", fs::perms::none);
    const auto us = ::geteuid();
    if (us == 0) REQUIRE(::seteuid(65534) == 0);  // root may read everything
    std::optional<Error> error;
    try {
        store.keys();
    } catch (const Error& thrown) {
        error = thrown;
    }
    REQUIRE(::seteuid(us) == 0);
    REQUIRE(error);
    CHECK_THAT(error->what(), ContainsSubstring("media/ab"));
    fs::permissions(store.folder.path() / "media/ab", fs::perms::owner_all);
}

TEST_CASE("no path leaves the folder, and no link on the way is followed") {
    InFolder store;
    const TemporaryFolder outside;
    fs::create_directory_symlink(outside.path(), store.folder.path() / "media");
    const auto put = store.put(object("media/1", "x"));
    REQUIRE(put.error);
    CHECK(put.error->failure == Failure::refused);
    CHECK_THAT(put.error->what(), ContainsSubstring("a symbolic link stands on the way"));
    CHECK_THROWS_AS(store.it().find("media/1"), Error);
    CHECK_THROWS_AS(store.it().remove("media/1"), Error);
    CHECK(store.keys().empty());
    CHECK(fs::is_empty(outside.path()));
    fs::create_symlink(outside.path() / "file", store.folder.path() / "link");
    CHECK(store.put(object("link", "x")).error);
    CHECK(fs::is_empty(outside.path()));
    fs::create_directory_symlink(outside.path(), store.folder.path() / "root");
    CHECK_THROWS_AS(FolderStore((store.folder.path() / "root").string()), Error);
    CHECK_THROWS_AS(FolderStore((store.folder.path() / "none").string()), Error);
}

TEST_CASE("an object in S3 has its type, and is to be kept by caches for good") {
    InS3 store;
    const auto put = store.put(object("media/1", "x"));
    CHECK(put.calls == 1);
    const auto headers = store.server.objects().at("media/1").headers;
    CHECK(headers.at("content-type") == "image/jpeg");
    CHECK(headers.at("cache-control") == "public, max-age=31536000, immutable");
    CHECK(headers.at("x-amz-content-sha256") == sha256_hex("x"));
    CHECK(headers.at("if-none-match") == "*");
}

TEST_CASE("many are put at once over one loop") {
    InS3 store;
    int stored = 0;
    for (int i = 0; i < 200; ++i)
        store.store.put(
            object("media/" + std::to_string(i), std::to_string(i)),
            [&stored](const Put& put) { stored += put.error || put.was_there ? 0 : 1; });
    store.client.run();
    CHECK(stored == 200);
    CHECK(store.server.objects().size() == 200);
    CHECK(store.server.asked("PUT") == 200);
}

TEST_CASE("a store that knows no conditions is asked first, from then on") {
    InS3 store;
    store.server.knows_conditions = false;
    CHECK(!store.put(object("k/1", "x")).error);
    CHECK(store.server.asked("PUT") == 2);
    CHECK(store.put(object("k/1", "x")).was_there);
    CHECK(store.put(object("k/1", "other")).error);
    CHECK(!store.put(object("k/2", "x")).error);
    CHECK(store.server.asked("PUT") == 3);
    CHECK(store.server.asked("HEAD") == 4);
    CHECK(store.server.objects().at("k/1").bytes == "x");
}

TEST_CASE("what is busy or cut off is tried again, and what is refused is not") {
    std::atomic<int> failures{2};
    std::atomic<bool> is_cut{false};
    InS3 store{[&](const HttpAsked&) -> std::optional<HttpAnswer> {
        if (failures-- <= 0) return std::nullopt;
        if (is_cut) return HttpAnswer{.then = HttpAnswer::Then::close, .says_nothing = true};
        return busy();
    }};
    const auto put = store.put(object("k/1", "x"));
    CHECK(!put.error);
    CHECK(put.calls == 3);
    is_cut = true;
    failures = 1;
    CHECK(!store.put(object("k/2", "x")).error);
    is_cut = false;
    failures = 100;
    const auto down = store.put(object("k/3", "x"));
    REQUIRE(down.error);
    CHECK(down.error->failure == Failure::unavailable);
    CHECK_THAT(down.error->cause, ContainsSubstring("503 SlowDown"));
    CHECK(down.calls == 4);
    CHECK_THROWS_AS(store.store.find("k/3"), Error);
    failures = 0;
    CHECK(store.keys().size() == 2);
}

TEST_CASE("an answer that was lost after the object was stored makes no second one") {
    std::atomic<bool> is_lost{true};
    S3Server* server = nullptr;
    InS3 store{[&](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        if (asked.method != "PUT" || !is_lost.exchange(false)) return std::nullopt;
        server->set("k/1", asked.body);
        return HttpAnswer{.then = HttpAnswer::Then::close, .says_nothing = true};
    }};
    server = &store.server;
    const auto put = store.put(object("k/1", "x"));
    CHECK(!put.error);
    CHECK(put.was_there);
}

TEST_CASE("what is wrong with credentials, bucket or region is named, and the secret is not") {
    const S3Server server;
    http::Client client;
    const auto why = [&](const std::function<void(S3Options&)>& change) {
        auto options = options_of(server);
        change(options);
        S3Store store{client, options};
        std::optional<Error> error;
        store.put(object("k/1", "x"), [&error](const Put& put) { error = put.error; });
        client.run();
        REQUIRE(error);
        CHECK(error->failure == Failure::configuration);
        const auto all = std::string{error->what()} + " " + error->cause + " " + error->hint;
        CHECK(all.find(options.credentials.secret_access_key) == std::string::npos);
        return all;
    };
    CHECK_THAT(why([](auto& it) { it.credentials.secret_access_key = "wrong/secret"; }),
               ContainsSubstring("403 SignatureDoesNotMatch"));
    CHECK_THAT(why([](auto& it) { it.credentials.access_key_id = "nobody"; }),
               ContainsSubstring("InvalidAccessKeyId"));
    CHECK_THAT(why([](auto& it) { it.bucket = "another"; }), ContainsSubstring("S3_BUCKET_NAME"));
    CHECK_THAT(why([](auto& it) { it.region = "us-east-1"; }),
               ContainsSubstring("set AWS_REGION to eu-test-1"));
    CHECK(server.objects().empty());
}

TEST_CASE("a clock that differs from the server's is set by it") {
    InS3 store;
    store.server.clock_offset = 3600 * 5;
    const auto put = store.put(object("k/1", "x"));
    CHECK(!put.error);
    CHECK(put.calls == 2);
    CHECK(store.put(object("k/2", "x")).calls == 1);
    CHECK(store.keys().size() == 2);
}

TEST_CASE("a list comes in pages") {
    InS3 store;
    store.server.page = 3;
    for (int i = 0; i < 8; ++i) store.put(object("m/" + std::to_string(i) + " +&<", "x"));
    const auto keys = store.keys("m/");
    REQUIRE(keys.size() == 8);
    CHECK(keys[7] == "m/7 +&<");
    CHECK(store.server.asked("GET") == 3);
}

TEST_CASE("an answer that is no S3's is an error, and no empty store") {
    InS3 store{[](const HttpAsked&) { return HttpAnswer{.body = "<html>welcome</html>"}; }};
    CHECK_THROWS_AS(store.keys(), Error);
}

TEST_CASE("an endpoint and a bucket's name that can be none are refused") {
    http::Client client;
    const auto refused = [&](const std::string& endpoint, const std::string& bucket) {
        S3Options options{.endpoint = endpoint, .bucket = bucket, .credentials = {"a", "b"}};
        CHECK_THROWS_AS(S3Store(client, options), Error);
    };
    refused("http://minio.example", "pictures");
    refused("https://minio.example/path", "pictures");
    refused("https://user:pw@minio.example", "pictures");
    refused("ftp://minio.example", "pictures");
    for (const auto* bucket : {"", "ab", "Pictures", "a_b_c", "-abc", "../x"}) refused("", bucket);
    const S3Store amazon{
        client, {.region = "eu-west-1", .bucket = "my.pictures", .credentials = {"a", "b"}}};
    CHECK_THAT(amazon.presigned("a b", 1h),
               Catch::Matchers::StartsWith(
                   "https://s3.eu-west-1.amazonaws.com/my.pictures/a%20b?X-Amz-Algorithm="));
    const S3Store plain{client,
                        {.region = "eu-west-1", .bucket = "pictures", .credentials = {"a", "b"}}};
    CHECK_THAT(plain.presigned("k", 1h),
               Catch::Matchers::StartsWith("https://pictures.s3.eu-west-1.amazonaws.com/k?"));
}
