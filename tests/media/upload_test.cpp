// upload-media: what is stored, under which name, once; and what is not.
#include "media/upload_scene.hpp"
#include "support/expect.hpp"

#include <csignal>

#include <sys/stat.h>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

std::string read(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

Json only(const Json& document) {
    REQUIRE(document["manifest"].size() == 1);
    return document["manifest"][0];
}

}  // namespace

TEST_CASE("a photo is stored by its content, with three sizes, a url each, and caching for ever") {
    const Uploading it;
    it.picture("photo.jpg", {"-size", "2400x1600", "plasma:red-blue"});
    const auto document = it.upload_json({it.path("photo.jpg")});
    CHECK(document["exit_code"] == 0);
    const auto photo = only(document);
    const std::string sha256 = photo["sha256"];
    const auto stem = "media/" + sha256.substr(0, 2) + "/" + sha256.substr(2, 2) + "/" + sha256;
    CHECK(photo["outcome"] == "uploaded");
    CHECK(photo["key"] == stem + ".jpg");
    CHECK(photo["url"] == "https://cdn.example.test/" + stem + ".jpg");
    CHECK(photo["width"] == 2400);
    CHECK(photo["variants"]["small"]["width"] == 400);
    CHECK(photo["variants"]["medium"]["width"] == 800);
    CHECK(photo["variants"]["large"]["height"] == 800);
    CHECK(photo["variants"]["large"]["key"] == stem + "_large.1200q80v1.webp");
    CHECK(photo["networks"]["2g"] == photo["variants"]["small"]["url"]);
    CHECK(photo["networks"]["4g"] == photo["variants"]["medium"]["url"]);
    CHECK(photo["networks"]["wifi"] == photo["variants"]["large"]["url"]);
    const auto objects = it.s3.objects();
    REQUIRE(objects.size() == 4);
    const auto& original = objects.at(stem + ".jpg");
    CHECK(sha256_hex(original.bytes) == sha256);
    CHECK(original.headers.at("content-type") == "image/jpeg");
    CHECK(original.headers.at("cache-control") == "public, max-age=31536000, immutable");
    CHECK(objects.at(stem + "_small.400q80v1.webp").headers.at("content-type") == "image/webp");
}

TEST_CASE("the same command again, or after a touch, sends nothing") {
    const Uploading it;
    it.picture("a.png", {"-size", "500x300", "plasma:"});
    it.picture("b.jpg", {"-size", "300x500", "plasma:"});
    CHECK(Uploading::outcomes(it.upload_json({it.files})) == "uploaded 2");
    const auto puts = it.s3.asked("PUT");
    std::filesystem::last_write_time(it.path("a.png"),
                                     std::filesystem::file_time_type::clock::now());
    const auto again = it.upload_json({it.files});
    CHECK(Uploading::outcomes(again) == "unchanged 2");
    CHECK(again["objects_stored"] == 0);
    CHECK(it.s3.asked("PUT") == puts);
    CHECK(again["manifest"][0]["variants"].size() == 2);
}

TEST_CASE("the same bytes under two names are one object and two rows") {
    const Uploading it;
    it.picture("a.png", {"-size", "100x100", "plasma:"});
    std::filesystem::copy_file(it.path("a.png"), it.path("b.png"));
    CHECK(Uploading::outcomes(it.upload_json({it.files})) == "deduplicated 1, uploaded 1");
    CHECK(it.keys().size() == 2);
    std::filesystem::copy_file(it.path("a.png"), it.path("c.png"));
    CHECK(Uploading::outcomes(it.upload_json({it.files})) == "deduplicated 1, unchanged 2");
    CHECK(it.database.query("SELECT count(*) || ' ' || count(DISTINCT object_key) FROM "
                            "nightshift.media_objects") == "3 1");
}

TEST_CASE("a file that is named twice is stored and noted once") {
    const Uploading it;
    it.picture("a.png", {"-size", "100x100", "plasma:"});
    const auto document = it.upload_json({it.path("a.png"), it.files, it.path("a.png")});
    CHECK(document["exit_code"] == 0);
    CHECK(document["files"] == 3);
    CHECK(it.keys().size() == 2);
    CHECK(it.database.query("SELECT count(*) FROM nightshift.media_objects") == "1");
}

TEST_CASE("a folder is the same store wherever the program stands") {
    const Uploading it;
    it.picture("a.png", {"-size", "100x100", "plasma:"});
    auto here = it.spawn({"upload-media", it.files, "--store", "folder:out/", "--quiet"});
    here.folder = it.folder.path();
    CHECK(run(here).exit_code == 0);
    CHECK(Uploading::outcomes(it.upload_json({it.files, "--store", it.into_folder()})) ==
          "unchanged 1");
}

TEST_CASE("a file that changes has a new object, and its row leads there") {
    const Uploading it;
    it.picture("a.png", {"-size", "100x100", "xc:red"});
    const auto first = only(it.upload_json({it.path("a.png")}));
    it.picture("a.png", {"-size", "100x100", "xc:blue"});
    const auto second = only(it.upload_json({it.path("a.png")}));
    CHECK(first["key"] != second["key"]);
    CHECK(second["outcome"] == "uploaded");
    CHECK(it.database.query("SELECT object_key FROM nightshift.media_objects") == second["key"]);
}

TEST_CASE("nothing that leaves says where a photo was taken, or by which camera") {
    const Uploading it;
    for (const auto* name : {"a.jpg", "b.png", "c.webp"}) {
        it.picture(name, {"-size", "900x600", "plasma:"});
        it.done({"exiftool", "-q", "-overwrite_original", "-GPSLatitude=51.5", "-GPSLatitudeRef=N",
                 "-GPSLongitude=0.1", "-GPSLongitudeRef=W", "-XMP:Creator=Somebody",
                 "-EXIF:Artist=Somebody", it.path(name)});
    }
    it.picture("turned.jpg", {"-size", "900x600", "plasma:"});
    it.done({"exiftool", "-q", "-overwrite_original", "-n", "-Orientation=6", "-GPSLatitude=51.5",
             "-GPSLatitudeRef=N", it.path("turned.jpg")});
    const auto document =
        it.upload_json({"--store", it.into_folder(), it.files}, {{"S3_CDN_DOMAIN", ""}});
    CHECK(Uploading::outcomes(document) == "uploaded 4");
    const auto shown = run({.command = {"exiftool", "-r", "-a", "-G0", "-EXIF:all", "-XMP:all",
                                        "-IPTC:all", it.stored}});
    CHECK_THAT(shown.out, !ContainsSubstring("GPS"));
    CHECK_THAT(shown.out, !ContainsSubstring("Somebody"));
    CHECK_THAT(shown.out, !ContainsSubstring("XMP"));
    for (const auto& each : document["manifest"]) {
        if (each["path"] != it.path("turned.jpg")) continue;
        CHECK(each["width"] == 600);
        CHECK(each["variants"]["small"]["height"] == 400);
        CHECK(each["url"].is_null());
    }
}

TEST_CASE("what comes in is told by its content, and what a browser would run is never taken") {
    const Uploading it;
    it.file("page.jpg", "<!DOCTYPE html><html><script>alert(1)</script></html>");
    it.file("drawing.png", "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    it.file("paper.pdf", "%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n");
    it.file("film.mp4", std::string{"\0\0\0\x18"
                                    "ftypmp42\0\0\0\0mp42isom",
                                    24});
    it.file("script.gif", "#!/bin/sh\necho hello\n");
    it.file("empty.jpg", "");
    const auto jpeg = read(it.picture("photo.jpg", {"-size", "200x200", "plasma:"}));
    std::filesystem::rename(it.path("photo.jpg"), it.path("photo"));  // without extension
    it.file("cut.jpg", jpeg.substr(0, jpeg.size() / 2));
    it.file("half.jpg", jpeg.substr(0, 4) + "<html><script>alert(1)</script></html>");
    it.file("more.jpg", jpeg + "<html><script>alert(1)</script></html>");
    const auto document = it.upload_json({it.files, "--no-variants"});
    CHECK(document["exit_code"] == 2);
    CHECK(Uploading::outcomes(document) == "failed 8, uploaded 2");
    for (const auto& [key, object] : it.s3.objects()) {
        CHECK(object.headers.at("content-type") == "image/jpeg");
        CHECK_THAT(object.bytes, !ContainsSubstring("<script>"));
    }
    CHECK_THAT(document["err"].get<std::string>(), ContainsSubstring("page.jpg is text/html"));
    CHECK_THAT(document["err"].get<std::string>(),
               ContainsSubstring("--allow-type application/pdf"));
    const auto pdf = it.upload_json({it.path("paper.pdf"), "--allow-type", "application/pdf"});
    CHECK(only(pdf)["mime_type"] == "application/pdf");
    CHECK(only(pdf)["key"].get<std::string>().ends_with(".pdf"));
    CHECK(it.upload({it.path("drawing.png"), "--allow-type", "image/svg+xml"}).exit_code == 64);
}

TEST_CASE("a bomb is refused by its header") {
    const Uploading it;
    std::string png = read(it.picture("bomb.png", {"-size", "16x16", "xc:red"}));
    const auto finished = it.upload({it.path("bomb.png"), "--max-pixels", "100"});
    CHECK(finished.exit_code == 2);
    CHECK_THAT(finished.err, ContainsSubstring("16 x 16 are more than 100 pixels"));
    it.picture("long.gif", {"-size", "10x10", "xc:red", "xc:blue", "xc:green"});
    CHECK_THAT(it.upload({it.path("long.gif"), "--max-frames", "2"}).err,
               ContainsSubstring("3 frames, and 2 are taken"));
    it.picture("wide.png", {"-size", "6000x6000", "xc:red"});
    CHECK_THAT(it.upload({it.path("wide.png"), "--memory", "64"}).err,
               ContainsSubstring("takes too much memory to decode"));
    it.file("large.jpg", std::string{"\xFF\xD8\xFF"} + std::string(2 << 20, 'x'));
    CHECK_THAT(it.upload({it.path("large.jpg"), "--max-bytes", "1"}).err,
               ContainsSubstring("is too large"));
    CHECK(it.keys().empty());
}

TEST_CASE("an original is public, private, or not kept") {
    const Uploading it;
    it.picture("a.png", {"-size", "500x500", "plasma:"});
    const auto hidden = only(it.upload_json({it.path("a.png"), "--original", "private"}));
    CHECK(hidden["url"].is_null());
    CHECK(hidden["key"].get<std::string>().starts_with("private/"));
    CHECK(it.s3.objects().at(hidden["key"]).headers.at("cache-control") == "private, no-store");
    CHECK(hidden["variants"]["small"]["url"].get<std::string>().starts_with(
        "https://cdn.example.test/media/"));
    const Uploading other;
    other.picture("a.png", {"-size", "500x500", "plasma:"});
    const auto none = only(other.upload_json({other.path("a.png"), "--original", "none"}));
    CHECK(none["key"].is_null());
    CHECK(other.keys().size() == 2);
    CHECK(Uploading::outcomes(other.upload_json({other.path("a.png"), "--original", "none"})) ==
          "unchanged 1");
    CHECK(Uploading::outcomes(other.upload_json({other.path("a.png")})) == "uploaded 1");
}

TEST_CASE("a dry run tells the same keys, and writes nothing") {
    const Uploading it;
    it.picture("a.png", {"-size", "500x500", "plasma:"});
    const auto dry = only(it.upload_json({it.path("a.png"), "--dry-run"}));
    CHECK(it.keys().empty());
    CHECK(it.s3.asked("PUT") + it.s3.asked("POST") == 0);
    CHECK(it.database.query("SELECT count(*) FROM nightshift.media_objects") == "0");
    CHECK(dry == only(it.upload_json({it.path("a.png")})));
}

TEST_CASE("what is gone from the store is uploaded again with --verify") {
    const Uploading it;
    it.picture("a.png", {"-size", "500x500", "plasma:"});
    it.upload({"--store", it.into_folder(), it.files});
    std::filesystem::remove_all(it.stored + "/media");
    const std::vector<std::string> again{"--store", it.into_folder(), it.files};
    CHECK(Uploading::outcomes(it.upload_json(again)) == "unchanged 1");
    auto verified = again;
    verified.emplace_back("--verify");
    CHECK(Uploading::outcomes(it.upload_json(verified)) == "uploaded 1");
    CHECK(Uploading::outcomes(it.upload_json(verified)) == "unchanged 1");
}

TEST_CASE("a list of names, standard input, and a manifest") {
    const Uploading it;
    it.picture("a b.png", {"-size", "50x50", "xc:red"});
    it.picture("c.png", {"-size", "50x50", "xc:blue"});
    auto listed = it.spawn(
        {"upload-media", "--files-from", "-", "-0", "--json", "--manifest", it.stored + "/m.json"});
    listed.input = it.path("a b.png") + std::string{'\0'} + it.path("c.png") + std::string{'\0'};
    const auto document = Json::parse(run(listed).out);
    CHECK(Uploading::outcomes(document) == "uploaded 2");
    const auto manifest = Json::parse(read(it.stored + "/m.json"));
    CHECK(manifest["manifest"] == document["manifest"]);
    CHECK(manifest["schema_version"] == 1);

    auto streamed = it.spawn({"upload-media", "-", "--name", "avatars/7.png", "--json"});
    streamed.input = read(it.picture("d.png", {"-size", "60x60", "xc:green"}));
    CHECK(only(Json::parse(run(streamed).out))["path"] == "avatars/7.png");
    CHECK(it.database.query("SELECT count(*) FROM nightshift.media_objects WHERE source_path = "
                            "'avatars/7.png'") == "1");
    CHECK(it.upload({"-"}).exit_code == 64);
    CHECK(it.upload({}).exit_code == 64);
    CHECK(it.upload({"--files-from", it.path("none")}).exit_code == 65);
}

TEST_CASE("a name that is too long for the index fails that file alone") {
    const Uploading it;
    it.picture("a.png", {"-size", "50x50", "xc:red"});
    std::filesystem::path folder{it.files};
    for (int i = 0; i < 12; ++i) folder /= std::string(200, static_cast<char>('a' + i));
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(it.path("a.png"), folder / "b.png");
    const auto document = it.upload_json({it.files});
    CHECK(document["exit_code"] == 2);
    CHECK(Uploading::outcomes(document) == "failed 1, uploaded 1");
    CHECK_THAT(document["err"].get<std::string>(), ContainsSubstring("longer than 2,048 bytes"));
}

TEST_CASE("no form of the result has a secret in it") {
    const Uploading it;
    const std::string secret = "s3cr3t-in-a-name";
    it.picture(secret + ".png", {"-size", "50x50", "xc:red"});
    const std::map<std::string, std::string> settings{{"AWS_SESSION_TOKEN", secret}};
    auto words = std::vector<std::string>{it.files, "--json-lines"};
    CHECK_THAT(it.upload(words, settings).out, !ContainsSubstring(secret));
    words = {it.files, "--json", "--manifest", it.stored + "/m.json"};
    CHECK_THAT(it.upload(words, settings).out, !ContainsSubstring(secret));
    CHECK_THAT(read(it.stored + "/m.json"), !ContainsSubstring(secret));
}

TEST_CASE("--json-lines says one line for each file, and the counts last") {
    const Uploading it;
    it.picture("a.png", {"-size", "50x50", "xc:red"});
    it.file("b.txt", "hello");
    const auto finished = it.upload({it.files, "--json-lines"});
    CHECK(finished.exit_code == 2);
    std::istringstream lines{finished.out};
    std::vector<Json> all;
    for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
    REQUIRE(all.size() == 3);
    CHECK(all.back()["files"] == 2);
    CHECK(all.back()["by_outcome"]["failed"] == 1);
}

TEST_CASE("a link, a pipe and hidden files are left alone, and none of it hangs") {
    const Uploading it;
    it.picture("a.png", {"-size", "50x50", "xc:red"});
    std::filesystem::create_symlink("/etc/passwd", it.path("link.png"));
    REQUIRE(::mkfifo(it.path("pipe.png").c_str(), 0600) == 0);
    it.file(".hidden.png", "x");
    CHECK(Uploading::outcomes(it.upload_json({it.files})) == "skipped 2, uploaded 1");
}

TEST_CASE("a store that is busy for a while is waited for, and a file that fails stops no other") {
    std::atomic<int> asked{0};
    const Uploading it{[&](const HttpAsked& each) -> std::optional<HttpAnswer> {
        if (each.method != "PUT" || ++asked > 2) return std::nullopt;
        return HttpAnswer{.status = 503, .body = "<Error><Code>SlowDown</Code></Error>"};
    }};
    it.picture("a.png", {"-size", "50x50", "xc:red"});
    CHECK(Uploading::outcomes(it.upload_json({it.files})) == "uploaded 1");

    const Uploading other{[](const HttpAsked& each) -> std::optional<HttpAnswer> {
        if (each.method != "PUT" || each.body.find("\x89PNG") != 0) return std::nullopt;
        return HttpAnswer{.status = 400, .body = "<Error><Code>Odd</Code></Error>"};
    }};
    other.picture("a.png", {"-size", "50x50", "xc:red"});
    other.picture("b.jpg", {"-size", "50x50", "xc:red"});
    const auto document = other.upload_json({other.files});
    CHECK(document["exit_code"] == 2);
    CHECK(Uploading::outcomes(document) == "failed 1, uploaded 1");
    CHECK(other.database.query("SELECT count(*) FROM nightshift.media_objects") == "1");
}

TEST_CASE("wrong credentials end it at once, and stand in no output") {
    const Uploading it;
    for (int i = 0; i < 30; ++i)
        it.picture(std::to_string(i) + ".png", {"-size", "50x" + std::to_string(i + 1), "xc:red"});
    const auto document = it.upload_json({it.files, "--no-variants", "-v"},
                                         {{"AWS_SECRET_ACCESS_KEY", "a-wrong-secret-key"}});
    CHECK(document["exit_code"] == 78);
    CHECK(document["by_outcome"]["uploaded"] == 0);
    CHECK(document["files"] == 30);
    CHECK_THAT(document.dump(), !ContainsSubstring("a-wrong-secret-key"));
    CHECK(it.upload({it.files}, {{"AWS_SECRET_ACCESS_KEY", ""}, {"HOME", it.stored}}).exit_code ==
          78);
    CHECK(it.upload({it.files}, {{"STORAGE_BACKEND", ""}}).exit_code == 78);
    CHECK(it.upload({it.files, "--store", "ftp:x"}).exit_code == 64);
}

TEST_CASE("credentials stand in a file, too") {
    const Uploading it;
    it.picture("a.png", {"-size", "50x50", "xc:red"});
    std::filesystem::create_directory(it.stored + "/.aws");
    std::ofstream{it.stored + "/.aws/credentials"}
        << "[default]\naws_access_key_id = other\naws_secret_access_key = other\n[app]\n"
        << "aws_access_key_id = " << S3Server::access_key
        << "\naws_secret_access_key = " << S3Server::secret << "\n";
    const auto document = it.upload_json({it.files}, {{"AWS_ACCESS_KEY_ID", ""},
                                                      {"AWS_SECRET_ACCESS_KEY", ""},
                                                      {"HOME", it.stored},
                                                      {"AWS_PROFILE", "app"}});
    CHECK(document["exit_code"] == 0);
}

TEST_CASE("two uploads of the same files at the same time both succeed, and store each once") {
    const Uploading it;
    for (int i = 0; i < 20; ++i)
        it.picture(std::to_string(i) + ".png", {"-size", "20x" + std::to_string(i + 1), "xc:red"});
    Background first{it.spawn({"upload-media", it.files, "--no-variants", "--quiet"})};
    Background second{it.spawn({"upload-media", it.files, "--no-variants", "--quiet"})};
    CHECK(first.wait() == 0);
    CHECK(second.wait() == 0);
    CHECK(it.keys().size() == 20);
    CHECK(it.database.query("SELECT count(*) FROM nightshift.media_objects") == "20");
}

TEST_CASE("a stop keeps what was stored, says what was not attempted, and the next run goes on") {
    std::atomic<int> stored{0};
    const Uploading it{[&](const HttpAsked& each) -> std::optional<HttpAnswer> {
        if (each.method == "PUT" && ++stored > 5) std::this_thread::sleep_for(2s);
        return std::nullopt;
    }};
    for (int i = 0; i < 200; ++i)
        it.picture(std::to_string(i) + ".png", {"-size", "20x" + std::to_string(i + 1), "xc:red"});
    Background run_{it.spawn({"upload-media", it.files, "--no-variants", "--json"})};
    REQUIRE(eventually([&] { return stored > 5; }));
    std::this_thread::sleep_for(150ms);
    run_.signal(SIGTERM);
    CHECK(run_.wait() == 143);
    const auto noted =
        std::stoul(it.database.query("SELECT count(*) FROM nightshift.media_objects"));
    CHECK(noted > 0);
    CHECK(noted <= it.keys().size());
    stored = -1000;
    CHECK(it.upload_json({it.files, "--no-variants"})["exit_code"] == 0);
    CHECK(it.keys().size() == 200);
}
