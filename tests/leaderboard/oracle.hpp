// A second way to a board, in plain loops over the log's text: no SQL, no Redis, none of the
// library's own parsing, arithmetic or JSON. Where the two agree to the byte, both are right.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nightshift::test {

struct LoggedAttempt {
    std::int64_t user = 0;
    std::int64_t seconds = 0;  // Unix
    bool correct = false;
    bool skipped = false;
};

// A log with the columns user_id,question_id,is_correct,skipped,attempted_at and no quotes.
std::vector<LoggedAttempt> read_log(const std::string& path);

struct ExpectedBoard {
    std::string document;
    std::map<std::string, std::int64_t> ranks;  // user id to rank
};

ExpectedBoard expected_board(const std::vector<LoggedAttempt>& log, const std::string& period,
                             std::int64_t as_of_seconds);

// 1393632000 becomes 2014-03-01T00:00:00Z.
std::string utc(std::int64_t seconds);

// The real log where it is at hand (../shared), else the example's.
std::string best_log();

}  // namespace nightshift::test
