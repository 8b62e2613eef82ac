// Smaller pictures are upright, in sRGB and no larger than the source; what breaks a decoder fails
// one picture.
#include "media/image_worker.hpp"

#include "base/error.hpp"
#include "media/image_file.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/process.hpp"
#include "support/servers.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include <sys/wait.h>
#include <unistd.h>

using namespace nightshift;
using namespace nightshift::media;
using namespace nightshift::test;
using namespace std::chrono_literals;

namespace {

const std::vector<VariantSize> sizes{{"small", 400}, {"medium", 800}, {"large", 1200}};

struct Scene {
    TemporaryFolder folder;
    ImageWorker worker{{.program = NIGHTSHIFT_IMAGE_WORKER}};

    std::string path(const std::string& name) const { return (folder.path() / name).string(); }

    std::string content(const std::string& name) const {
        std::ifstream file{path(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    std::string done(const std::vector<std::string>& words) const {
        const auto done = run({.command = words});
        INFO(done.err);
        REQUIRE(done.exit_code == 0);
        return done.out;
    }
    // By ImageMagick's words.
    std::string made(const std::string& name, std::vector<std::string> words) const {
        words.insert(words.begin(), "convert");
        words.push_back(path(name));
        done(words);
        return content(name);
    }
    // By exiftool's words.
    std::string tagged(const std::string& name, std::vector<std::string> words) const {
        words.insert(words.begin(), {"exiftool", "-q", "-overwrite_original"});
        words.push_back(path(name));
        done(words);
        return content(name);
    }
    std::map<std::string, Picture> pictures(const std::string& bytes, PictureRequest request = {}) {
        if (request.sizes.empty()) request.sizes = sizes;
        std::map<std::string, Picture> all;
        for (auto& each : worker.make(bytes, request)) all[each.name] = std::move(each);
        return all;
    }
    // Which of red, green, blue and opacity a pixel has: 1001 is red.
    std::string colour(const Picture& picture, int x, int y) const {
        std::ofstream{path("shown"), std::ios::binary} << picture.bytes;
        const auto at = std::to_string(x) + "," + std::to_string(y);
        std::string format;
        for (const auto* channel : {"r", "g", "b", "a"})
            format += "%[fx:p{" + at + "}." + channel + ">0.5?1:0]";
        return done({"convert", path("shown"), "-format", format, "info:"});
    }
};

// Red, but for its left half, which is blue.
const std::vector<std::string> halves{
    "-size", "60x40", "xc:red", "-fill", "blue", "-draw", "rectangle 0,0 29,39", "-quality", "95"};

std::string why(Scene& scene, const std::string& bytes, const PictureRequest& request = {}) {
    try {
        scene.pictures(bytes, request);
    } catch (const Error& error) {
        CHECK(error.failure == Failure::data);
        return error.cause;
    }
    return "it was taken";
}

// The one of this process that is called nightshift-image, as far as proc(5) keeps names.
std::optional<pid_t> own_worker() {
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        std::ifstream file{entry.path() / "stat"};
        pid_t pid = 0;
        std::string name;
        char state = '?';
        pid_t parent = 0;
        if (file >> pid >> name >> state >> parent && parent == ::getpid() &&
            name == "(nightshift-imag)")
            return pid;
    }
    return std::nullopt;
}

// With all its threads, though nobody has asked how.
bool has_ended(pid_t pid) {
    siginfo_t how{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &how, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           how.si_pid == pid;
}

}  // namespace

TEST_CASE("a picture becomes three, none larger than it is") {
    Scene scene;
    const auto large = scene.pictures(scene.made("a.jpg", {"-size", "2000x1000", "plasma:"}));
    REQUIRE(large.size() == 3);
    CHECK(large.at("large").width == 1200);
    CHECK(large.at("large").height == 600);
    CHECK(large.at("medium").width == 800);
    CHECK(large.at("small").width == 400);
    for (const auto& [name, picture] : large)
        CHECK(read_image(picture.bytes).width == static_cast<unsigned>(picture.width));
    const auto middle = scene.pictures(scene.made("b.png", {"-size", "300x600", "plasma:"}));
    REQUIRE(middle.size() == 2);
    CHECK(middle.at("medium").height == 600);
    CHECK(middle.at("small").height == 400);
    const auto tiny = scene.pictures(scene.made("c.webp", {"-size", "30x20", "plasma:"}));
    REQUIRE(tiny.size() == 1);
    CHECK(tiny.at("small").width == 30);
}

TEST_CASE("a picture is upright, whichever way its camera was held, and says nothing of it") {
    Scene scene;
    for (int orientation = 1; orientation <= 8; ++orientation) {
        INFO(orientation);
        scene.made("a.jpg", halves);
        const auto bytes = scene.tagged(
            "a.jpg", {"-Orientation#=" + std::to_string(orientation), "-GPSLatitude=13.4",
                      "-GPSLatitudeRef=N", "-SerialNumber=SECRET"});
        const auto all = scene.pictures(bytes, {.whole = "jpg"});
        const bool is_turned = orientation > 4;
        for (const auto* name : {"original", "small"}) {
            const auto& picture = all.at(name);
            CHECK(picture.width == (is_turned ? 40 : 60));
            // Where the blue half is: left, right, right, left, top, top, bottom, bottom.
            const bool is_first =
                orientation == 1 || orientation == 4 || orientation == 5 || orientation == 6;
            CHECK(scene.colour(picture, 5, 5) == (is_first ? "0011" : "1001"));
            CHECK(picture.bytes.find("SECRET") == std::string::npos);
            CHECK(picture.bytes.find("EXIF") == std::string::npos);
            CHECK(picture.bytes.find("Exif") == std::string::npos);
        }
    }
}

TEST_CASE("transparency and animation survive, and print's colours become a screen's") {
    Scene scene;
    const auto clear = scene.pictures(scene.made(
        "a.png", {"-size", "900x40", "xc:none", "-fill", "red", "-draw", "rectangle 0,0 449,39"}));
    CHECK(scene.colour(clear.at("small"), 390, 5).ends_with('0'));
    CHECK(scene.colour(clear.at("small"), 10, 5) == "1001");
    const auto moving = scene.pictures(
        scene.made("b.gif", {"-delay", "10", "-loop", "0", "-size", "500x20", "xc:red", "xc:blue"}),
        {.frames = 2});
    CHECK(read_image(moving.at("small").bytes).frames == 2);
    CHECK(moving.at("small").width == 400);
    CHECK(moving.at("small").height == 16);
    const auto screen =
        scene.pictures(scene.made("c.jpg", {"-size", "50x50", "xc:white", "-colorspace", "CMYK"}));
    CHECK(scene.colour(screen.at("small"), 5, 5) == "1111");
}

TEST_CASE("what is made upright stays transparent, and goes on moving") {
    Scene scene;
    for (const std::string type : {"png", "webp"}) {
        INFO(type);
        auto words = halves;
        words[2] = "xc:none";
        scene.made("a." + type, words);
        const auto all =
            scene.pictures(scene.tagged("a." + type, {"-Orientation#=6"}), {.whole = type});
        const auto& whole = all.at("original");
        CHECK(whole.width == 40);
        CHECK(whole.height == 60);
        CHECK(scene.colour(whole, 20, 5) == "0011");   // what was on the left is above
        CHECK(scene.colour(whole, 20, 55) == "0000");  // and there is nothing below
    }
    scene.made("b.webp", {"-size", "60x40", "xc:red", "xc:blue", "xc:lime", "-delay", "10"});
    const auto moving = scene.pictures(scene.content("b.webp"), {.frames = 3, .whole = "webp"});
    CHECK(read_image(moving.at("original").bytes).frames == 3);
}

TEST_CASE("a worker that was killed between two pictures fails none of them") {
    Scene scene;
    const auto bytes = scene.made("a.png", {"-size", "50x50", "plasma:"});
    CHECK(scene.pictures(bytes).size() == 1);
    const auto worker = own_worker();
    REQUIRE(worker.has_value());
    REQUIRE(::kill(*worker, SIGKILL) == 0);
    REQUIRE(eventually([&] { return has_ended(*worker); }));
    CHECK(why(scene, bytes) == "it was taken");
}

TEST_CASE("a HEIC becomes a JPEG") {
    Scene scene;
    scene.made("a.png", {"-size", "640x480", "plasma:"});
    scene.done({"heif-enc", "-o", scene.path("a.heic"), scene.path("a.png")});
    const auto bytes = scene.content("a.heic");
    CHECK(image_type(bytes) == ImageType::heic);
    const auto all = scene.pictures(bytes, {.whole = "jpg"});
    CHECK(all.at("original").width == 640);
    CHECK(image_type(all.at("original").bytes) == ImageType::jpeg);
    CHECK(all.at("medium").width == 640);
}

TEST_CASE("what is none of the known formats reaches no decoder") {
    Scene scene;
    for (const auto& bytes :
         {std::string{"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>"},
          std::string{"%PDF-1.4\n"}, std::string{"not a picture"}, std::string{}})
        CHECK(why(scene, bytes) != "it was taken");
    const auto tiff = scene.made("a.tif", {"-size", "20x20", "plasma:"});
    CHECK_THAT(why(scene, tiff), ContainsSubstring("blocked"));
    CHECK(scene.pictures(scene.made("a.png", {"-size", "20x20", "plasma:"})).size() == 1);
}

TEST_CASE("a picture that needs too much memory or time fails alone") {
    Scene scene;
    const auto good = scene.made("a.png", {"-size", "20x20", "plasma:"});
    const auto bomb =
        scene.made("b.jpg", {"-size", "5000x4000", "gradient:red-blue", "-interlace", "JPEG"});
    ImageWorker small{{.program = NIGHTSHIFT_IMAGE_WORKER, .memory = std::uint64_t{250} << 20}};
    CHECK_THROWS_AS(small.make(bomb, {.sizes = sizes}), Error);
    CHECK(small.make(good, {.sizes = sizes}).size() == 1);
    ImageWorker quick{{.program = NIGHTSHIFT_IMAGE_WORKER, .longest = 1ms}};
    CHECK_THROWS_WITH(quick.make(good, {.sizes = sizes}), ContainsSubstring("cannot be decoded"));
    CHECK_THROWS_AS(quick.make(good, {.sizes = sizes}), Error);
}

TEST_CASE("a decoder that crashes fails one picture, and is started again") {
    Scene scene;
    const auto good = scene.made("a.png", {"-size", "20x20", "plasma:"});
    const auto crash = scene.folder.file(
        "worker", "#!/bin/sh\nif [ -e " + scene.path("crashed") + " ]; then exec " +
                      NIGHTSHIFT_IMAGE_WORKER + " \"$@\"; fi\ntouch " + scene.path("crashed") +
                      "\nread line\nkill -SEGV $$\n");
    std::filesystem::permissions(crash, std::filesystem::perms{0755});
    ImageWorker worker{{.program = crash}};
    try {
        worker.make(good, {.sizes = sizes});
        FAIL("it was taken");
    } catch (const Error& error) {
        CHECK(error.failure == Failure::data);
        CHECK_THAT(error.cause, ContainsSubstring("Segmentation fault"));
    }
    CHECK(worker.make(good, {.sizes = sizes}).size() == 1);
    ImageWorker none{{.program = scene.path("none")}};
    try {
        none.make(good, {.sizes = sizes});
        FAIL("it was taken");
    } catch (const Error& error) {
        CHECK(error.failure == Failure::configuration);
    }
}
