#include "board_table.hpp"

#include "base/text.hpp"
#include "output.hpp"

#include <map>

namespace nightshift::cmd {

CLI::Option* add_period(CLI::App& command, leaderboard::Period& period) {
    static const std::map<std::string, leaderboard::Period> periods{
        {"weekly", leaderboard::Period::weekly}, {"monthly", leaderboard::Period::monthly}};
    return command
        .add_option_function<std::string>(
            "--period", [&period](const std::string& name) { period = periods.at(name); },
            "weekly (7 days) or monthly (30 days)")
        ->type_name("PERIOD")
        ->check(CLI::IsMember({"weekly", "monthly"}));
}

std::string board_table(const std::vector<leaderboard::Standing>& top) {
    Table table{{"rank", "user", "name", "attempts", "accuracy"}};
    for (const auto& each : top) {
        table.add({std::to_string(each.rank), each.user_id, each.name, grouped(each.attempts),
                   leaderboard::text_of_accuracy(each.accuracy_tenths) + "%"});
    }
    return table.text();
}

}  // namespace nightshift::cmd
