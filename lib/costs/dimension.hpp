// By what costs can be grouped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::costs {

// provider: who bills it. service: sms, s3. channel: push, sms, email. country: of an SMS, ISO
// 3166-1. kind: of message. day: UTC.
enum class Dimension { provider, service, channel, country, kind, day };

std::string name(Dimension dimension);
std::optional<Dimension> parse_dimension(std::string_view name);
const std::vector<Dimension>& dimensions();

}  // namespace nightshift::costs
