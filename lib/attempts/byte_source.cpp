#include "attempts/byte_source.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nightshift::attempts {
namespace {

constexpr int gzip_only = 15 + 16;  // inflateInit2: the largest window, a gzip header

std::string system_words() { return std::generic_category().message(errno); }

}  // namespace

ByteSource::ByteSource(const std::string& path, std::stop_token stop)
    : name_{path == "-" ? "standard input" : path}, stop_{std::move(stop)} {
    // A copy of descriptor 0, so that closing ours leaves the process's open. Without O_NONBLOCK
    // the opening of a named pipe would wait for its writer, deaf to a stop.
    descriptor_ =
        path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) fail(system_words());
    struct stat info {};
    const bool is_folder = ::fstat(descriptor_, &info) == 0 && S_ISDIR(info.st_mode);
    if (!is_folder && ::inflateInit2(&inflater_, gzip_only) == Z_OK) return;
    ::close(descriptor_);
    fail(is_folder ? "it is a folder" : "zlib does not start");
}

ByteSource::~ByteSource() {
    ::inflateEnd(&inflater_);
    ::close(descriptor_);
}

std::string_view ByteSource::peek(std::size_t size) {
    if (ahead_.size() < size) {
        const auto had = ahead_.size();
        ahead_.resize(size);
        ahead_.resize(had + give(ahead_.data() + had, size - had));
    }
    return std::string_view{ahead_}.substr(0, size);
}

std::size_t ByteSource::read(char* buffer, std::size_t size) {
    const auto count = std::min(size, ahead_.size());
    std::copy_n(ahead_.data(), count, buffer);
    ahead_.erase(0, count);
    return count + (count < size ? give(buffer + count, size - count) : 0);
}

std::size_t ByteSource::give(char* buffer, std::size_t size) {
    if (format_ == Format::unknown) tell_format();
    std::size_t done = 0;
    while (done < size) {
        const auto count = format_ == Format::gzip ? unpack(buffer + done, size - done)
                                                   : copy(buffer + done, size - done);
        if (count == 0) break;
        done += count;
    }
    return done;
}

void ByteSource::fill() {
    raw_begin_ = 0;
    raw_end_ = 0;
    while (!at_end_ && raw_end_ == 0) {
        const auto count = read_some(descriptor_, raw_.data(), raw_.size() - 1, stop_);
        if (stop_.stop_requested())
            throw Error{Failure::interrupted, "stopped while reading " + name_};
        if (count < 0) fail(system_words());
        if (count == 0) at_end_ = true;
        if (count > 0) raw_end_ = static_cast<std::size_t>(count);
    }
}

void ByteSource::tell_format() {
    fill();
    if (raw_end_ == 1) {  // a pipe may bring the first byte alone
        const char first = raw_[0];
        fill();
        std::copy_backward(raw_.begin(), raw_.begin() + static_cast<std::ptrdiff_t>(raw_end_),
                           raw_.begin() + static_cast<std::ptrdiff_t>(raw_end_) + 1);
        raw_[0] = first;
        ++raw_end_;
    }
    const bool is_gzip = raw_end_ >= 2 && raw_[0] == '\x1F' && raw_[1] == '\x8B';
    format_ = is_gzip ? Format::gzip : Format::plain;
}

std::size_t ByteSource::copy(char* buffer, std::size_t size) {
    if (raw_begin_ == raw_end_) fill();
    const auto count = std::min(size, raw_end_ - raw_begin_);
    std::copy_n(raw_.data() + raw_begin_, count, buffer);
    raw_begin_ += count;
    return count;
}

// Some bytes, or none at the end of the last member.
std::size_t ByteSource::unpack(char* buffer, std::size_t size) {
    inflater_.next_out = reinterpret_cast<Bytef*>(buffer);
    inflater_.avail_out = static_cast<uInt>(size);
    while (inflater_.avail_out == size) {
        if (raw_begin_ == raw_end_) fill();
        if (raw_begin_ == raw_end_ && within_member_) {
            fail("the gzip data ends too early: the file was cut off");
        }
        if (raw_begin_ == raw_end_) return 0;
        within_member_ = true;
        inflater_.next_in = reinterpret_cast<Bytef*>(raw_.data() + raw_begin_);
        inflater_.avail_in = static_cast<uInt>(raw_end_ - raw_begin_);
        const int code = ::inflate(&inflater_, Z_NO_FLUSH);
        raw_begin_ = raw_end_ - inflater_.avail_in;
        if (code == Z_STREAM_END) {
            within_member_ = false;
            ::inflateReset(&inflater_);
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            fail(std::string{"damaged gzip data: "} +
                 (inflater_.msg != nullptr ? inflater_.msg : "it cannot be unpacked"));
        }
    }
    return size - inflater_.avail_out;
}

void ByteSource::fail(const std::string& why) const {
    throw Error{
        Failure::data, "cannot read " + name_, why,
        "give a readable file of CSV or JSON Lines, gzip'ed or not; nothing of this one was kept"};
}

}  // namespace nightshift::attempts
