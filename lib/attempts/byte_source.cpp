#include "attempts/byte_source.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nightshift::attempts {

ByteSource::ByteSource(const std::string& path) : name_{path == "-" ? "standard input" : path} {
    // A copy of descriptor 0, so that closing ours leaves the process's open.
    const int descriptor =
        path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(std::generic_category().message(errno));
    struct stat info {};
    if (::fstat(descriptor, &info) == 0 && S_ISDIR(info.st_mode)) {
        ::close(descriptor);
        fail("it is a folder");
    }
    file_ = ::gzdopen(descriptor, "rb");
    if (file_ == nullptr) {
        ::close(descriptor);
        fail("out of memory");
    }
    ::gzbuffer(file_, 128 * 1024);
}

ByteSource::~ByteSource() { ::gzclose(file_); }

std::size_t ByteSource::read(char* buffer, std::size_t size) {
    const int count = ::gzread(file_, buffer, static_cast<unsigned>(size));
    int code = Z_OK;
    const char* message = ::gzerror(file_, &code);
    if (code == Z_BUF_ERROR) fail("the gzip data ends too early: the file was cut off");
    if (count < 0 || code != Z_OK) {
        fail(code == Z_ERRNO ? std::generic_category().message(errno)
                             : std::string{"damaged gzip data: "} + message);
    }
    return static_cast<std::size_t>(count);
}

void ByteSource::fail(const std::string& why) const {
    throw Error{Failure::data, "cannot read " + name_, why,
                "give a readable CSV or CSV.gz file; nothing of this one was kept"};
}

}  // namespace nightshift::attempts
