// Uploads that do not go as planned: processes that die, decoders that break, buckets elsewhere.
#include "media/upload_scene.hpp"
#include "support/expect.hpp"
#include "support/process.hpp"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

using namespace nightshift::test;
using namespace std::chrono_literals;

namespace {

std::string shell_line(const std::vector<std::string>& command) {
    std::string line;
    for (const auto& word : command) line += (line.empty() ? "'" : " '") + word + "'";
    return line;
}

}  // namespace

TEST_CASE("a HEIC is stored as a JPEG, in three sizes, and says nothing of its owner") {
    const Uploading it;
    const auto png = it.picture("a.png", {"-size", "600x400", "plasma:red-blue"});
    it.done({"heif-enc", png, "-o", it.path("b.heic")});
    it.done({"exiftool", "-q", "-overwrite_original", "-GPSLatitude=13.4", "-GPSLatitudeRef=N",
             it.path("b.heic")});
    const auto document = it.upload_json({it.path("b.heic")});
    CHECK(Uploading::outcomes(document) == "uploaded 1");
    const auto& entry = document["manifest"][0];
    CHECK(entry["mime_type"] == "image/jpeg");
    const std::string key = entry["key"];
    CHECK(key.ends_with(".jpg"));
    CHECK(it.s3.objects().at(key).bytes.starts_with("\xFF\xD8\xFF"));
    CHECK(entry["variants"].size() == 2);  // 400, and 600 as it is
    for (const auto& [name, object] : it.s3.objects())
        CHECK(object.bytes.find("GPS") == std::string::npos);
}

TEST_CASE("an upload that was killed is gone on with, and leaves nothing wrong") {
    std::atomic<int> stored{0};
    const Uploading it{[&](const HttpAsked& each) -> std::optional<HttpAnswer> {
        if (each.method == "PUT" && ++stored > 20) std::this_thread::sleep_for(300ms);
        return std::nullopt;
    }};
    for (int i = 0; i < 100; ++i)
        it.picture(std::to_string(i) + ".png", {"-size", "20x" + std::to_string(i + 1), "xc:red"});
    Background killed{it.spawn({"upload-media", it.files, "--no-variants"})};
    REQUIRE(eventually([&] { return stored > 20; }));
    killed.signal(SIGKILL);
    CHECK(killed.wait() == 137);
    CHECK(it.keys().size() < 100);
    stored = -1000;
    CHECK(it.upload_json({it.files, "--no-variants"})["exit_code"] == 0);
    CHECK(it.keys().size() == 100);
    CHECK(run(it.spawn({"media", "verify"})).exit_code == 0);
    CHECK(run(it.spawn({"media", "orphans"})).out.find("0 ") != std::string::npos);
}

TEST_CASE("a decoder that dies fails pictures, and nothing else") {
    const Uploading it;
    it.picture("a.png", {"-size", "500x300", "xc:red"});
    it.file("b.txt", "words");
    const auto document = it.upload_json({it.files, "--allow-type", "text/plain"},
                                         {{"NIGHTSHIFT_IMAGE_PROGRAM", "/bin/false"}});
    CHECK(document["exit_code"] == 2);
    CHECK(Uploading::outcomes(document) == "failed 1, uploaded 1");
    CHECK_THAT(document["err"].get<std::string>(), ContainsSubstring("a.png"));
}

TEST_CASE("a bucket that is elsewhere is named with its region") {
    const Uploading it{[](const HttpAsked&) -> std::optional<HttpAnswer> {
        return HttpAnswer{.status = 400,
                          .body =
                              "<Error><Code>AuthorizationHeaderMalformed</Code>"
                              "<Region>af-south-1</Region></Error>"};
    }};
    it.picture("a.png", {"-size", "50x50", "xc:red"});
    const auto document = it.upload_json({it.files, "--no-variants"});
    CHECK(document["exit_code"] == 78);
    CHECK_THAT(document["err"].get<std::string>(),
               ContainsSubstring("set AWS_REGION to af-south-1"));
}

TEST_CASE("--verify asks the store for many at once") {
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    const Uploading it{[&](const HttpAsked& each) -> std::optional<HttpAnswer> {
        if (each.method != "HEAD") return std::nullopt;
        most = std::max<int>(most, ++now);
        std::this_thread::sleep_for(100ms);
        --now;
        return std::nullopt;
    }};
    for (int i = 0; i < 20; ++i)
        it.picture(std::to_string(i) + ".png", {"-size", "20x" + std::to_string(i + 1), "xc:red"});
    CHECK(it.upload_json({it.files, "--no-variants"})["exit_code"] == 0);
    most = 0;
    const auto again = it.upload_json({it.files, "--no-variants", "--verify"});
    CHECK(Uploading::outcomes(again) == "unchanged 20");
    CHECK(most > 1);
}

TEST_CASE("what has no object in the store is as it was, with --verify too") {
    const Uploading it;
    it.picture("a.png", {"-size", "50x50", "xc:red"});
    const std::vector<std::string> words{it.files, "--no-variants", "--original", "none"};
    CHECK(it.upload_json(words)["exit_code"] == 0);
    auto verified = words;
    verified.emplace_back("--verify");
    CHECK(Uploading::outcomes(it.upload_json(verified)) == "unchanged 1");
}

TEST_CASE("a store that cannot be asked fails the files that --verify asks for") {
    std::atomic<bool> is_broken{false};
    const Uploading it{[&](const HttpAsked& each) -> std::optional<HttpAnswer> {
        if (each.method != "HEAD" || !is_broken) return std::nullopt;
        return HttpAnswer{.status = 400};
    }};
    it.picture("a.png", {"-size", "50x50", "xc:red"});
    it.picture("b.png", {"-size", "60x60", "xc:red"});
    CHECK(it.upload_json({it.files, "--no-variants"})["exit_code"] == 0);
    is_broken = true;
    const auto again = it.upload_json({it.files, "--no-variants", "--verify"});
    CHECK(again["exit_code"] == 2);
    CHECK(Uploading::outcomes(again) == "failed 2");
}

TEST_CASE("a store that is gone ends a --verify after a few files, and each has an outcome") {
    std::atomic<bool> is_gone{false};
    const Uploading it{[&](const HttpAsked& each) -> std::optional<HttpAnswer> {
        if (each.method != "HEAD" || !is_gone) return std::nullopt;
        return HttpAnswer{.status = 503};
    }};
    for (int i = 0; i < 40; ++i)
        it.picture(std::to_string(i) + ".png", {"-size", "20x" + std::to_string(i + 1), "xc:red"});
    CHECK(it.upload_json({it.files, "--no-variants"})["exit_code"] == 0);
    is_gone = true;
    const auto again = it.upload_json({it.files, "--no-variants", "--verify"});
    CHECK(again["exit_code"] == 69);
    CHECK(again["files"] == 40);
}

TEST_CASE("a reader that goes away ends an upload that is at work, and nothing crashes") {
    const Uploading it;
    for (int i = 0; i < 60; ++i)
        it.picture(std::to_string(i) + ".png", {"-size", "20x" + std::to_string(i + 1), "xc:red"});
    CHECK(it.upload_json({it.files, "--no-variants"})["exit_code"] == 0);
    auto spawn = it.spawn({"upload-media", it.files, "--no-variants", "--verify", "--json-lines"});
    const auto line = shell_line(spawn.command);
    spawn.command = {"bash", "-c", line + " | true; exit ${PIPESTATUS[0]}"};
    for (int i = 0; i < 5; ++i) CHECK(run(spawn).exit_code == 74);
}

TEST_CASE("a list that can be read once is read by the upload alone, who watches or not") {
    const Uploading it;
    std::string names;
    for (int i = 0; i < 20; ++i)
        names += it.picture(std::to_string(i) + ".png",
                            {"-size", "20x" + std::to_string(i + 1), "xc:red"}) +
                 "\n";
    it.file("names", names);
    auto spawn = it.spawn({"upload-media", "--no-variants"});
    const auto line = shell_line(spawn.command);
    spawn.command = {"script",
                     "--quiet",
                     "--return",
                     "--command",
                     "bash -c \"" + line + " --files-from <(cat " + it.path("names") + ")\"",
                     "/dev/null"};
    CHECK(run(spawn).exit_code == 0);
    CHECK(it.keys().size() == 20);
}

// Through a named pipe, so that the list stands open while nothing comes.
TEST_CASE("a list that is slow holds up none of the files it has named, and is left at a stop") {
    const Uploading it;
    const auto first = it.picture("a.png", {"-size", "40x30", "xc:red"});
    const auto list = it.path("list");
    REQUIRE(::mkfifo(list.c_str(), 0600) == 0);
    const int names = ::open(list.c_str(), O_RDWR | O_CLOEXEC);
    const auto line = first + "\n" + it.path("b");  // of which the end has not come
    REQUIRE(::write(names, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
    const auto command = it.spawn({"upload-media", "--files-from", "-", "--no-variants", "--json"});
    Background slow{
        {.command = {"/bin/sh", "-c", "exec " + shell_line(command.command) + " <" + list},
         .environment = command.environment},
        it.path("log")};
    CHECK(eventually([&] { return it.keys().size() == 1; }));
    CHECK(eventually(
        [&] { return it.database.query("SELECT count(*) FROM nightshift.media_objects") == "1"; }));
    slow.signal(SIGINT);
    CHECK(slow.wait() == 130);
    ::close(names);
}

TEST_CASE("a list that is not there is told as such") {
    const Uploading it;
    const auto finished = it.upload({"--files-from", "/nowhere/list"});
    CHECK(finished.exit_code == 65);
    CHECK_THAT(finished.err, ContainsSubstring("No such file or directory"));
}

TEST_CASE("a list without an end is left at a stop") {
    const Uploading it;
    const auto only = it.picture("a.png", {"-size", "40x30", "xc:red"});
    const auto list = it.path("list");
    REQUIRE(::mkfifo(list.c_str(), 0600) == 0);
    const Background names{{.command = {"/bin/sh", "-c", "exec yes " + only + " >" + list}}};
    const auto command =
        it.spawn({"upload-media", "--files-from", "-", "--no-variants", "--quiet"});
    Background endless{
        {.command = {"/bin/sh", "-c", "exec " + shell_line(command.command) + " <" + list},
         .environment = command.environment}};
    REQUIRE(eventually([&] { return it.keys().size() == 1; }));
    endless.signal(SIGINT);
    CHECK(endless.wait() == 130);
}

TEST_CASE("an upload of standard input that never comes ends at a stop, and leaves no file") {
    const Uploading it;
    const auto pipe = it.path("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int end = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
    auto command = it.spawn({"upload-media", "-", "--name", "a.png"});
    const auto folder = it.path("temporary");
    std::filesystem::create_directory(folder);
    command.environment["TMPDIR"] = folder;
    Background silent{
        {.command = {"/bin/sh", "-c", "exec " + shell_line(command.command) + " <" + pipe},
         .environment = command.environment}};
    REQUIRE(eventually([&] { return !std::filesystem::is_empty(folder); }));
    silent.signal(SIGTERM);
    CHECK(silent.wait() == 143);
    CHECK(std::filesystem::is_empty(folder));
    ::close(end);
}

TEST_CASE("an animated PNG is stored, with still pictures of its first") {
    const Uploading it;
    // acTL says two frames; a decoder that knows nothing of it sees a plain PNG.
    const auto plain = it.picture("a.png", {"-size", "500x300", "plasma:"});
    std::ifstream in{plain, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    const std::string control{"acTL\0\0\0\2\0\0\0\0", 12};
    const auto sum = ::crc32(0, reinterpret_cast<const Bytef*>(control.data()), 12);
    const auto big = [](std::uint32_t number) {
        std::string text;
        for (int shift = 24; shift >= 0; shift -= 8)
            text += static_cast<char>(number >> static_cast<unsigned>(shift) & 0xFFU);
        return text;
    };
    constexpr std::size_t after_header = 33;
    bytes.insert(after_header, big(8) + control + big(static_cast<std::uint32_t>(sum)));
    it.file("a.png", bytes);
    const auto document = it.upload_json({it.files});
    CHECK(Uploading::outcomes(document) == "uploaded 1");
    CHECK(document["manifest"][0]["variants"].size() == 2);
}

TEST_CASE("who watches sees how much has been sent, how fast, and how long it still takes") {
    std::atomic<int> stored{0};
    const Uploading it{[&](const HttpAsked& each) -> std::optional<HttpAnswer> {
        if (each.method == "PUT") std::this_thread::sleep_for(++stored % 2 == 0 ? 100ms : 4s);
        return std::nullopt;
    }};
    for (int i = 0; i < 20; ++i)
        it.picture(std::to_string(i) + ".png", {"-size", "20x" + std::to_string(i + 1), "xc:red"});
    auto spawn = it.spawn({"upload-media", it.files, "--no-variants"});
    const auto line = shell_line(spawn.command);
    spawn.command = {"script", "--quiet", "--return", "--command", line, "/dev/null"};
    const auto seen = run(spawn);
    CHECK(seen.exit_code == 0);
    CHECK_THAT(seen.out, ContainsSubstring(" MiB at ") && ContainsSubstring(" MiB/s, "));
    CHECK_THAT(seen.out, ContainsSubstring(" s left"));
}

TEST_CASE("a limit of what is sent in a second changes nothing else, and must be one") {
    const Uploading it;
    it.picture("a.png", {"-size", "50x50", "xc:red"});
    CHECK(Uploading::outcomes(it.upload_json({it.files, "--bwlimit", "1"})) == "uploaded 1");
    for (const auto* bad : {"0", "-1", "x", ""}) {
        INFO(bad);
        CHECK(it.upload({it.files, "--bwlimit", bad}).exit_code == 64);
    }
}
