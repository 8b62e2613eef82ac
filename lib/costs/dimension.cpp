#include "costs/dimension.hpp"

#include <algorithm>
#include <array>

namespace nightshift::costs {
namespace {

constexpr std::array<std::string_view, 6> names{"provider", "service", "channel",
                                                "country",  "kind",    "day"};

}  // namespace

std::string name(Dimension dimension) {
    return std::string{names.at(static_cast<std::size_t>(dimension))};
}

std::optional<Dimension> parse_dimension(std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Dimension>(found - names.begin());
}

const std::vector<Dimension>& dimensions() {
    static const std::vector<Dimension> all{Dimension::provider, Dimension::service,
                                            Dimension::channel,  Dimension::country,
                                            Dimension::kind,     Dimension::day};
    return all;
}

}  // namespace nightshift::costs
