// nightshift media list, url, presign: which object a file has become, and where it is found.
#include "base/text.hpp"
#include "media/media_index.hpp"
#include "media/subcommands.hpp"
#include "media_store.hpp"
#include "shared_options.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using media::StoredFile;

struct Options {
    MediaStoreOptions store;
    std::string path;
    std::string size = "original";
    std::string begin;
    std::int64_t most = 100;
    std::chrono::milliseconds lasts = std::chrono::hours{1};
};

Json or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json{}; }

std::optional<std::string> public_url(const MediaStore& store, const StoredFile& file) {
    return file.original == media::Original::is_public ? store.url_of(file.key) : std::nullopt;
}

ExitCode list(Session& session, const Options& options) {
    const auto store = open_media_store(session, options.store);
    const auto files = media::list_files(*session.migrated_postgres(), store.store->name(),
                                         options.begin, "", options.most);
    session.output.result(
        [&] {
            Table table{{"file", "what it is", "bytes", "sizes", "key"}};
            for (const auto& each : files) {
                table.add({printable(each.source_path), each.mime_type,
                           grouped(static_cast<std::int64_t>(each.bytes)),
                           std::to_string(each.variants.size()), each.key});
            }
            return files.empty() ? std::string{"nothing was uploaded there\n"} : table.text();
        },
        [&] {
            Json all = Json::array();
            for (const auto& each : files) {
                Json sizes = Json::object();
                for (const auto& size : each.variants) sizes[size.name] = size.key;
                all.push_back({{"path", each.source_path},
                               {"mime_type", each.mime_type},
                               {"bytes", each.bytes},
                               {"sha256", each.sha256},
                               {"original", media::name(each.original)},
                               {"key", each.key.empty() ? Json{} : Json(each.key)},
                               {"url", or_null(public_url(store, each))},
                               {"variants", std::move(sizes)}});
            }
            return Json{{"store", store.store->name()}, {"files", std::move(all)}};
        });
    return ExitCode::done;
}

StoredFile require_file(Session& session, const MediaStore& store, const std::string& path) {
    auto files =
        media::list_files(*session.migrated_postgres(), store.store->name(), "", "", 1, path);
    if (!files.empty()) return std::move(files.front());
    throw Error{Failure::data, excerpt(path, 200) + " was not uploaded to " + store.store->name(),
                "the index has no file of this name",
                "see 'nightshift media list'; a name is as it was given to upload-media"};
}

// Of a small picture there are fewer sizes: the largest that is there stands for larger ones.
std::string key_of(const StoredFile& file, const std::string& size) {
    if (size == "original" || file.variants.empty()) return file.key;
    static const std::vector<std::string> order{"small", "medium", "large"};
    const auto wanted = std::find(order.begin(), order.end(), size) - order.begin();
    return file.variants.at(std::min(static_cast<std::size_t>(wanted), file.variants.size() - 1))
        .key;
}

ExitCode url(Session& session, const Options& options) {
    const auto store = open_media_store(session, options.store);
    const auto file = require_file(session, store, options.path);
    const auto key = key_of(file, options.size);
    const auto url = key == file.key ? public_url(store, file) : store.url_of(key);
    if (!url) {
        throw Error{
            Failure::data, excerpt(options.path, 200) + " has no public url",
            store.public_base.empty() ? "S3_CDN_DOMAIN is not set" : "its original is not public",
            store.public_base.empty() ? "set it to the host where the public finds the folder"
                                      : "see 'nightshift media presign', or --size small"};
    }
    session.output.result(
        [&] { return *url + "\n"; },
        [&] {
            return Json{
                {"path", options.path}, {"size", options.size}, {"key", key}, {"url", *url}};
        });
    return ExitCode::done;
}

ExitCode presign(Session& session, const Options& options) {
    const auto store = open_media_store(session, options.store);
    if (store.s3 == nullptr) {
        throw Error{Failure::usage, store.store->name() + " signs no urls", "only S3 does",
                    "give --store s3:BUCKET"};
    }
    const auto file = require_file(session, store, options.path);
    const auto key = key_of(file, options.size);
    if (key.empty()) {
        throw Error{Failure::data,
                    excerpt(options.path, 200) + " was uploaded without its original", "",
                    "give --size small"};
    }
    const auto lasts = std::chrono::ceil<std::chrono::seconds>(options.lasts);
    const auto url = store.s3->presigned(key, lasts);
    session.output.result([&] { return url + "\n"; },
                          [&] {
                              return Json{{"path", options.path},
                                          {"size", options.size},
                                          {"key", key},
                                          {"seconds", lasts.count()},
                                          {"url", url}};
                          },
                          true, Secrets::asked_for);
    return ExitCode::done;
}

void add_file(CLI::App& command, Options& options) {
    command.add_option("PATH", options.path, "the file, as upload-media was given it")
        ->required()
        ->check(not_empty);
    command
        .add_option("--size", options.size,
                    "small, medium, large, or original (default): the largest there is up to it")
        ->type_name("SIZE")
        ->check(CLI::IsMember({"small", "medium", "large", "original"}));
}

}  // namespace

void add_media_look(CLI::App& media, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* listing = media.add_subcommand("list", "files that were uploaded, by name");
    listing->fallthrough();
    listing->add_option("BEGIN", options->begin, "only names that begin so");
    listing->add_option("--limit", options->most, "how many (default 100)")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
    add_media_store_options(*listing, options->store);
    listing->footer("Examples:\n  nightshift media list photos/ --limit 20");
    listing->callback([&chosen, options] {
        chosen = {"media list", [options](Session& session) { return list(session, *options); }};
    });

    auto* finding = media.add_subcommand("url", "where the public finds a file");
    finding->fallthrough();
    add_file(*finding, *options);
    add_media_store_options(*finding, options->store);
    finding->footer("Examples:\n  nightshift media url photos/a.jpg --size medium");
    finding->callback([&chosen, options] {
        chosen = {"media url", [options](Session& session) { return url(session, *options); }};
    });

    auto* signing =
        media.add_subcommand("presign", "a url at which anybody finds a file for a while");
    signing->fallthrough();
    add_file(*signing, *options);
    add_seconds(*signing, "--expires", options->lasts, "for how many seconds (default 3600)");
    add_media_store_options(*signing, options->store);
    signing->footer("Examples:\n  nightshift media presign papers/1.pdf --expires 600");
    signing->callback([&chosen, options] {
        chosen = {"media presign",
                  [options](Session& session) { return presign(session, *options); }};
    });
}

}  // namespace nightshift::cmd
