#include "notifications/routing.hpp"

#include "notifications/json.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::notifications {

const std::vector<Route>& routes() {
    static const auto all = [] {
        std::vector<Route> made;
        const auto table = nlohmann::json::parse(json::routing);
        for (const auto& [name, priority] : {std::pair{"low", Priority::low},
                                             {"medium", Priority::medium},
                                             {"high", Priority::high}}) {
            for (const bool has_app : {true, false}) {
                for (const auto& channel : table.at(has_app ? "app" : "no_app").at(name))
                    made.push_back(
                        {priority, has_app, find_channel(channel.get<std::string>()).value()});
            }
        }
        return made;
    }();
    return all;
}

}  // namespace nightshift::notifications
