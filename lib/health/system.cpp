#include "health/system.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <thread>

#include <fmt/format.h>
#include <sys/statvfs.h>

namespace nightshift::health {
namespace {

constexpr double gibibyte = 1 << 30;

// The first word of a file of the kernel's; empty where there is none.
std::string word_of(const std::string& path) {
    std::ifstream file{path};
    std::string word;
    file >> word;
    return word;
}

// Rooms and inodes: whichever is the fuller.
Result disk(const Check& check, const std::string& folder) {
    struct statvfs about {};
    if (::statvfs(folder.c_str(), &about) != 0) {
        return {.id = check.id,
                .status = Status::unhealthy,
                .said = "cannot look at the disk of " + excerpt(folder, 200),
                .why = std::strerror(errno),
                .fix = "set TMPDIR to a folder that is there"};
    }
    const auto part = [](auto free, auto all) {
        return all == 0 ? 0.0
                        : 100.0 - 100.0 * static_cast<double>(free) / static_cast<double>(all);
    };
    const auto room = part(about.f_bavail, about.f_blocks);
    const auto inodes = part(about.f_favail, about.f_files);
    const auto free = static_cast<double>(about.f_bavail) * static_cast<double>(about.f_frsize);
    return judged(check, std::max(room, inodes),
                  fmt::format("{} has {:.1f} GiB left, {:.0f} % used, of inodes {:.0f} %",
                              excerpt(folder, 200), free / gibibyte, room, inodes));
}

// What the kernel would have for a program, within the limit of our control group (v2).
Result memory(const Check& check) {
    double all = 0;
    double available = 0;
    std::ifstream file{"/proc/meminfo"};
    std::string name;
    for (double kibibytes = 0; file >> name >> kibibytes;) {
        if (name == "MemTotal:") all = kibibytes * 1024;
        if (name == "MemAvailable:") available = kibibytes * 1024;
        file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    const auto limit = parse_integer<std::int64_t>(word_of("/sys/fs/cgroup/memory.max"));
    const auto used = parse_integer<std::int64_t>(word_of("/sys/fs/cgroup/memory.current"));
    if (limit && used && static_cast<double>(*limit) < all) {
        all = static_cast<double>(*limit);
        available = std::max(all - static_cast<double>(*used), 0.0);
    }
    if (all == 0)
        throw Error{Failure::unavailable, "the kernel says nothing of memory", "/proc/meminfo"};
    return judged(
        check, 100 - 100 * available / all,
        fmt::format("{:.1f} of {:.1f} GiB are to be had", available / gibibyte, all / gibibyte));
}

Result load(const Check& check) {
    const auto processors = std::max(std::thread::hardware_concurrency(), 1U);
    double load = 0;
    std::ifstream{"/proc/loadavg"} >> load;
    return judged(check, load / processors,
                  fmt::format("{:.2f} on {}", load, counted(processors, "processor")));
}

}  // namespace

Wanted of_machine(const Wanted& wanted) {
    auto mine = of_group(wanted, "system.");
    std::erase_if(mine, [](const Check& each) { return each.id == "system.clock"; });
    return mine;
}

Probe look_at_system(const std::string& folder, const Wanted& wanted) {
    const auto mine = of_machine(wanted);
    return {mine, [mine, folder](const Tell& tell) {
                for (const auto& check : mine) {
                    tell(check.id == "system.disk"     ? disk(check, folder)
                         : check.id == "system.memory" ? memory(check)
                                                       : load(check));
                }
            }};
}

}  // namespace nightshift::health
