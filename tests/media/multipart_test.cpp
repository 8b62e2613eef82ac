// A large object in S3: its parts, what is left of an upload that was interrupted, and how it ends.
#include "media/store_scene.hpp"

using namespace nightshift;
using namespace nightshift::media;
using namespace nightshift::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t part = 5 << 20;

// Of 23 MiB: four parts, and a smaller one.
std::string large() {
    std::string bytes;
    for (std::uint32_t i = 0; bytes.size() < 23U << 20; ++i)
        bytes.append(reinterpret_cast<const char*>(&i), sizeof i);
    return bytes;
}

struct InParts : InS3 {
    S3Store parted;

    explicit InParts(S3Server::Fault fault = {})
        : InS3{std::move(fault)}, parted{client, [this] {
                                             auto options = options_of(server);
                                             options.part_size = part;
                                             return options;
                                         }()} {}
    ObjectStore& it() override { return parted; }
};

bool is_part(const HttpAsked& asked, int number) {
    return asked.method == "PUT" &&
           asked.target.find("partNumber=" + std::to_string(number) + "&") != std::string::npos;
}

}  // namespace

TEST_CASE("a large object goes in parts, and is put once") {
    InParts store;
    const auto bytes = large();
    const auto put = store.put(object("media/1 é", bytes));
    INFO((put.error ? put.error->cause : ""));
    CHECK(!put.error);
    CHECK(store.server.objects().at("media/1 é").bytes == bytes);
    CHECK(store.server.objects().at("media/1 é").headers.at("content-type") == "image/jpeg");
    CHECK(store.server.parts() == 5);
    CHECK(store.server.uploads() == 0);
    const auto again = store.put(object("media/1 é", bytes));
    CHECK(again.was_there);
    CHECK(store.server.uploads() == 0);
}

TEST_CASE("an upload that was interrupted is gone on with") {
    std::atomic<bool> is_broken{true};
    InParts store{[&](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        if (is_broken && is_part(asked, 3)) return busy();
        return std::nullopt;
    }};
    store.server.page = 1;  // of the list of parts
    const auto bytes = large();
    REQUIRE(store.put(object("k/1", bytes)).error);
    CHECK(store.server.uploads() == 1);
    const auto sent = store.server.parts();
    CHECK(sent >= 2);
    is_broken = false;
    CHECK(!store.put(object("k/1", bytes)).error);
    CHECK(store.server.parts() == 5);
    CHECK(store.server.uploads() == 0);
    CHECK(store.server.objects().at("k/1").bytes == bytes);
}

TEST_CASE("a part of another content is not taken for ours") {
    std::atomic<bool> is_broken{true};
    InParts store{[&](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        if (is_broken && is_part(asked, 5)) return busy();
        return std::nullopt;
    }};
    auto other = large();
    other[3] = 'x';  // of the first part
    REQUIRE(store.put(object("k/1", other)).error);
    CHECK(store.server.parts() == 4);
    is_broken = false;
    const auto bytes = large();
    CHECK(!store.put(object("k/1", bytes)).error);
    CHECK(store.server.parts() == 6);
    CHECK(store.server.objects().at("k/1").bytes == bytes);
}

TEST_CASE("an upload that has ended meanwhile is begun anew") {
    std::atomic<int> broken{3};
    InParts store{[&](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        if (broken == 3 && is_part(asked, 3)) return busy();
        if (broken == 2 && is_part(asked, 3)) {
            broken = 0;
            return HttpAnswer{.status = 404, .body = "<Error><Code>NoSuchUpload</Code></Error>"};
        }
        return std::nullopt;
    }};
    const auto bytes = large();
    REQUIRE(store.put(object("k/1", bytes)).error);
    broken = 2;
    CHECK(!store.put(object("k/1", bytes)).error);
    CHECK(store.server.objects().at("k/1").bytes == bytes);
}

TEST_CASE("an upload that ends while its parts are listed is begun anew, with all of them") {
    std::atomic<bool> is_broken{true};
    InParts store{[&](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        if (is_broken && is_part(asked, 3)) return busy();
        if (!is_broken && asked.target.find("part-number-marker=") != std::string::npos)
            return HttpAnswer{.status = 404, .body = "<Error><Code>NoSuchUpload</Code></Error>"};
        return std::nullopt;
    }};
    store.server.page = 1;  // of the list of parts
    const auto bytes = large();
    REQUIRE(store.put(object("k/1", bytes)).error);
    is_broken = false;
    const auto put = store.put(object("k/1", bytes));
    INFO((put.error ? put.error->cause : ""));
    CHECK(!put.error);
    CHECK(store.server.objects().at("k/1").bytes == bytes);
}

TEST_CASE("an end that begins with 200 and goes wrong is wrong") {
    InParts store{[&](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        if (asked.method != "POST" || asked.target.find("uploadId=") == std::string::npos)
            return std::nullopt;
        return HttpAnswer{.body = "<Error><Code>InternalError</Code></Error>"};
    }};
    const auto put = store.put(object("k/1", large()));
    REQUIRE(put.error);
    CHECK(put.error->failure == Failure::unavailable);
    CHECK_THAT(put.error->cause, ContainsSubstring("InternalError"));
}

TEST_CASE("a store without conditions takes a large object all the same") {
    InParts store;
    store.server.knows_conditions = false;
    const auto bytes = large();
    CHECK(!store.put(object("k/1", bytes)).error);
    CHECK(store.server.parts() == 5);
    CHECK(store.server.objects().at("k/1").bytes == bytes);
    CHECK(store.server.uploads() == 0);
}

TEST_CASE("old uploads are given up, below a prefix alone") {
    InParts store{[](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        return is_part(asked, 5) ? std::optional{busy()} : std::nullopt;
    }};
    for (const auto* key : {"media/1", "media/2", "other/1"}) store.put(object(key, large()));
    CHECK(store.server.uploads() == 3);
    // Begun on the 21st, the 22nd and the 23rd, as this server has it.
    const auto before = parse_instant("2026-11-22T00:00:00Z").value();
    CHECK(store.parted.abort_uploads("media/", before) == 1);
    CHECK(store.parted.abort_uploads("media/", before + 72h) == 1);
    CHECK(store.server.uploads() == 1);
}
