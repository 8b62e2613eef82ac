#include "media/media_index.hpp"

#include "media/sql.hpp"
#include "postgres/array_text.hpp"

#include <array>

#include <nlohmann/json.hpp>

namespace nightshift::media {
namespace {

using Json = nlohmann::json;

Json or_null(int number) { return number > 0 ? Json(number) : Json{}; }

Json json_of(const StoredFile& file) {
    Json variants = Json::array();
    for (const auto& each : file.variants) {
        variants.push_back({{"name", each.name},
                            {"key", each.key},
                            {"sha256", each.sha256},
                            {"bytes", each.bytes},
                            {"width", each.width},
                            {"height", each.height}});
    }
    return {{"source_path", file.source_path},
            {"source_sha256", file.source_sha256},
            {"source_bytes", file.source_bytes},
            {"object_key", file.key.empty() ? Json{} : Json(file.key)},
            {"sha256", file.sha256},
            {"mime_type", file.mime_type},
            {"bytes", file.bytes},
            {"width", or_null(file.width)},
            {"height", or_null(file.height)},
            {"frames", or_null(file.frames)},
            {"recipe", file.recipe},
            {"variants", std::move(variants)}};
}

std::vector<StoredVariant> variants_from(const std::string& text) {
    std::vector<StoredVariant> variants;
    for (const auto& each : Json::parse(text)) {
        variants.push_back({.name = each["name"],
                            .key = each["key"],
                            .sha256 = each["sha256"],
                            .bytes = each["bytes"],
                            .width = each["width"],
                            .height = each["height"]});
    }
    return variants;
}

// What the statements have in common.
StoredFile file_of(const pqxx::row& row) {
    return {.source_path = {},
            .source_sha256 = {},
            .source_bytes = row["source_bytes"].as<std::uint64_t>(),
            .key = row["object_key"].c_str(),
            .sha256 = row["sha256"].c_str(),
            .mime_type = row["mime_type"].c_str(),
            .bytes = row["bytes"].as<std::uint64_t>(),
            .width = row["width"].as<int>(),
            .height = row["height"].as<int>(),
            .frames = row["frames"].as<int>(),
            .recipe = row["recipe"].c_str(),
            .variants = variants_from(row["variants"].c_str())};
}

Original original_of(const std::string& text) {
    return text == "private" ? Original::is_private
           : text == "none"  ? Original::none
                             : Original::is_public;
}

}  // namespace

std::string_view name(Original original) {
    static constexpr std::array<std::string_view, 3> names{"public", "private", "none"};
    return names.at(static_cast<std::size_t>(original));
}

std::vector<Named> objects_of(const StoredFile& file) {
    std::vector<Named> all;
    if (!file.key.empty()) all.push_back({file.key, file.sha256, file.bytes});
    for (const auto& each : file.variants) all.push_back({each.key, each.sha256, each.bytes});
    return all;
}

std::map<std::size_t, KnownFile> find_known(postgres::Connection& postgres,
                                            const std::string& store,
                                            const std::vector<ContentOf>& files, Original original,
                                            const std::string& recipe) {
    std::map<std::size_t, KnownFile> known;
    if (files.empty()) return known;
    postgres::ArrayText paths;
    postgres::ArrayText hashes;
    for (const auto& each : files) {
        paths.add(each.path);
        hashes.add(each.sha256);
    }
    const postgres::Parameters asked_for{store, paths.take(), hashes.take(),
                                         std::string{name(original)}, recipe};
    postgres.transaction("asking which files are stored", [&](auto& transaction) {
        for (const auto& row : postgres::exec(transaction, sql::find_known, asked_for)) {
            const auto place = row["place"].template as<std::size_t>() - 1;
            const auto& asked = files.at(place);
            auto file = file_of(row);
            file.source_path = asked.path;
            file.source_sha256 = asked.sha256;
            file.original = original;
            known[place] = {.file = std::move(file), .is_own = row["is_own"].template as<bool>()};
        }
    });
    return known;
}

std::vector<StoredFile> list_files(postgres::Connection& postgres, const std::string& store,
                                   const std::string& begin, const std::string& after,
                                   std::int64_t most, const std::optional<std::string>& only) {
    std::vector<StoredFile> files;
    postgres.transaction("reading the media index", [&](auto& transaction) {
        for (const auto& row : postgres::exec(transaction, sql::list_media,
                                              {store, begin, after, std::to_string(most), only})) {
            files.push_back(file_of(row));
            files.back().source_path = row["source_path"].c_str();
            files.back().source_sha256 = row["source_sha256"].c_str();
            files.back().original = original_of(row["original"].c_str());
        }
    });
    return files;
}

std::set<std::string> known_keys(postgres::Connection& postgres, const std::string& store,
                                 const std::vector<std::string>& keys) {
    postgres::ArrayText asked;
    for (const auto& key : keys) asked.add(key);
    const postgres::Parameters parameters{store, asked.take()};
    std::set<std::string> known;
    postgres.transaction("asking which objects are known", [&](auto& transaction) {
        for (const auto& row : postgres::exec(transaction, sql::known_keys, parameters))
            known.insert(row["key"].c_str());
    });
    return known;
}

std::optional<bool> mark_deleted(postgres::Connection& postgres, const std::string& store,
                                 const std::string& path, Instant now) {
    return postgres.transaction("noting a deletion", [&](auto& transaction) {
        const auto rows =
            postgres::exec(transaction, sql::mark_deleted, {store, path, postgres::parameter(now)});
        return rows.empty() ? std::nullopt
                            : std::optional{rows[0]["is_shared"].template as<bool>()};
    });
}

void note_stored(postgres::Connection& postgres, const std::string& store,
                 const std::vector<StoredFile>& files, Original original, Instant now,
                 const std::string& run_id) {
    if (files.empty()) return;
    Json rows = Json::array();
    for (const auto& file : files) rows.push_back(json_of(file));
    postgres.transaction("noting what was stored", [&](auto& transaction) {
        postgres::exec(
            transaction, sql::note_stored,
            {rows.dump(), store, std::string{name(original)}, postgres::parameter(now), run_id});
    });
}

}  // namespace nightshift::media
