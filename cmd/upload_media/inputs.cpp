#include "upload_media/inputs.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <utility>

#include <unistd.h>

namespace nightshift::cmd {
namespace {

constexpr const char* standard_input = "-";

std::vector<std::string> without_standard_input(std::vector<std::string> paths) {
    std::erase(paths, standard_input);
    return paths;
}

void check(const InputOptions& options) {
    const auto count = std::count(options.paths.begin(), options.paths.end(), standard_input) +
                       (options.files_from == standard_input ? 1 : 0);
    if (options.paths.empty() && options.files_from.empty()) {
        throw Error{Failure::usage, "there is nothing to upload", "no PATH and no --files-from",
                    "name files, folders, or - for standard input"};
    }
    if (count > 1) {
        throw Error{Failure::usage, "standard input can be read once", "- stands there twice",
                    "name it once"};
    }
    const bool has_stream = std::find(options.paths.begin(), options.paths.end(), standard_input) !=
                            options.paths.end();
    if (has_stream == options.name.empty()) {
        throw Error{Failure::usage, "- and --name NAME belong together",
                    "the index knows files by their names", "give both, or neither"};
    }
}

}  // namespace

Inputs::Inputs(const InputOptions& options)
    : walk_{without_standard_input(options.paths)},
      end_{options.ends_with_null ? '\0' : '\n'},
      name_{options.name} {
    check(options);
    has_standard_input_ = !name_.empty();
    if (has_standard_input_) keep_standard_input();
    if (options.files_from == standard_input) {
        lines_ = &std::cin;
    } else if (!options.files_from.empty()) {
        list_ = std::make_unique<std::ifstream>(options.files_from, std::ios::binary);
        lines_ = list_.get();
        if (!*list_) {
            throw Error{Failure::data, "cannot read " + excerpt(options.files_from, 200),
                        std::strerror(errno), "name a file with a name on each line"};
        }
    }
}

Inputs::~Inputs() {
    if (!kept_.empty()) ::unlink(kept_.c_str());
}

// It is read twice: to be hashed, and to be sent.
void Inputs::keep_standard_input() {
    auto path = (std::filesystem::temp_directory_path() / "nightshift-XXXXXX").string();
    const int file = ::mkstemp(path.data());
    const auto fail = [&path] {
        throw Error{Failure::output, "standard input cannot be kept in " + path,
                    std::strerror(errno), "make room there, or set TMPDIR"};
    };
    if (file < 0) fail();
    kept_ = path;
    std::array<char, 65536> piece{};
    while (true) {
        const auto length = ::read(STDIN_FILENO, piece.data(), piece.size());
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) break;
        for (std::ptrdiff_t done = 0; done < length;) {
            const auto written =
                ::write(file, piece.data() + done, static_cast<std::size_t>(length - done));
            if (written < 0 && errno != EINTR) {
                ::close(file);
                fail();
            }
            done += std::max<std::ptrdiff_t>(written, 0);
        }
    }
    ::close(file);
}

std::optional<media::Found> Inputs::next() {
    if (std::exchange(has_standard_input_, false))
        return media::Found{.path = kept_, .called = name_};
    if (auto found = walk_.next()) return found;
    while (true) {
        if (of_list_) {
            if (auto found = of_list_->next()) return found;
        }
        std::string name;
        if (lines_ == nullptr || !std::getline(*lines_, name, end_)) return std::nullopt;
        if (!name.empty()) of_list_.emplace(std::vector<std::string>{name});
    }
}

}  // namespace nightshift::cmd
