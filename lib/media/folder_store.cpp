#include "media/folder_store.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace nightshift::media {
namespace {

constexpr const char* begun = ".nightshift";
constexpr auto longest_begun = std::chrono::hours{1};
constexpr mode_t file_mode = 0644;
constexpr mode_t folder_mode = 0755;

class Descriptor {
  public:
    explicit Descriptor(int number) : number_{number} {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    operator int() const { return number_; }
    bool is_open() const { return number_ >= 0; }
    int release() { return std::exchange(number_, -1); }

  private:
    int number_;
};

[[noreturn]] void fail(const std::string& what, int number) {
    if (number == ELOOP)
        throw Error{Failure::refused, what + ": a symbolic link stands on the way", "",
                    "links are not followed; name the folder itself"};
    const bool is_ours = number == EACCES || number == EPERM || number == EROFS;
    throw Error{
        is_ours ? Failure::configuration : Failure::unavailable, what, std::strerror(number),
        number == ENOSPC || number == EDQUOT ? "make room; nothing was left half-written"
                                             : "see that this user may read and write there"};
}

// Below the folder, by no link.
int open_below(int folder, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how));
}

// The folder that a key's last part stands in; made where it is not there.
int folder_of(int root, const std::string& key, bool is_made) {
    const auto last = key.rfind('/');
    if (last == std::string::npos) return ::dup(root);
    const auto parent = key.substr(0, last);
    auto folder = open_below(root, parent, O_RDONLY | O_DIRECTORY);
    if (folder >= 0 || errno != ENOENT || !is_made) return folder;
    const Descriptor above{folder_of(root, parent, true)};
    if (!above.is_open()) return -1;
    const auto name = parent.substr(parent.rfind('/') + 1);
    if (::mkdirat(above, name.c_str(), folder_mode) != 0 && errno != EEXIST) return -1;
    ::fsync(above);
    return open_below(root, parent, O_RDONLY | O_DIRECTORY);
}

std::string last_part(const std::string& key) { return key.substr(key.rfind('/') + 1); }

bool write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

bool write_content(int file, const Content& content) {
    constexpr std::uint64_t piece = 1 << 20;
    for (std::uint64_t at = 0; at < content.size; at += piece) {
        if (!write_all(file, *whole_piece(content, at, std::min(piece, content.size - at))))
            return false;
    }
    return ::fsync(file) == 0 && ::fchmod(file, file_mode) == 0;
}

std::string random_name() {
    std::random_device random;
    return std::to_string(::getpid()) + "-" + std::to_string(random()) + std::to_string(random());
}

Instant changed_at(const struct stat& it) {
    return Instant{std::chrono::seconds{it.st_mtim.tv_sec} +
                   std::chrono::microseconds{it.st_mtim.tv_nsec / 1000}};
}

using Listing = std::unique_ptr<DIR, int (*)(DIR*)>;

// Its names, without . and ..
std::vector<std::string> names_in(int folder) {
    const Listing listing{::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
                          ::closedir};
    if (!listing) fail("cannot list the objects in a folder", errno);
    std::vector<std::string> names;
    while (const auto* entry = ::readdir(listing.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
    }
    return names;
}

void sweep(int folder) {
    const auto now = nightshift::now();
    for (const auto& name : names_in(folder)) {
        struct stat it {};
        if (::fstatat(folder, name.c_str(), &it, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(it.st_mode) &&
            changed_at(it) < now - longest_begun)
            ::unlinkat(folder, name.c_str(), 0);
    }
}

void list_below(int folder, const std::string& path, const std::string& prefix,
                const std::function<void(const ObjectInfo&)>& each) {
    for (const auto& name : names_in(folder)) {
        const auto key = path + name;
        struct stat it {};
        if (::fstatat(folder, name.c_str(), &it, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (S_ISDIR(it.st_mode)) {
            const auto below = key + "/";
            const bool may_have = below.starts_with(prefix) || prefix.starts_with(below);
            if (key == begun || !may_have) continue;
            const Descriptor inner{open_below(folder, name, O_RDONLY | O_DIRECTORY)};
            if (inner.is_open()) {
                list_below(inner, below, prefix, each);
            } else if (errno != ENOENT) {  // gone since it was listed
                fail("cannot list the objects in " + excerpt(key, 200), errno);
            }
        } else if (S_ISREG(it.st_mode) && key.starts_with(prefix)) {
            each({key, static_cast<std::uint64_t>(it.st_size), changed_at(it)});
        }
    }
}

}  // namespace

FolderStore::FolderStore(std::string root) : root_{std::move(root)} {
    while (root_.size() > 1 && root_.ends_with('/')) root_.pop_back();
    Descriptor folder{::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!folder.is_open()) {
        throw Error{Failure::configuration, excerpt(root_) + " is no folder to keep objects in",
                    errno == ELOOP ? "it is a symbolic link" : std::strerror(errno),
                    "make it, or correct --store, or LOCAL_STORAGE_PATH"};
    }
    if (::mkdirat(folder, begun, 0700) != 0 && errno != EEXIST)
        fail("cannot write to " + excerpt(root_), errno);
    Descriptor beside{open_below(folder, begun, O_RDONLY | O_DIRECTORY)};
    if (!beside.is_open()) fail("cannot write to " + excerpt(root_), errno);
    sweep(beside);
    folder_ = folder.release();
    begun_ = beside.release();
}

FolderStore::~FolderStore() {
    ::close(begun_);
    ::close(folder_);
}

void FolderStore::put(NewObject object, Done done) {
    Put put{.calls = 1};
    try {
        require_key(object.key);
        put.was_there = !store(object);
        if (!put.was_there) bytes_taken_ += object.content.size;
    } catch (const Error& error) {
        put.error = error;
    }
    done(put);
}

bool FolderStore::store(const NewObject& object) {
    const auto what = "cannot store " + excerpt(object.key, 200);
    if (const auto there = find(object.key)) {
        if (there->bytes == object.content.size) return false;
        throw Error{
            Failure::refused, what,
            "another file of " + std::to_string(there->bytes) + " bytes stands under its name",
            "objects are named by what is in them: see who has written it"};
    }
    const auto name = random_name();
    const Descriptor file{::openat(
        begun_, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode)};
    if (!file.is_open()) fail(what, errno);
    const auto take_away = [&] { ::unlinkat(begun_, name.c_str(), 0); };
    const auto give_up = [&](int number) {
        take_away();
        fail(what, number);
    };
    try {
        if (!write_content(file, object.content)) give_up(errno);
    } catch (...) {
        take_away();
        throw;
    }
    const Descriptor folder{folder_of(folder_, object.key, true)};
    if (!folder.is_open()) give_up(errno);
    const bool is_new =
        ::linkat(begun_, name.c_str(), folder, last_part(object.key).c_str(), 0) == 0;
    if (!is_new && errno != EEXIST) give_up(errno);
    take_away();
    if (!is_new) return store(object);  // somebody was quicker: it must be the same
    ::fsync(folder);
    return true;
}

void FolderStore::look(const std::string& key, Looked done) {
    Look look;
    try {
        look.object = find(key);
    } catch (const Error& error) {
        look.error = error;
    }
    done(look);
}

std::optional<ObjectInfo> FolderStore::find(const std::string& key) {
    require_key(key);
    const Descriptor file{open_below(folder_, key, O_PATH)};
    if (!file.is_open() && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
    struct stat it {};
    if (!file.is_open() || ::fstat(file, &it) != 0) fail("cannot look for " + excerpt(key), errno);
    if (!S_ISREG(it.st_mode)) return std::nullopt;
    return ObjectInfo{key, static_cast<std::uint64_t>(it.st_size), changed_at(it)};
}

std::optional<std::string> FolderStore::read(const std::string& key, std::uint64_t most,
                                             std::uint64_t from) {
    require_key(key);
    const Descriptor file{open_below(folder_, key, O_RDONLY | O_NONBLOCK)};
    if (!file.is_open() && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
    if (!file.is_open()) fail("cannot read " + excerpt(key), errno);
    std::string bytes;
    std::array<char, 65536> piece{};
    while (bytes.size() < most) {
        const auto count =
            ::pread(file, piece.data(), std::min<std::uint64_t>(piece.size(), most - bytes.size()),
                    static_cast<off_t>(from + bytes.size()));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot read " + excerpt(key), errno);
        if (count == 0) break;
        bytes.append(piece.data(), static_cast<std::size_t>(count));
    }
    return bytes;
}

void FolderStore::list(const std::string& prefix,
                       const std::function<void(const ObjectInfo&)>& each) {
    list_below(folder_, "", prefix, each);
}

void FolderStore::remove(const std::string& key) {
    require_key(key);
    const Descriptor folder{folder_of(folder_, key, false)};
    if (!folder.is_open() && (errno == ENOENT || errno == ENOTDIR)) return;
    if (!folder.is_open() ||
        (::unlinkat(folder, last_part(key).c_str(), 0) != 0 && errno != ENOENT))
        fail("cannot delete " + excerpt(key), errno);
}

}  // namespace nightshift::media
