#include "media/source_file.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <fcntl.h>
#include <magic.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nightshift::media {
namespace {

constexpr std::uint64_t head_size = std::uint64_t{1} << 20;
constexpr std::uint64_t piece_size = std::uint64_t{1} << 18;  // stays in a processor's cache

struct CloseMagic {
    void operator()(magic_t magic) const { ::magic_close(magic); }
};

Error unreadable(const std::string& path) {
    return {Failure::data, "cannot read " + excerpt(path), std::strerror(errno),
            "name a file that this user may read"};
}

// An open file, and what told it from others when it was opened.
class OpenFile {
  public:
    explicit OpenFile(const std::string& path)
        : path_{path}, file_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)} {
        if (file_ < 0) throw unreadable(path);
        was_ = status();
        if (!S_ISREG(was_.st_mode)) {
            ::close(file_);
            throw Error{Failure::data, "cannot read " + excerpt(path), "it is no file"};
        }
    }
    ~OpenFile() { ::close(file_); }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    std::uint64_t size() const { return static_cast<std::uint64_t>(was_.st_size); }

    // Into one that is held by nobody any more, where there is one: new memory takes longer to get
    // than to fill.
    Piece piece(std::uint64_t offset, std::uint64_t length) {
        const auto bytes = spare();
        read(offset, length, *bytes);
        return bytes;
    }

    void read(std::uint64_t offset, std::uint64_t length, std::string& bytes) const {
        bytes.resize(length);
        std::size_t done = 0;
        while (done < length) {
            const auto count = ::pread(file_, bytes.data() + done, length - done,
                                       static_cast<off_t>(offset + done));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw unreadable(path_);
            if (count == 0) break;
            done += static_cast<std::size_t>(count);
        }
        bytes.resize(done);
        const auto now = status();
        const bool is_same = now.st_size == was_.st_size &&
                             now.st_mtim.tv_sec == was_.st_mtim.tv_sec &&
                             now.st_mtim.tv_nsec == was_.st_mtim.tv_nsec;
        if (!is_same) {
            throw Error{Failure::data, excerpt(path_) + " has changed while it was read", "",
                        "run it again when nobody writes it"};
        }
    }

  private:
    std::shared_ptr<std::string> spare() {
        const std::scoped_lock lock{mutex_};
        for (const auto& each : pieces_) {
            if (each.use_count() > 1) continue;
            std::atomic_thread_fence(std::memory_order_acquire);  // what others did with it is done
            return each;
        }
        return pieces_.emplace_back(std::make_shared<std::string>());
    }

    struct stat status() const {
        struct stat status {};
        if (::fstat(file_, &status) != 0) throw unreadable(path_);
        return status;
    }

    std::string path_;
    int file_;
    struct stat was_ {};
    std::mutex mutex_;
    std::vector<std::shared_ptr<std::string>> pieces_;  // as many as are held at once
};

using Magic = std::unique_ptr<std::remove_pointer_t<magic_t>, CloseMagic>;

Magic open_magic() {
    Magic magic{::magic_open(MAGIC_MIME_TYPE | MAGIC_ERROR)};
    if (!magic || ::magic_load(magic.get(), nullptr) != 0) {
        throw Error{Failure::configuration, "libmagic has no list of types", "",
                    "install the package libmagic-mgc"};
    }
    return magic;
}

// By its content alone.
std::string type_of(const std::string& head) {
    thread_local const Magic magic = open_magic();  // it is for one thread
    const char* type = ::magic_buffer(magic.get(), head.data(), head.size());
    return type != nullptr ? type : "application/octet-stream";
}

std::string extension_of(const std::string& mime_type) {
    static const std::map<std::string, std::string> known{
        {"application/json", "json"}, {"application/pdf", "pdf"}, {"application/zip", "zip"},
        {"audio/mpeg", "mp3"},        {"audio/mp4", "m4a"},       {"audio/ogg", "ogg"},
        {"audio/x-wav", "wav"},       {"font/woff", "woff"},      {"font/woff2", "woff2"},
        {"text/csv", "csv"},          {"text/plain", "txt"},      {"text/vtt", "vtt"},
        {"video/mp4", "mp4"},         {"video/webm", "webm"}};
    const auto found = known.find(mime_type);
    return found != known.end() ? found->second : "bin";
}

void refuse_size(const std::string& path, std::uint64_t bytes, std::uint64_t most) {
    if (bytes == 0) throw Error{Failure::data, excerpt(path) + " is empty"};
    if (bytes <= most) return;
    throw Error{Failure::data, excerpt(path) + " is too large",
                counted(static_cast<std::int64_t>(bytes), "byte") + ", and " +
                    grouped(static_cast<std::int64_t>(most)) + " are taken",
                "make it smaller, or raise --max-bytes"};
}

void refuse_type(const std::string& path, const std::string& type) {
    const auto never = why_never(type);
    throw Error{Failure::data, excerpt(path) + " is " + type,
                never.empty() ? "images are taken, and what --allow-type names" : never,
                never.empty() ? "leave it out, or allow it with --allow-type " + type
                              : "make an image of it"};
}

}  // namespace

std::string why_never(const std::string& mime_type) {
    static const std::set<std::string> programs{"application/javascript",
                                                "application/x-dosexec",
                                                "application/x-executable",
                                                "application/x-mach-binary",
                                                "application/x-pie-executable",
                                                "application/x-sharedlib",
                                                "application/x-msdownload",
                                                "image/x-mvg",
                                                "text/html",
                                                "text/javascript"};
    const bool is_run = programs.contains(mime_type) || mime_type.starts_with("image/svg") ||
                        mime_type.ends_with("+xml") || mime_type.ends_with("/xml") ||
                        mime_type.starts_with("text/x-");
    return is_run ? "such a file is run by who opens it" : "";
}

SourceFile read_source(const std::string& path, const SourceRules& rules) {
    const auto file = std::make_shared<OpenFile>(path);
    SourceFile source{.sha256 = {},
                      .bytes = file->size(),
                      .mime_type = {},
                      .extension = {},
                      .image = {},
                      .image_bytes = {},
                      .content = {}};
    refuse_size(path, source.bytes, std::max(rules.most_bytes, rules.most_image_bytes));
    std::string head;
    file->read(0, std::min(head_size, source.bytes), head);
    source.image = image_type(head);
    if (source.image) {
        refuse_size(path, source.bytes, rules.most_image_bytes);
        source.mime_type = mime_type(*source.image);
        source.extension = extension(*source.image);
        const auto have = head.size();
        source.image_bytes = std::move(head);
        if (source.bytes > have) file->read(0, source.bytes, source.image_bytes);
        source.sha256 = sha256_hex(source.image_bytes);
        return source;
    }
    source.mime_type = type_of(head);
    if (!why_never(source.mime_type).empty() || !rules.more_types.contains(source.mime_type))
        refuse_type(path, source.mime_type);
    refuse_size(path, source.bytes, rules.most_bytes);
    source.extension = extension_of(source.mime_type);
    Sha256 hash;
    hash.add(head);
    for (auto at = std::uint64_t{head.size()}; at < source.bytes; at += piece_size) {
        file->read(at, std::min(piece_size, source.bytes - at), head);
        hash.add(head);
    }
    source.sha256 = hash.hex();
    source.content = {source.bytes, [file](std::uint64_t offset, std::uint64_t length) {
                          return file->piece(offset, length);
                      }};
    return source;
}

std::uint64_t memory_of_source(std::uint64_t bytes, const SourceRules& rules) {
    constexpr std::uint64_t parts_in_flight = std::uint64_t{64} << 20;
    // An image is held as it came, as it is published, and as it is sent.
    return bytes <= rules.most_image_bytes ? 3 * bytes : std::min(bytes, parts_in_flight);
}

}  // namespace nightshift::media
