#include "upload_media/report.hpp"

#include "base/text.hpp"
#include "output.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using media::FileOutcome;
using media::Original;
using media::UploadedFile;

constexpr std::size_t most_lines = 200;  // of a table; --json has all

Json or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json{}; }

std::optional<std::string> original_url(const UploadedFile& file, const MediaStore& store,
                                        Original original) {
    return original == Original::is_public ? store.url_of(file.file.key) : std::nullopt;
}

// The largest that is no larger than what the network carries; of a small picture that is less.
Json networks_of(const UploadedFile& file, const MediaStore& store) {
    const auto& variants = file.file.variants;
    if (variants.empty()) return {};
    const auto up_to = [&](std::size_t place) {
        return or_null(store.url_of(variants.at(std::min(place, variants.size() - 1)).key));
    };
    return {{"2g", up_to(0)}, {"3g", up_to(0)}, {"4g", up_to(1)}, {"wifi", up_to(2)}};
}

Json variants_of(const UploadedFile& file, const MediaStore& store) {
    Json variants = Json::object();
    for (const auto& each : file.file.variants) {
        variants[each.name] = {{"key", each.key},          {"url", or_null(store.url_of(each.key))},
                               {"width", each.width},      {"height", each.height},
                               {"bytes", each.bytes},      {"sha256", each.sha256},
                               {"mime_type", "image/webp"}};
    }
    return variants;
}

// For <img srcset>.
std::string srcset_of(const UploadedFile& file, const MediaStore& store) {
    std::string srcset;
    for (const auto& each : file.file.variants) {
        if (const auto url = store.url_of(each.key))
            srcset += (srcset.empty() ? "" : ", ") + *url + " " + std::to_string(each.width) + "w";
    }
    return srcset;
}

std::string kind_of(const UploadedFile& file) {
    const auto& it = file.file;
    if (it.width == 0) return it.mime_type;
    return fmt::format("{} {} x {}{}", it.mime_type, it.width, it.height,
                       it.frames > 1 ? fmt::format(" x {}", it.frames) : "");
}

std::string what_came(const UploadedFile& file, const MediaStore& store, Original original) {
    if (file.error)
        return file.error->cause.empty() ? file.error->what()
                                         : file.error->what() + (": " + file.error->cause);
    if (!file.why.empty()) return file.why;
    return original_url(file, store, original).value_or(file.file.key);
}

}  // namespace

Json to_json(const UploadedFile& file, const MediaStore& store, Original original) {
    Json json{{"path", file.path}, {"outcome", media::name(file.outcome)}};
    if (file.error) {
        json["error"] = {{"message", file.error->what()},
                         {"cause", file.error->cause},
                         {"fix", file.error->hint}};
        return json;
    }
    if (!file.why.empty()) json["why"] = file.why;
    if (file.file.sha256.empty()) return json;
    const auto& it = file.file;
    json.update({{"source_sha256", it.source_sha256},
                 {"sha256", it.sha256},
                 {"mime_type", it.mime_type},
                 {"bytes", it.bytes},
                 {"key", it.key.empty() ? Json{} : Json(it.key)},
                 {"url", or_null(original_url(file, store, original))}});
    if (it.width > 0)
        json.update({{"width", it.width}, {"height", it.height}, {"frames", it.frames}});
    if (!it.variants.empty()) {
        json["variants"] = variants_of(file, store);
        json["networks"] = networks_of(file, store);
        json["srcset"] = srcset_of(file, store);
    }
    return json;
}

Json to_json(const media::UploadReport& report) {
    Json counts;
    std::int64_t total = 0;
    for (const auto outcome :
         {FileOutcome::uploaded, FileOutcome::unchanged, FileOutcome::deduplicated,
          FileOutcome::skipped, FileOutcome::failed, FileOutcome::not_attempted}) {
        std::string name{media::name(outcome)};
        std::replace(name.begin(), name.end(), ' ', '_');
        counts[name] = report.count(outcome);
        total += report.count(outcome);
    }
    return {{"files", total},
            {"by_outcome", std::move(counts)},
            {"objects_stored", report.objects},
            {"bytes_sent", report.bytes_sent}};
}

std::string to_text(const std::vector<UploadedFile>& files, const media::UploadReport& report,
                    const MediaStore& store, Original original, bool is_dry_run) {
    Table table{{"file", "outcome", "what it is", "where, or why not"}};
    for (std::size_t i = 0; i < std::min(files.size(), most_lines); ++i) {
        const auto& each = files[i];
        table.add({printable(each.path), std::string{media::name(each.outcome)}, kind_of(each),
                   printable(what_came(each, store, original))});
    }
    std::string text = files.empty() ? "" : table.text();
    if (files.size() > most_lines)
        text += fmt::format("... and {} more; --json has all of them\n",
                            grouped(static_cast<std::int64_t>(files.size() - most_lines)));
    std::string sum;
    for (const auto& [outcome, count] : report.files)
        sum += fmt::format("{}{} {}", sum.empty() ? "" : ", ", grouped(count), name(outcome));
    text += fmt::format("{}{}; {}, {}\n", is_dry_run ? "it would be: " : "",
                        sum.empty() ? "no file" : sum, counted(report.objects, "object"),
                        counted(static_cast<std::int64_t>(report.bytes_sent), "byte"));
    return text;
}

}  // namespace nightshift::cmd
