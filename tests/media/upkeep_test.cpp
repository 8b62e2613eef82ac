// nightshift media: the index, the store against it, and what nobody knows.
#include "media/upload_scene.hpp"

using namespace nightshift::test;
using Json = nlohmann::json;

namespace {

struct Upkeep : Uploading {
    Finished media(std::vector<std::string> words,
                   const std::map<std::string, std::string>& settings = {}) const {
        words.insert(words.begin(), "media");
        return run(spawn(std::move(words), settings));
    }
    Json media_json(std::vector<std::string> words) const {
        words.emplace_back("--json");
        const auto finished = media(std::move(words));
        INFO(finished.err);
        auto json = Json::parse(finished.out, nullptr, false);
        REQUIRE(json.is_object());
        json["exit_code"] = finished.exit_code;
        return json;
    }
    void uploaded(const std::string& name, const std::string& size = "900x600") const {
        picture(name, {"-size", size, "plasma:"});
        REQUIRE(upload({path(name), "--quiet"}).exit_code == 0);
    }
    std::vector<std::string> in_folder(std::vector<std::string> words) const {
        words.insert(words.end(), {"--store", into_folder()});
        return words;
    }
};

}  // namespace

TEST_CASE("an app finds the url of a file by the name that it was uploaded under") {
    const Upkeep it;
    it.uploaded("a.png");
    const auto url = it.media({"url", it.path("a.png")});
    CHECK(url.exit_code == 0);
    CHECK(url.out.starts_with("https://cdn.example.test/media/"));
    CHECK(url.out.ends_with(".png\n"));
    CHECK_THAT(it.media({"url", it.path("a.png"), "--size", "small"}).out,
               ContainsSubstring("_small.400q80v1.webp"));
    // 900 pixels are no larger than large: it has them all.
    CHECK_THAT(it.media({"url", it.path("a.png"), "--size", "large"}).out,
               ContainsSubstring("_large."));
    const auto none = it.media({"url", "other.png"});
    CHECK(none.exit_code == 65);
    CHECK_THAT(none.err, ContainsSubstring("other.png was not uploaded to s3:pictures"));
    const auto listed = it.media_json({"list", it.files});
    REQUIRE(listed["files"].size() == 1);
    CHECK(listed["files"][0]["path"] == it.path("a.png"));
    CHECK(it.media_json({"list", "elsewhere/"})["files"].empty());
}

TEST_CASE("a presigned url opens what is private, and a folder signs none") {
    const Upkeep it;
    it.picture("a.png", {"-size", "50x50", "plasma:"});
    REQUIRE(it.upload({it.path("a.png"), "--original", "private", "--quiet"}).exit_code == 0);
    const auto signed_url = it.media_json({"presign", it.path("a.png"), "--expires", "600"});
    CHECK(signed_url["seconds"] == 600);
    const std::string url = signed_url["url"];
    CHECK(url.starts_with(it.s3.url() + "/pictures/private/"));
    CHECK_THAT(url, ContainsSubstring("X-Amz-Credential=AKIDTEST%2F"));
    CHECK_THAT(url, ContainsSubstring("X-Amz-Expires=600&"));
    CHECK_THAT(url, ContainsSubstring("X-Amz-Signature="));
    // With credentials that end their token is a part of the url.
    CHECK_THAT(it.media({"presign", it.path("a.png")}, {{"AWS_SESSION_TOKEN", "to/ken+x"}}).out,
               ContainsSubstring("X-Amz-Security-Token=to%2Fken%2Bx"));
    CHECK(it.media({"url", it.path("a.png")}).exit_code == 65);
    CHECK(it.media(it.in_folder({"presign", it.path("a.png")})).exit_code == 64);
}

TEST_CASE("verify names what is missing, and what is another") {
    const Upkeep it;
    it.uploaded("a.png");
    CHECK(it.media({"verify"}).exit_code == 0);
    it.picture("b.png", {"-size", "500x500", "plasma:"});
    REQUIRE(it.upload({"--store", it.into_folder(), it.files, "--quiet"}).exit_code == 0);
    CHECK(it.media(it.in_folder({"verify"})).exit_code == 0);
    std::vector<std::string> files;
    for (const auto& each : std::filesystem::recursive_directory_iterator{it.stored + "/media"}) {
        if (each.is_regular_file()) files.push_back(each.path());
    }
    std::sort(files.begin(), files.end());
    std::filesystem::remove(files[0]);
    std::fstream{files[1], std::ios::in | std::ios::out | std::ios::binary} << "XXXX";
    std::filesystem::resize_file(files[2], 5);
    const auto verified = it.media_json(it.in_folder({"verify"}));
    CHECK(verified["exit_code"] == 1);
    std::multiset<std::string> troubles;
    for (const auto& each : verified["troubles"]) troubles.insert(each["what"]);
    CHECK(troubles == std::multiset<std::string>{"another content", "another length", "missing"});
}

TEST_CASE("orphans are what neither the index nor the references have, and go only when asked") {
    const Upkeep it;
    it.picture("a.png", {"-size", "500x500", "plasma:"});
    REQUIRE(it.upload({"--store", it.into_folder(), it.files, "--quiet"}).exit_code == 0);
    const auto put = [&](const std::string& key) {
        const std::filesystem::path path{it.stored + "/" + key};
        std::filesystem::create_directories(path.parent_path());
        std::ofstream{path} << "x";
        std::filesystem::last_write_time(
            path, std::filesystem::file_time_type::clock::now() - std::chrono::hours{24 * 30});
    };
    put("media/aa/bb/old.jpg");
    put("media/aa/bb/used.jpg");
    put("other/keep.jpg");
    std::ofstream{it.stored + "/media/aa/bb/new.jpg"} << "x";
    const auto references = it.file("used.txt", "media/aa/bb/used.jpg\n");
    CHECK(it.media_json(it.in_folder({"orphans"}))["orphans"].size() == 3);
    const auto found =
        it.media_json(it.in_folder({"orphans", "--older-than", "7", "--references", references}));
    REQUIRE(found["orphans"].size() == 1);
    CHECK(found["orphans"][0]["key"] == "media/aa/bb/old.jpg");
    CHECK(found["deleted"] == 0);
    CHECK(it.media(it.in_folder({"orphans", "--delete", "--yes"})).exit_code == 77);
    CHECK(it.media(it.in_folder({"orphans", "--delete", "--older-than", "7"})).exit_code == 77);
    CHECK(it.media(it.in_folder({"orphans", "--older-than", "7", "--delete", "--yes",
                                 "--references", it.file("empty.txt", "\n")}))
              .exit_code == 77);
    const auto deleted = it.media_json(it.in_folder(
        {"orphans", "--older-than", "7", "--references", references, "--delete", "--yes"}));
    CHECK(deleted["deleted"] == 1);
    CHECK_FALSE(std::filesystem::exists(it.stored + "/media/aa/bb/old.jpg"));
    CHECK(std::filesystem::exists(it.stored + "/media/aa/bb/used.jpg"));
    CHECK(std::filesystem::exists(it.stored + "/media/aa/bb/new.jpg"));
    CHECK(std::filesystem::exists(it.stored + "/other/keep.jpg"));
    CHECK(it.media(it.in_folder({"verify"})).exit_code == 0);
    it.database.query("DELETE FROM nightshift.media_objects");
    CHECK(it.media(it.in_folder({"orphans", "--older-than", "7", "--delete", "--yes"})).exit_code ==
          77);
}

TEST_CASE("delete takes a file's objects, but not those that another file has too") {
    const Upkeep it;
    it.uploaded("a.png", "300x300");
    std::filesystem::copy_file(it.path("a.png"), it.path("b.png"));
    it.upload({it.files, "--quiet"});
    CHECK(it.media({"delete", it.path("a.png")}).exit_code == 0);
    CHECK(it.keys().size() == 2);
    CHECK(it.media({"url", it.path("a.png")}).exit_code == 65);
    CHECK(it.media({"delete", it.path("b.png")}).exit_code == 0);
    CHECK(it.keys().empty());
    CHECK(it.media({"delete", it.path("b.png")}).exit_code == 65);
    CHECK(it.database.query("SELECT count(*) FROM nightshift.media_objects WHERE deleted_at IS NOT "
                            "NULL") == "2");
    CHECK(Uploading::outcomes(it.upload_json({it.files})) == "deduplicated 1, uploaded 1");
}

TEST_CASE("variants are rebuilt of the originals, and the old ones are orphans then") {
    const Upkeep it;
    it.uploaded("a.png", "500x500");
    CHECK(it.media_json({"rebuild-variants"})["rebuilt"] == 0);
    const auto rebuilt = it.media_json({"rebuild-variants", "--quality", "60"});
    CHECK(rebuilt["rebuilt"] == 1);
    CHECK_THAT(it.media({"url", it.path("a.png"), "--size", "small"}).out,
               ContainsSubstring("_small.400q60v1.webp"));
    CHECK(it.media({"verify"}).exit_code == 0);
    CHECK(it.media_json({"orphans"})["orphans"].size() == 2);
    CHECK(Uploading::outcomes(it.upload_json({it.files, "--quality", "60"})) == "unchanged 1");
}
