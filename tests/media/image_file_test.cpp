// What an image says of its owner is cut out, whatever its format, and its pixels are the same;
// ImageMagick makes the pictures and exiftool looks for what is left.
#include "media/image_file.hpp"

#include "base/error.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/servers.hpp"

#include <fstream>
#include <random>

using namespace nightshift;
using namespace nightshift::media;
using namespace nightshift::test;

namespace {

std::string content(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

struct Pictures {
    TemporaryFolder folder;

    std::string path(const std::string& name) const { return (folder.path() / name).string(); }

    // ImageMagick's words, but for the file.
    std::string made(const std::string& name, std::vector<std::string> words) const {
        words.insert(words.begin(), "convert");
        words.push_back(path(name));
        const auto done = run({.command = words});
        INFO(done.err);
        REQUIRE(done.exit_code == 0);
        return content(path(name));
    }
    std::string tagged(const std::string& name, const std::vector<std::string>& tags) const {
        std::vector<std::string> words{"exiftool", "-q", "-q", "-overwrite_original"};
        words.insert(words.end(), tags.begin(), tags.end());
        words.push_back(path(name));
        const auto done = run({.command = words});
        INFO(done.err);
        REQUIRE(done.exit_code == 0);
        return content(path(name));
    }
    std::string written(const std::string& name, const std::string& bytes) const {
        std::ofstream{path(name), std::ios::binary} << bytes;
        return path(name);
    }
    std::string pixels(const std::string& file) const {
        const auto shown = run({.command = {"convert", file, "+profile", "*", "rgba:-"}});
        REQUIRE(shown.exit_code == 0);
        return shown.out;
    }
};

const std::vector<std::string> plasma{"-seed", "1", "-size", "67x43", "plasma:fractal"};

// A segment of an application, or a comment, after a JPEG's first marker.
std::string with_segment(std::string jpeg, char marker, const std::string& data) {
    const auto length = data.size() + 2;
    std::string segment{'\xFF', marker, static_cast<char>(length >> 8),
                        static_cast<char>(length & 0xFF)};
    return jpeg.insert(2, segment + data);
}

bool is_refused(const std::string& bytes) {
    try {
        read_image(bytes);
        return false;
    } catch (const Error& error) {
        CHECK(error.failure == Failure::data);
        return true;
    }
}

}  // namespace

TEST_CASE("what tells of a photo's owner is cut out, and the pixels stay") {
    const Pictures pictures;
    auto progressive = plasma;
    progressive.insert(progressive.end(), {"-interlace", "JPEG"});
    auto lossless = plasma;
    lossless.insert(lossless.end(), {"-define", "webp:lossless=true"});
    auto transparent = std::vector<std::string>{"-size", "40x30", "xc:none",           "-fill",
                                                "red",   "-draw", "circle 15,15 20,20"};
    const std::vector<std::string> tags{"-GPSLatitude=13.4",  "-GPSLatitudeRef=N",
                                        "-GPSLongitude=16.5", "-SerialNumber=SECRET1",
                                        "-Orientation#=6",    "-XMP:Creator=SECRET2"};
    for (const auto& [name, words] : std::vector<std::pair<std::string, std::vector<std::string>>>{
             {"a.jpg", plasma},
             {"progressive.jpg", progressive},
             {"a.png", plasma},
             {"transparent.png", transparent},
             {"a.webp", plasma},
             {"lossless.webp", lossless},
             {"transparent.webp", transparent}}) {
        INFO(name);
        pictures.made(name, words);
        auto bytes = pictures.tagged(name, tags);
        if (name.ends_with(".jpg"))
            bytes = pictures.tagged(name, {"-IPTC:Keywords=SECRET3", "-Comment=SECRET4"});
        bytes += "<script>SECRET5</script>";
        const auto image = read_image(bytes);
        CHECK(image.orientation == 6);
        CHECK(image.frames == 1);
        const bool is_plasma = !name.starts_with("transparent");
        CHECK(image.width == (is_plasma ? 67 : 40));
        CHECK(image.height == (is_plasma ? 43 : 30));
        CHECK(image.published.find("SECRET") == std::string::npos);
        const auto file = pictures.written("published-" + name, image.published);
        const auto left = run({.command = {"exiftool", "-a", "-G1", "-s", file}}).out;
        for (const auto* group : {"GPS", "IFD0", "ExifIFD", "XMP", "IPTC", "Comment", "Warning"}) {
            INFO(left);
            CHECK(left.find(group) == std::string::npos);
        }
        CHECK(pictures.pixels(file) == pictures.pixels(pictures.path(name)));
        CHECK(read_image(image.published).published == image.published);
    }
}

TEST_CASE("an animation keeps its frames, and loses its comments") {
    const Pictures pictures;
    for (const std::string name : {"a.gif", "a.webp"}) {
        INFO(name);
        auto bytes = pictures.made(name, {"-delay", "10", "-loop", "0", "-size", "20x10", "xc:red",
                                          "xc:green", "xc:blue"});
        if (name == "a.gif")
            bytes = pictures.tagged(name, {"-Comment=SECRET", "-XMP:Creator=SECRET"});
        const auto image = read_image(bytes + "SECRET");
        CHECK(image.frames == 3);
        CHECK(image.width == 20);
        CHECK(image.height == 10);
        CHECK(image.published.find("SECRET") == std::string::npos);
        const auto file = pictures.written("published-" + name, image.published);
        CHECK(pictures.pixels(file) == pictures.pixels(pictures.path(name)));
        CHECK((image.published.find("NETSCAPE2.0") != std::string::npos) == (name == "a.gif"));
    }
}

TEST_CASE("each orientation is read, and one that is none is upright") {
    const Pictures pictures;
    pictures.made("a.jpg", plasma);
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const auto bytes =
            pictures.tagged("a.jpg", {"-Orientation#=" + std::to_string(orientation)});
        CHECK(read_image(bytes).orientation == orientation);
    }
    const auto plain = pictures.made("b.jpg", plasma);
    const std::string head{"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01", 24};
    CHECK(
        read_image(with_segment(plain, '\xE1', head + std::string{"\0\x03\0\0", 4})).orientation ==
        3);
    CHECK(
        read_image(with_segment(plain, '\xE1', head + std::string{"\0\x09\0\0", 4})).orientation ==
        1);
    // A list that lies outside, and one that ends too early.
    CHECK(read_image(with_segment(plain, '\xE1', {"Exif\0\0MM\0\x2A\xFF\xFF\xFF\xFF", 14}))
              .orientation == 1);
    CHECK(read_image(with_segment(plain, '\xE1', head)).orientation == 1);
}

TEST_CASE("a colour profile is kept, and a thumbnail is not") {
    const Pictures pictures;
    const auto plain = pictures.made("a.jpg", plasma);
    const std::string profile{"ICC_PROFILE\0\x01\x01 colours", 22};
    CHECK(read_image(with_segment(plain, '\xE2', profile)).published.find("colours") !=
          std::string::npos);
    CHECK(read_image(with_segment(plain, '\xE2', "MPF more pictures")).published.find("more") ==
          std::string::npos);
    std::string jfif{"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01", 14};
    const auto published = read_image(with_segment(plain, '\xE0', jfif + "RGB")).published;
    CHECK(published.find("RGB") == std::string::npos);
    CHECK(published.substr(2, 18) ==
          std::string{"\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0", 18});
}

TEST_CASE("what is truncated anywhere is refused") {
    const Pictures pictures;
    for (const std::string name : {"a.jpg", "a.png", "a.gif", "a.webp"}) {
        INFO(name);
        const auto bytes = pictures.made(name, {"-size", "16x12", "plasma:"});
        REQUIRE(!is_refused(bytes));
        int taken = 0;
        for (std::size_t length = 0; length < bytes.size(); ++length)
            taken += is_refused(bytes.substr(0, length)) ? 0 : 1;
        CHECK(taken == 0);
    }
}

TEST_CASE("what only begins like an image is refused") {
    const Pictures pictures;
    const auto png = pictures.made("a.png", plasma);
    for (const auto& bytes :
         {std::string{}, std::string{"\xFF\xD8\xFF<html><script>1</script>"},
          std::string{"\xFF\xD8\xFF\xD9"}, std::string{"\x89PNG\r\n\x1A\n"},
          std::string{"GIF89a\x01\0\x01\0\0\0\0;", 14}, std::string{"RIFF\x04\0\0\0WEBP", 12},
          std::string{"<svg onload=alert(1)>"}, std::string{"%PDF-1.7"}, std::string{"MZ"}})
        CHECK(is_refused(bytes));
    auto wrong = png;
    wrong[40] = static_cast<char>(wrong[40] + 1);  // of the first chunk's data
    CHECK(is_refused(wrong));
}

TEST_CASE("types are told by the first bytes alone") {
    CHECK(image_type("\xFF\xD8\xFF\xE0") == ImageType::jpeg);
    CHECK(image_type({"\0\0\0\x18"
                      "ftypheic\0\0\0\0",
                      16}) == ImageType::heic);
    CHECK(image_type({"\0\0\0\x1C"
                      "ftypmif1\0\0\0\0mif1avif",
                      24}) == ImageType::avif);
    CHECK(image_type({"\0\0\0\x1C"
                      "ftypmif1\0\0\0\0mif1heic",
                      24}) == ImageType::heic);
    CHECK(
        !image_type({"\0\0\0\x18"
                     "ftypisom\0\0\0\0",
                     16}));
    CHECK(mime_type(ImageType::avif) == "image/avif");
    CHECK(extension(ImageType::jpeg) == "jpg");
}

TEST_CASE("bytes that are changed anywhere are refused or read, and stay what they became") {
    const Pictures pictures;
    std::mt19937 random{7};
    for (const std::string name : {"a.jpg", "a.png", "a.gif", "a.webp"}) {
        const auto bytes = pictures.made(name, {"-size", "16x12", "plasma:"});
        for (int round = 0; round < 3000; ++round) {
            auto changed = bytes;
            for (auto changes = 1 + random() % 4; changes > 0; --changes)
                changed[random() % changed.size()] = static_cast<char>(random());
            try {
                const auto image = read_image(changed);
                if (read_image(image.published).published != image.published) FAIL(name);
            } catch (const Error&) {
            }
        }
    }
    SUCCEED();
}
