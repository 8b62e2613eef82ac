#include "media/upkeep.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace nightshift::media {
namespace {

constexpr std::int64_t files_at_once = 200;
constexpr std::size_t keys_at_once = 500;
constexpr std::uint64_t piece_size = std::uint64_t{1} << 20;  // no more than a client takes

// false: it ends too early, or is not there.
bool read_pieces(ObjectStore& store, const std::string& key, std::uint64_t bytes,
                 const std::function<void(const std::string&)>& each) {
    for (std::uint64_t at = 0; at < bytes;) {
        const auto piece = store.read(key, std::min(piece_size, bytes - at), at);
        if (!piece || piece->empty()) return false;
        each(*piece);
        at += piece->size();
    }
    return true;
}

// Empty: it is as the index has it.
std::string trouble_with(ObjectStore& store, const Named& named) {
    const auto found = store.find(named.key);
    if (!found) return "missing";
    if (found->bytes != named.bytes) return "another length";
    Sha256 hash;
    const bool is_whole =
        read_pieces(store, named.key, named.bytes, [&hash](const auto& piece) { hash.add(piece); });
    if (!is_whole) return "missing";
    return hash.hex() == named.sha256 ? "" : "another content";
}

void put_and_wait(ObjectStore& store, const std::function<void()>& wait,
                  std::vector<NewObject> objects) {
    std::optional<Error> error;
    for (auto& each : objects) {
        store.put(std::move(each), [&error](const Put& put) {
            if (put.error && !error) error = put.error;
        });
    }
    wait();
    if (error) throw *error;
}

}  // namespace

Verified verify(ObjectStore& store, postgres::Connection& postgres, const std::string& begin,
                const std::function<void(std::int64_t)>& progress, const std::stop_token& stop) {
    Verified verified;
    std::string after;
    while (true) {
        const auto files = list_files(postgres, store.name(), begin, after, files_at_once);
        for (const auto& file : files) {
            if (stop.stop_requested()) throw Error{Failure::interrupted, "stopped"};
            ++verified.files;
            for (const auto& named : objects_of(file)) {
                ++verified.objects;
                if (const auto what = trouble_with(store, named); !what.empty())
                    verified.troubles.push_back({file.source_path, named.key, what});
            }
            if (progress) progress(verified.files);
        }
        if (files.empty()) return verified;
        after = files.back().source_path;
    }
}

void find_orphans(ObjectStore& store, postgres::Connection& postgres, const std::string& prefix,
                  const std::set<std::string>& references, Instant older_than,
                  const std::function<void(const Orphan&)>& each) {
    std::vector<ObjectInfo> page;
    const auto look = [&] {
        std::vector<std::string> keys;
        for (const auto& object : page) keys.push_back(object.key);
        const auto known = known_keys(postgres, store.name(), keys);
        for (const auto& object : page) {
            if (!known.contains(object.key)) each({object.key, object.bytes, object.changed_at});
        }
        page.clear();
    };
    store.list(prefix + "/", [&](const ObjectInfo& object) {
        if (object.changed_at >= older_than || references.contains(object.key)) return;
        page.push_back(object);
        if (page.size() >= keys_at_once) look();
    });
    look();
}

bool delete_file(ObjectStore& store, postgres::Connection& postgres, const std::string& path,
                 Instant now) {
    const auto files = list_files(postgres, store.name(), "", "", 1, path);
    if (files.empty()) return false;
    const auto is_shared = mark_deleted(postgres, store.name(), path, now);
    if (!is_shared) return false;  // another has deleted it meanwhile
    if (*is_shared) return true;
    for (const auto& each : objects_of(files.front())) store.remove(each.key);
    return true;
}

bool rebuild_variants(ObjectStore& store, const std::function<void()>& wait,
                      postgres::Connection& postgres, const StoredFile& file,
                      const PublishRules& rules, ImageWorker& worker, Instant now,
                      const std::string& run_id) {
    if (file.width == 0 || file.key.empty() || file.recipe == recipe_of(rules)) return false;
    std::string bytes;
    read_pieces(store, file.key, file.bytes, [&bytes](const auto& piece) { bytes += piece; });
    if (sha256_hex(bytes) != file.sha256) {
        throw Error{Failure::data, excerpt(file.source_path, 200) + " has no original any more",
                    bytes.empty() ? "its object is gone" : "its object has another content",
                    "upload it anew with --verify"};
    }
    SourceFile source{.sha256 = file.sha256,
                      .bytes = file.bytes,
                      .mime_type = file.mime_type,
                      .extension = {},
                      .image = image_type(bytes),
                      .image_bytes = std::move(bytes),
                      .content = {}};
    auto image = look_at_image(source, rules);
    auto published = publish(file.source_path, std::move(source), std::move(image), rules, worker);
    // The original stays as and where it is.
    std::erase_if(published.objects,
                  [&](const NewObject& each) { return each.key == published.file.key; });
    put_and_wait(store, wait, std::move(published.objects));
    auto noted = file;
    noted.recipe = published.file.recipe;
    noted.variants = published.file.variants;
    note_stored(postgres, store.name(), {noted}, file.original, now, run_id);
    return true;
}

}  // namespace nightshift::media
