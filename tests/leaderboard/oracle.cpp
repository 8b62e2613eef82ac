#include "leaderboard/oracle.hpp"

#include "support/binary.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include <zlib.h>

namespace nightshift::test {

std::vector<LoggedAttempt> read_log(const std::string& path) {
    gzFile file = ::gzopen(path.c_str(), "rb");
    if (file == nullptr) throw std::runtime_error{"cannot read " + path};
    std::vector<LoggedAttempt> log;
    std::array<char, 256> line{};
    ::gzgets(file, line.data(), static_cast<int>(line.size()));  // header
    while (::gzgets(file, line.data(), static_cast<int>(line.size())) != nullptr) {
        LoggedAttempt attempt;
        int correct = 0;
        int skipped = 0;
        std::array<char, 64> time{};
        if (std::sscanf(line.data(), "%ld,%*d,%d,%d,%63s", &attempt.user, &correct, &skipped,
                        time.data()) != 4) {
            throw std::runtime_error{"cannot parse: " + std::string{line.data()}};
        }
        std::tm parts{};
        if (std::strcmp(::strptime(time.data(), "%Y-%m-%dT%H:%M:%S", &parts), "Z") != 0) {
            throw std::runtime_error{"cannot parse the time in: " + std::string{line.data()}};
        }
        attempt.seconds = ::timegm(&parts);
        attempt.correct = correct == 1;
        attempt.skipped = skipped == 1;
        log.push_back(attempt);
    }
    ::gzclose(file);
    return log;
}

ExpectedBoard expected_board(const std::vector<LoggedAttempt>& log, const std::string& period,
                             std::int64_t as_of_seconds) {
    struct Score {
        std::int64_t user = 0;
        std::int64_t attempts = 0;
        std::int64_t correct = 0;
    };
    const std::int64_t days = period == "weekly" ? 7 : 30;
    std::map<std::int64_t, Score> scores;
    for (const auto& attempt : log) {
        if (attempt.skipped) continue;
        if (attempt.seconds < as_of_seconds - days * 86400) continue;
        if (attempt.seconds >= as_of_seconds) continue;
        auto& score = scores[attempt.user];
        score.user = attempt.user;
        score.attempts += 1;
        score.correct += attempt.correct ? 1 : 0;
    }
    std::vector<Score> order;
    for (const auto& [user, score] : scores) order.push_back(score);
    std::sort(order.begin(), order.end(), [](const Score& a, const Score& b) {
        if (a.attempts != b.attempts) return a.attempts > b.attempts;
        const auto left = a.correct * b.attempts;  // a.correct/a.attempts against b's, exactly
        const auto right = b.correct * a.attempts;
        if (left != right) return left > right;
        return a.user < b.user;
    });

    ExpectedBoard board;
    board.document = R"({"period":")" + period + R"(","updated_at":")" + utc(as_of_seconds) +
                     R"(","leaderboard":[)";
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto& score = order[i];
        const auto rank = static_cast<std::int64_t>(i) + 1;
        board.ranks[std::to_string(score.user)] = rank;
        if (rank > 100) continue;
        // Per mille, the half rounded up: the smallest t with t + 0.5 > 1000 * correct / attempts.
        std::int64_t tenths = 0;
        while ((2 * tenths + 1) * score.attempts <= 2000 * score.correct) ++tenths;
        const auto id = std::to_string(score.user);
        board.document += std::string{rank > 1 ? "," : ""} + R"({"rank":)" + std::to_string(rank) +
                          R"(,"user_id":)" + id + R"(,"name":"user )" + id + R"(","attempts":)" +
                          std::to_string(score.attempts) + R"(,"accuracy":)" +
                          std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "}";
    }
    board.document += "]}";
    return board;
}

std::string utc(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

std::string best_log() {
    const auto real = source().parent_path() / "shared/data/oulad.csv.gz";
    return std::filesystem::exists(real) ? real : source() / "examples/attempts.csv";
}

}  // namespace nightshift::test
