#include "board_table.hpp"

#include "base/text.hpp"
#include "output.hpp"

namespace nightshift::cmd {

std::string board_table(const std::vector<leaderboard::Standing>& top) {
    Table table{{"rank", "user", "name", "attempts", "accuracy"}};
    for (const auto& each : top) {
        table.add({std::to_string(each.rank), printable(each.user_id), printable(each.name),
                   grouped(each.attempts),
                   leaderboard::text_of_accuracy(each.accuracy_tenths) + "%"});
    }
    return table.text();
}

}  // namespace nightshift::cmd
