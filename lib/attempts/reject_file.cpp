#include "attempts/reject_file.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace nightshift::attempts {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t longest_text = 100'000;  // bytes, of a record

bool write_all(int descriptor, const char* bytes, std::size_t size) {
    while (size > 0) {
        const auto written = ::write(descriptor, bytes, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

std::string as_csv(const std::vector<std::string_view>& fields) {
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        line += i > 0 ? "," : "";
        if (fields[i].find_first_of(",\"\r\n") == std::string_view::npos) {
            line += fields[i];
            continue;
        }
        line += '"';
        for (const char letter : fields[i]) line += letter == '"' ? "\"\"" : std::string{letter};
        line += '"';
    }
    return line;
}

// One that came back as it was: it keeps the words that it has.
bool is_a_reject(std::string_view line) {
    const auto json = Json::parse(line, nullptr, false);
    if (!json.is_object() || json.size() != 1 || !json.contains("rejected")) return false;
    const auto& rejected = json["rejected"];
    return rejected.is_object() && (rejected.contains("text") || rejected.contains("base64"));
}

void put_text(Json& rejected, const std::string& text) {
    const auto kept = text.substr(0, longest_text);
    if (kept.size() < text.size()) rejected["cut_from"] = text.size();
    if (is_database_text(kept)) {
        rejected["text"] = kept;
    } else {
        rejected["base64"] = base64(kept);
    }
}

}  // namespace

RejectFile::RejectFile(std::string path) : path_{std::move(path)} {
    // Without O_NONBLOCK a named pipe would wait for its reader, deaf to a stop.
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    if (descriptor_ < 0) fail();
    struct stat about {};
    const bool is_odd = ::fstat(descriptor_, &about) == 0 && (S_ISFIFO(about.st_mode) != 0);
    if (!is_odd) waiting_.reset(std::tmpfile());
    if (waiting_) return;
    const auto reason = is_odd ? EINVAL : errno;
    ::close(descriptor_);
    errno = reason;
    fail();
}

RejectFile::~RejectFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void RejectFile::add(const std::string& file, const std::vector<std::string_view>& columns,
                     const Record& record, const std::string& why) {
    Json json = Json::object();
    bool is_readable = record.broken.empty() && columns.size() == record.fields.size();
    for (std::size_t i = 0; i < columns.size() && is_readable; ++i) {
        is_readable = is_database_text(record.fields[i]);
        if (!columns[i].empty() && !record.fields[i].empty())
            json[std::string{columns[i]}] = record.fields[i];
    }
    if (json.empty() && is_a_reject(record.text)) return add(record.text);
    if (!is_readable || json.empty() || json.dump().size() > longest_text) {
        json = Json::object();
        put_text(json["rejected"],
                 record.text.empty() ? as_csv(record.fields) : std::string{record.text});
    }
    json["rejected"].update({{"file", file}, {"line", record.line}, {"why", why}});
    add(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void RejectFile::require_other_than(const std::string& file) const {
    struct stat ours {};
    struct stat theirs {};
    const bool is_known =
        ::fstat(descriptor_, &ours) == 0 &&
        (file == "-" ? ::fstat(STDIN_FILENO, &theirs) : ::stat(file.c_str(), &theirs)) == 0;
    if (!is_known || ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino) return;
    throw Error{Failure::usage, "--rejects names a file that is imported: " + path_,
                "what is left out would be read again", "name another"};
}

void RejectFile::add(std::string_view line) {
    const std::string whole = std::string{line} + "\n";
    if (std::fwrite(whole.data(), 1, whole.size(), waiting_.get()) != whole.size()) fail();
    ++added_;
}

void RejectFile::keep() {
    if (added_ == 0) return;
    if (std::fflush(waiting_.get()) != 0) fail();
    const auto before = ::lseek(descriptor_, 0, SEEK_END);
    std::rewind(waiting_.get());
    char last = '\n';
    if (before > 0 && ::pread(descriptor_, &last, 1, before - 1) == 1 && last != '\n' &&
        !write_all(descriptor_, "\n", 1))
        fail();
    std::array<char, 65'536> block;
    bool whole = true;
    while (whole) {
        const auto size = std::fread(block.data(), 1, block.size(), waiting_.get());
        if (size == 0) break;
        whole = write_all(descriptor_, block.data(), size);
    }
    if (!whole || std::ferror(waiting_.get()) != 0 || ::fsync(descriptor_) != 0) {
        const auto reason = errno;
        if (before >= 0 && ::ftruncate(descriptor_, before) != 0) errno = reason;
        errno = reason;
        fail();
    }
    forget();
}

void RejectFile::forget() {
    added_ = 0;
    std::rewind(waiting_.get());
    if (::ftruncate(::fileno(waiting_.get()), 0) != 0) fail();
}

void RejectFile::fail() const {
    throw Error{Failure::output, "cannot write the rejected rows to " + path_,
                std::generic_category().message(errno),
                "name another file with --rejects; nothing of this file was kept"};
}

}  // namespace nightshift::attempts
