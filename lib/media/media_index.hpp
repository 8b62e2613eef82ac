// nightshift.media_objects: which files are in a store, under which keys.
#pragma once

#include "base/instant.hpp"
#include "postgres/connection.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nightshift::media {

// What becomes of a file as it came, beside its smaller pictures. private: stored where no public
// url leads to.
enum class Original { is_public, is_private, none };

std::string_view name(Original original);  // public, private, none

struct StoredVariant {
    std::string name;  // small
    std::string key;
    std::string sha256;
    std::uint64_t bytes = 0;
    int width = 0;
    int height = 0;
};

struct StoredFile {
    std::string source_path;
    std::string source_sha256;
    std::uint64_t source_bytes = 0;
    std::string key;     // of the original; empty: it is not kept
    std::string sha256;  // of what is published
    std::string mime_type;
    std::uint64_t bytes = 0;
    int width = 0;  // pixels; 0: it is no image
    int height = 0;
    int frames = 0;
    Original original = Original::is_public;
    std::string recipe;
    std::vector<StoredVariant> variants;  // the smallest first
};

// An object as the index has it.
struct Named {
    std::string key;
    std::string sha256;
    std::uint64_t bytes = 0;
};
std::vector<Named> objects_of(const StoredFile& file);  // the original first

// The recipe of what has no variants.
inline constexpr const char* no_recipe = "-";

struct ContentOf {
    std::string path;
    std::string sha256;
};

struct KnownFile {
    StoredFile file;
    bool is_own = false;  // under that very path
};

// Which of these a store has already, by their place in files. recipe: of the variants that are
// wanted; empty: whatever there are.
std::map<std::size_t, KnownFile> find_known(postgres::Connection& postgres,
                                            const std::string& store,
                                            const std::vector<ContentOf>& files, Original original,
                                            const std::string& recipe);

// Those whose names begin so, by name: so many, after the one given. only: that one alone.
std::vector<StoredFile> list_files(postgres::Connection& postgres, const std::string& store,
                                   const std::string& begin, const std::string& after,
                                   std::int64_t most, const std::optional<std::string>& only = {});

// Of these keys those that belong to a file.
std::set<std::string> known_keys(postgres::Connection& postgres, const std::string& store,
                                 const std::vector<std::string>& keys);

// Its row stays, as that of a file that is gone. nullopt: there is no such file; true: another has
// the same objects.
std::optional<bool> mark_deleted(postgres::Connection& postgres, const std::string& store,
                                 const std::string& path, Instant now);

// In one transaction.
void note_stored(postgres::Connection& postgres, const std::string& store,
                 const std::vector<StoredFile>& files, Original original, Instant now,
                 const std::string& run_id);

}  // namespace nightshift::media
