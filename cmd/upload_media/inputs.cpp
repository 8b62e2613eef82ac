#include "upload_media/inputs.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
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

NameList::NameList(const std::string& path, char end)
    : descriptor_{path == standard_input ? ::dup(STDIN_FILENO)
                                         : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)},
      end_{end} {
    if (descriptor_ < 0)
        throw Error{Failure::data, "cannot read " + excerpt(path, 200), std::strerror(errno),
                    "name a file with a name on each line"};
    struct stat about {};
    is_file_ = ::fstat(descriptor_, &about) == 0 && S_ISREG(about.st_mode);
}

NameList::~NameList() { ::close(descriptor_); }

std::optional<std::string> NameList::next(const std::stop_token& stop) {
    std::array<char, 65536> piece{};
    while (true) {
        const auto found = text_.find(end_);
        if (found != std::string::npos || (is_at_end_ && !text_.empty())) {
            auto name = text_.substr(0, found);
            text_.erase(0, found == std::string::npos ? found : found + 1);
            return name;
        }
        if (is_at_end_ || (stop.stop_requested() && !is_file_)) return std::nullopt;
        const auto length = read_some(descriptor_, piece.data(), piece.size(), stop);
        if (length < 0 && errno == ECANCELED) return std::nullopt;
        if (length <= 0) is_at_end_ = true;
        if (length > 0) text_.append(piece.data(), static_cast<std::size_t>(length));
    }
}

Inputs::Inputs(const InputOptions& options, const std::stop_token& stop)
    : walk_{without_standard_input(options.paths)}, name_{options.name} {
    check(options);
    if (!options.files_from.empty())
        list_.emplace(options.files_from, options.ends_with_null ? '\0' : '\n');
    has_standard_input_ = !name_.empty();
    if (has_standard_input_) keep_standard_input(stop);
}

Inputs::~Inputs() {
    if (!kept_.empty()) ::unlink(kept_.c_str());
}

// It is read twice: to be hashed, and to be sent.
void Inputs::keep_standard_input(const std::stop_token& stop) {
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
        const auto length = read_some(STDIN_FILENO, piece.data(), piece.size(), stop);
        if (length < 0 && errno == ECANCELED) {
            ::close(file);
            ::unlink(path.c_str());
            throw Error{Failure::interrupted, "stopped while reading standard input"};
        }
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

std::optional<media::Found> Inputs::next(const std::stop_token& stop) {
    if (std::exchange(has_standard_input_, false))
        return media::Found{.path = kept_, .called = name_};
    if (auto found = walk_.next()) return found;
    while (true) {
        if (of_list_) {
            if (auto found = of_list_->next()) return found;
        }
        const auto name = list_ ? list_->next(stop) : std::nullopt;
        if (!name) return std::nullopt;
        if (!name->empty()) of_list_.emplace(std::vector<std::string>{*name});
    }
}

}  // namespace nightshift::cmd
