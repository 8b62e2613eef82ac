#include "base/run_id.hpp"

#include <cstdint>
#include <random>

namespace nightshift {
namespace {

// The last `length` base-32 digits of `value`, most significant first.
std::string base32(std::uint64_t value, std::size_t length) {
    static constexpr char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::string out(length, '0');
    for (std::size_t i = length; i-- > 0; value >>= 5) out[i] = alphabet[value & 31];
    return out;
}

}  // namespace

std::string new_run_id(Instant start) {
    const auto millis = std::chrono::floor<std::chrono::milliseconds>(start).time_since_epoch();
    std::random_device random;
    const auto forty_bits = [&random] {
        return (std::uint64_t{random()} << 32 | random()) & 0xFF'FFFF'FFFFULL;
    };
    return base32(static_cast<std::uint64_t>(millis.count()), 10) + base32(forty_bits(), 8) +
           base32(forty_bits(), 8);
}

}  // namespace nightshift
