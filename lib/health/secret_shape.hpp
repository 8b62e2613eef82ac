// Whether what stands as a secret can be one. The words never hold it.
#pragma once

#include <string>

namespace nightshift::health {

// Empty: nothing is to be said against it.
std::string weakness_of(const std::string& setting, const std::string& value);
std::string weakness_of_password(const std::string& user, const std::string& password);

}  // namespace nightshift::health
