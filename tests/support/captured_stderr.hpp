// What this process writes to stderr while the object stands, instead of showing it.
#pragma once

#include <array>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace nightshift::test {

class CapturedStderr {
  public:
    CapturedStderr() : file_{std::tmpfile()}, saved_{::dup(STDERR_FILENO)} {
        std::fflush(stderr);
        ::dup2(::fileno(file_), STDERR_FILENO);
    }
    ~CapturedStderr() {
        std::fflush(stderr);
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
        std::fclose(file_);
    }
    CapturedStderr(const CapturedStderr&) = delete;
    CapturedStderr& operator=(const CapturedStderr&) = delete;

    std::string text() const {
        std::fflush(stderr);
        std::string all;
        std::array<char, 4096> block{};
        for (;;) {
            const auto count = ::pread(::fileno(file_), block.data(), block.size(),
                                       static_cast<off_t>(all.size()));
            if (count <= 0) return all;
            all.append(block.data(), static_cast<std::size_t>(count));
        }
    }

  private:
    std::FILE* file_;
    int saved_;
};

}  // namespace nightshift::test
