#include "upload_media/pace.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>

#include <fmt/format.h>

namespace nightshift::cmd {
namespace {

using namespace std::chrono_literals;

constexpr auto window = 5s;  // that a rate is of
constexpr auto between_samples = 100ms;
constexpr auto told_nothing = 2s;  // before a guess is worth anything
constexpr double mebibyte = 1 << 20;

// What cannot be counted tells no time: 0.
std::uint64_t count(const InputOptions& options, const std::stop_token& stop) {
    std::uint64_t bytes = 0;
    try {
        Inputs inputs{options, stop};
        while (const auto next = inputs.next(stop)) {
            if (stop.stop_requested()) return 0;
            std::error_code error;
            const auto size = std::filesystem::file_size(next->path, error);
            if (!error && next->why_not.empty()) bytes += size;
        }
    } catch (const std::exception&) {
        return 0;
    }
    return bytes;
}

std::string in_words(double seconds) {
    if (seconds < 90) return fmt::format("{:.0f} s", seconds);
    if (seconds < 5400) return fmt::format("{:.0f} min", seconds / 60);
    return fmt::format("{:.1f} h", seconds / 3600);
}

double seconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

Pace::Pace(const InputOptions& options, bool is_watched) {
    std::error_code error;  // a list that can be read once is not for us to read
    const bool is_read_once =
        !options.name.empty() || (!options.files_from.empty() &&
                                  !std::filesystem::is_regular_file(options.files_from, error));
    if (!is_watched || is_read_once) return;
    std::promise<std::uint64_t> counted;
    counted_ = counted.get_future();
    counting_ =
        std::jthread{[options, counted = std::move(counted)](const std::stop_token& stop) mutable {
            counted.set_value(count(options, stop));
        }};
}

std::string Pace::told(const media::UploadReport& so_far) {
    const auto now = Clock::now();
    if (samples_.empty() || now > samples_.back().first + between_samples)
        samples_.emplace_back(now, so_far.bytes_taken);
    while (samples_.size() > 1 && samples_[1].first < now - window) samples_.pop_front();
    if (counted_.valid() && counted_.wait_for(0s) == std::future_status::ready)
        all_ = counted_.get();

    const auto& [since, before] = samples_.front();
    auto words = fmt::format("{:.1f} MiB", static_cast<double>(so_far.bytes_taken) / mebibyte);
    if (now - since > 500ms) {
        words += fmt::format(" at {:.1f} MiB/s", static_cast<double>(so_far.bytes_taken - before) /
                                                     mebibyte / seconds(now - since));
    }
    // Of a large file the parts that are there count too.
    const auto in_parts = so_far.bytes_taken - std::min(so_far.bytes_taken, so_far.bytes_sent);
    const auto done = so_far.bytes_done + in_parts;
    if (all_ && *all_ > done && done > 0 && now - begun_ > told_nothing) {
        const auto left = static_cast<double>(*all_ - done) / static_cast<double>(done);
        words += ", " + in_words(seconds(now - begun_) * left) + " left";
    }
    return words;
}

}  // namespace nightshift::cmd
