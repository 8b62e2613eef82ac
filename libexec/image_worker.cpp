// nightshift-image: makes smaller pictures of one that nobody trusts. It is started by upload-media
// alone, one for each processor, and does one picture after the other: a request on standard input,
// an answer on standard output (lib/media/image_worker.hpp has both).
//
// Decoders are libvips's, those of JPEG, PNG, WebP, GIF and HEIF alone. Before the first picture it
// gives up what it does not need: files (none can be opened), writing them, memory beyond a limit,
// core dumps. A picture that breaks a decoder ends this program, and fails one file.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>
#include <vips/vips8>

#include <malloc.h>
#include <nlohmann/json.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace {

using Json = nlohmann::json;
using vips::VImage;

struct Output {
    std::string name;
    int width = 0;
    int height = 0;
    std::string bytes;
};

void limit(decltype(RLIMIT_AS) what, rlim_t most) {
    const rlimit both{most, most};
    if (::setrlimit(what, &both) != 0) std::exit(70);
}

void give_up_rights(rlim_t memory) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) std::exit(70);
    limit(RLIMIT_AS, memory);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, 3);  // those that are open stay so
}

// Loaders of other formats are blocked with all their kin.
void allow_known_formats_alone() {
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (const auto* loader : {"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp",
                               "VipsForeignLoadNsgif", "VipsForeignLoadHeif"})
        vips_operation_block_set(loader, FALSE);
}

// libvips 8.14.1 leaves EXIF with its place in a WebP, whatever strip says.
VImage without_metadata(const VImage& image) {
    auto copy = image.copy();
    char** names = vips_image_get_fields(copy.get_image());
    for (char** name = names; *name != nullptr; ++name) {
        const std::string field{*name};
        if (field.starts_with("exif-") || field == "xmp-data" || field == "iptc-data" ||
            field == "photoshop-data" || field == "orientation" || field == "icc-profile-data" ||
            field.starts_with("png-comment-") || field == "gif-comment")
            copy.remove(field.c_str());
    }
    g_strfreev(names);
    return copy;
}

std::string saved(const VImage& image, const char* suffix, vips::VOption* options) {
    void* data = nullptr;
    std::size_t length = 0;
    image.write_to_buffer(suffix, &data, &length, options);
    std::string bytes{static_cast<const char*>(data), length};
    g_free(data);
    return bytes;
}

int height_of(const VImage& image) { return vips_image_get_page_height(image.get_image()); }

// Upright, in sRGB, no larger than it is.
VImage fitted(const std::string& bytes, int edge, bool is_animated) {
    auto* blob = vips_blob_new(nullptr, bytes.data(), bytes.size());
    auto image = VImage::thumbnail_buffer(blob, edge,
                                          VImage::option()
                                              ->set("height", edge)
                                              ->set("size", VIPS_SIZE_DOWN)
                                              ->set("option_string", is_animated ? "n=-1" : "")
                                              ->set("export_profile", "srgb")
                                              ->set("fail_on", VIPS_FAIL_ON_TRUNCATED));
    vips_area_unref(VIPS_AREA(blob));
    return image.copy_memory();
}

Output webp(const std::string& name, const VImage& image, int quality) {
    const auto plain = without_metadata(image);
    return {name, plain.width(), height_of(plain),
            saved(plain, ".webp", VImage::option()->set("Q", quality)->set("effort", 4))};
}

// The largest first: each is made of the one before it.
std::vector<Output> variants_of(const std::string& bytes, const Json& request) {
    struct Size {
        std::string name;
        int edge;
    };
    std::vector<Size> sizes;
    for (const auto& each : request["sizes"]) sizes.push_back({each["name"], each["edge"]});
    std::sort(sizes.begin(), sizes.end(),
              [](const auto& one, const auto& other) { return one.edge > other.edge; });
    const int quality = request["quality"];
    const bool is_animated = request["frames"] > 1;
    std::vector<Output> outputs;
    std::optional<VImage> last;
    for (const auto& [name, edge] : sizes) {
        if (!last || is_animated) {
            last = fitted(bytes, edge, is_animated);
        } else {
            last = last->thumbnail_image(
                edge, VImage::option()->set("height", edge)->set("size", VIPS_SIZE_DOWN));
        }
        outputs.push_back(webp(name, *last, quality));
    }
    // Of a small picture several would be the same: the smallest name has it.
    const auto is_same = [&](std::size_t at) {
        return at + 1 < outputs.size() && outputs[at].width == outputs[at + 1].width &&
               outputs[at].height == outputs[at + 1].height;
    };
    std::vector<Output> different;
    for (std::size_t at = 0; at < outputs.size(); ++at) {
        if (!is_same(at)) different.push_back(std::move(outputs[at]));
    }
    return different;
}

// The whole picture, upright: of a HEIC, and of a photo that is not. type: jpg, png or webp.
Output whole(const std::string& bytes, const std::string& type, bool is_animated) {
    constexpr int any_size = 1'000'000;
    auto image = fitted(bytes, any_size, is_animated);
    auto* options = VImage::option()->set("strip", true);
    if (type == "jpg") {
        if (image.has_alpha()) image = image.flatten(VImage::option()->set("background", 255.0));
        options->set("Q", 92)->set("optimize_coding", true);
    } else if (type == "webp") {
        options->set("Q", 92);
    }
    const auto plain = without_metadata(image);
    return {"original", plain.width(), height_of(plain),
            saved(plain, ("." + type).c_str(), options)};
}

void answer(const std::string& bytes, const Json& request) {
    std::vector<Output> outputs;
    Json json{{"outputs", Json::array()}};
    try {
        const std::string type = request["whole"];
        if (!type.empty()) outputs.push_back(whole(bytes, type, request["frames"] > 1));
        for (auto& each : variants_of(bytes, request)) outputs.push_back(std::move(each));
    } catch (const vips::VError& error) {
        json = {{"error", error.what()}};
        outputs.clear();
        vips_error_clear();
    }
    for (const auto& each : outputs) {
        json["outputs"].push_back({{"name", each.name},
                                   {"width", each.width},
                                   {"height", each.height},
                                   {"bytes", each.bytes.size()}});
    }
    std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    for (const auto& each : outputs) std::cout << each.bytes;
    std::cout.flush();
}

}  // namespace

int main(int count, char** words) {
    if (count != 2) return 64;
    ::mallopt(M_ARENA_MAX, 1);  // another would take 128 MiB of address space at once
    if (VIPS_INIT(words[0]) != 0) return 70;
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    g_log_set_default_handler([](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
    allow_known_formats_alone();
    give_up_rights(std::strtoull(words[1], nullptr, 10));
    std::ios::sync_with_stdio(false);
    for (std::string line; std::getline(std::cin, line);) {
        const auto request = Json::parse(line);
        std::string bytes(request["bytes"].get<std::size_t>(), '\0');
        if (!std::cin.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return 65;
        answer(bytes, request);
    }
    return 0;
}
