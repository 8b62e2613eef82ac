#include "attempts/reject_file.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace nightshift::attempts {
namespace {

using Json = nlohmann::ordered_json;

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

}  // namespace

RejectFile::RejectFile(std::string path) : path_{std::move(path)}, waiting_{std::tmpfile()} {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0 || !waiting_) fail();
}

RejectFile::~RejectFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void RejectFile::add(const std::string& file, const std::vector<std::string_view>& columns,
                     const Record& record, const std::string& why) {
    Json json;
    for (std::size_t i = 0; i < columns.size() && i < record.fields.size(); ++i) {
        if (!columns[i].empty() && !record.fields[i].empty())
            json[std::string{columns[i]}] = record.fields[i];
    }
    auto& rejected = json["rejected"] = {{"file", file}, {"line", record.line}, {"why", why}};
    if (!record.broken.empty()) rejected["text"] = record.text;
    add(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void RejectFile::add(std::string_view line) {
    const std::string whole = std::string{line} + "\n";
    if (std::fwrite(whole.data(), 1, whole.size(), waiting_.get()) != whole.size()) fail();
    ++added_;
}

void RejectFile::keep() {
    if (added_ == 0) return;
    const auto before = ::lseek(descriptor_, 0, SEEK_END);
    std::rewind(waiting_.get());
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
