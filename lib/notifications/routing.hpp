// On which channels something of a priority is said, as data (json/routing.json): to learners with
// the app and a live device by push, to the others by e-mail, and by SMS too where it is urgent.
#pragma once

#include "notifications/kinds.hpp"
#include "notifications/templates.hpp"

#include <vector>

namespace nightshift::notifications {

struct Route {
    Priority priority = Priority::low;
    bool has_app = false;  // and a live device
    Channel channel = Channel::push;
};

const std::vector<Route>& routes();

}  // namespace nightshift::notifications
