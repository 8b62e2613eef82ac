// nightshift_bench_generate: an attempt log for import-attempts, as a learning app would write it.
// The same options give the same bytes on every machine: only whole-number arithmetic of our own.
//
// Learners follow Zipf-Mandelbrot: number r of N is as busy as 1/(r + N/500). They study in
// sessions of 15 questions in the mean, more in the evening and on weekends; 8 % of the questions
// are skipped, and each learner has a skill. 3 % of the sessions were offline and arrive up to
// 3 days late, as one. Lines stand in the order of arrival, attempted_at is the device's time;
// every attempt lies in [until - days, until). Learners are 1..users, and some never study.
// Memory: 8 bytes a user, and the sessions that are under way.
#include "base/instant.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <numeric>
#include <queue>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace {

using nightshift::Instant;

constexpr std::uint64_t mean_questions = 15;
constexpr std::uint64_t most_questions = 100;
constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t hour_ms = 3'600 * second_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;
constexpr std::int64_t shortest_answer_ms = 4 * second_ms;
constexpr std::int64_t longest_answer_ms = 60 * second_ms;
constexpr std::int64_t latest_arrival_ms = 3 * day_ms;
constexpr std::uint64_t late_percent = 3;
constexpr std::uint64_t skipped_percent = 8;

// How busy an hour of the day is, in UTC.
constexpr std::array<std::uint64_t, 24> busy_hours{3, 2,  1,  1,  1,  2,  4,  7,  9,  9,  8,  8,
                                                   9, 10, 11, 13, 16, 19, 22, 24, 22, 17, 11, 6};

struct Options {
    std::int64_t attempts = 1'000'000;
    std::int64_t users = 50'000;
    std::int64_t questions = 20'000;
    std::int64_t days = 60;
    std::int64_t seed = 1;
    std::int64_t until_ms = 0;
};

// splitmix64: a bijective scrambler, and fed with a counter a good generator.
constexpr std::uint64_t scrambled(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31);
}

class Random {
  public:
    explicit Random(std::uint64_t seed) : state_{scrambled(seed)} {}

    std::uint64_t next() { return scrambled(state_ += 0x9E3779B97F4A7C15U); }
    // In [0, limit), for limits far below 2^32: the upper half times the limit, no division.
    std::uint64_t below(std::uint64_t limit) { return ((next() >> 32) * limit) >> 32; }
    bool percent(std::uint64_t chance) { return below(100) < chance; }

  private:
    std::uint64_t state_;
};

// Geometric, so that leaving after each question is equally likely.
std::int64_t session_length(Random& random) {
    std::int64_t questions = 1;
    while (questions < static_cast<std::int64_t>(most_questions) &&
           random.below(mean_questions) != 0) {
        ++questions;
    }
    return questions;
}

class Users {
  public:
    explicit Users(const Options& options)
        : seed_{static_cast<std::uint64_t>(options.seed)},
          count_{static_cast<std::uint64_t>(options.users)} {
        const std::uint64_t shift = std::max<std::uint64_t>(1, count_ / 500);
        shares_.reserve(count_);
        std::uint64_t sum = 0;
        for (std::uint64_t place = 1; place <= count_; ++place) {
            sum += (std::uint64_t{1} << 32) / (place + shift);
            shares_.push_back(sum);
        }
        // Busy learners stand anywhere among the ids: a step that hits each id once.
        step_ = 0x9E3779B1U % count_;
        while (std::gcd(step_, count_) != 1) ++step_;
    }

    std::int64_t draw(Random& random) const {
        // Not below(): the shares' sum is some 2^35, too long for half of a random number.
        const auto point = random.next() % shares_.back();
        const auto place = static_cast<std::uint64_t>(
            std::upper_bound(shares_.begin(), shares_.end(), point) - shares_.begin());
        return static_cast<std::int64_t>(1 + place * step_ % count_);
    }

    // How many of 100 questions a learner gets right: 35 to 95, mostly near the middle.
    std::uint64_t skill(std::int64_t user) const {
        Random random{seed_ ^ (static_cast<std::uint64_t>(user) << 20)};
        return 35 + random.below(31) + random.below(31);
    }

  private:
    std::uint64_t seed_;
    std::uint64_t count_;
    std::uint64_t step_ = 1;
    std::vector<std::uint64_t> shares_;  // cumulative
};

// When sessions start: each of a given number, in order of time. The hours' weights are cut into
// as many equal shares as there are sessions, and each starts at random within its own.
class Timetable {
  public:
    Timetable(const Options& options, std::int64_t sessions)
        : start_ms_{options.until_ms - options.days * day_ms}, sessions_{sessions} {
        // A session that starts in the last two hours could end past `until`.
        for (std::int64_t hour = 0; hour < options.days * 24 - 2; ++hour) {
            const auto of_day = (start_ms_ / hour_ms + hour) % 24;
            const auto weekday = (start_ms_ / hour_ms + hour) / 24 % 7;  // 0 is Thursday
            const bool weekend = weekday == 2 || weekday == 3;
            total_ += busy_hours[static_cast<std::size_t>(of_day)] * (weekend ? 5 : 4);
            busy_until_.push_back(total_);
        }
    }

    std::int64_t start_ms(std::int64_t session, Random& random) {
        constexpr std::uint64_t parts = 1'000'000;
        const auto share = static_cast<std::uint64_t>(session) * parts + random.below(parts);
        // share / (sessions * parts) of total_, in thousandths of an hour's weight.
        const auto point = share / 1000 * total_ / static_cast<std::uint64_t>(sessions_);
        while (busy_until_[hour_] * 1000 <= point) ++hour_;
        const auto before = hour_ == 0 ? 0 : busy_until_[hour_ - 1] * 1000;
        const auto within = (point - before) * static_cast<std::uint64_t>(hour_ms) /
                            (busy_until_[hour_] * 1000 - before);
        return start_ms_ + static_cast<std::int64_t>(hour_) * hour_ms +
               static_cast<std::int64_t>(within);
    }

  private:
    std::int64_t start_ms_;
    std::int64_t sessions_;
    std::uint64_t total_ = 0;
    std::vector<std::uint64_t> busy_until_;  // cumulative, by hour
    std::size_t hour_ = 0;
};

struct Session {
    std::int64_t arrival_ms = 0;  // of its next attempt
    std::int64_t number = 0;      // two that arrive together stand in the order of their start
    std::int64_t answer_ms = 0;
    std::int64_t user = 0;
    std::int64_t question = 0;
    std::int64_t left = 0;
    bool late = false;
    std::uint64_t skill = 0;
    Random random{0};

    bool operator>(const Session& other) const {
        return std::pair{arrival_ms, number} > std::pair{other.arrival_ms, other.number};
    }
};

class Writer {
  public:
    Writer() { line_ += "user_id,question_id,is_correct,skipped,attempted_at\n"; }

    void write(const Session& session, bool is_correct, bool skipped) {
        append(session.user);
        append(session.question + 1);
        line_ += is_correct ? "true," : "false,";
        line_ += skipped ? "true," : "false,";
        append_time(session.answer_ms);
        if (line_.size() >= block) flush();
    }

    bool flush() {
        failed_ = failed_ || std::fwrite(line_.data(), 1, line_.size(), stdout) != line_.size();
        line_.clear();
        return std::fflush(stdout) == 0 && !failed_;
    }

  private:
    static constexpr std::size_t block = 256 * 1024;

    void append(std::int64_t number) {
        std::array<char, 20> digits;
        const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
        line_.append(digits.begin(), end);
        line_ += ',';
    }

    void append_padded(std::int64_t number, int width) {
        std::array<char, 3> digits{};
        for (int i = width; i-- > 0; number /= 10) {
            digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
        }
        line_.append(digits.data(), static_cast<std::size_t>(width));
    }

    // 2026-11-21T17:04:05.678Z; the day's text is kept, as calendars take long.
    void append_time(std::int64_t time_ms) {
        const auto day = time_ms / day_ms;
        if (day != day_) {
            day_ = day;
            day_text_ = nightshift::format_instant(Instant{std::chrono::milliseconds{day * day_ms}})
                            .substr(0, 11);
        }
        line_ += day_text_;
        append_padded(time_ms / hour_ms % 24, 2);
        line_ += ':';
        append_padded(time_ms / 60 / second_ms % 60, 2);
        line_ += ':';
        append_padded(time_ms / second_ms % 60, 2);
        line_ += '.';
        append_padded(time_ms % second_ms, 3);
        line_ += "Z\n";
    }

    std::string line_;
    std::string day_text_;
    std::int64_t day_ = -1;
    bool failed_ = false;
};

Session new_session(const Options& options, const Users& users, std::int64_t number,
                    std::int64_t start_ms, Random& random) {
    Session session;
    session.number = number;
    session.answer_ms = start_ms;
    session.user = users.draw(random);
    session.skill = users.skill(session.user);
    session.question =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(options.questions)));
    session.late = random.percent(late_percent);
    session.arrival_ms = start_ms;
    if (session.late) {
        // At least the longest session's length, so that no answer lies after its arrival.
        constexpr auto least = static_cast<std::int64_t>(most_questions) * longest_answer_ms;
        const auto spread = static_cast<std::uint64_t>(latest_arrival_ms - least);
        session.arrival_ms += least + static_cast<std::int64_t>(random.below(spread));
    }
    session.random = Random{random.next()};
    return session;
}

// Writes the session's next attempt; whether there are more.
bool answer(const Options& options, Session& session, Writer& writer) {
    const bool skipped = session.random.percent(skipped_percent);
    const bool is_correct = session.random.percent(session.skill) && !skipped;
    writer.write(session, is_correct, skipped);
    session.question = (session.question + 1) % options.questions;
    const auto pause = shortest_answer_ms +
                       static_cast<std::int64_t>(session.random.below(
                           static_cast<std::uint64_t>(longest_answer_ms - shortest_answer_ms)));
    session.answer_ms += pause;
    if (!session.late) session.arrival_ms += pause;
    return --session.left > 0;
}

bool generate(const Options& options) {
    const auto seed = static_cast<std::uint64_t>(options.seed);
    std::int64_t sessions = 0;
    Random counted{seed};
    for (auto left = options.attempts; left > 0; ++sessions) left -= session_length(counted);

    const Users users{options};
    Timetable timetable{options, sessions};
    Writer writer;
    Random lengths{seed};  // draws again what was counted
    Random random{seed ^ 0x5E5510A5U};
    std::priority_queue<Session, std::vector<Session>, std::greater<>> under_way;
    const auto write_until = [&](std::int64_t time_ms) {
        while (!under_way.empty() && under_way.top().arrival_ms < time_ms) {
            auto session = under_way.top();
            under_way.pop();
            if (answer(options, session, writer)) under_way.push(session);
        }
    };
    auto left = options.attempts;
    for (std::int64_t number = 0; number < sessions; ++number) {
        const auto start_ms = timetable.start_ms(number, random);
        write_until(start_ms);
        auto session = new_session(options, users, number, start_ms, random);
        session.left = std::min(left, session_length(lengths));
        left -= session.left;
        under_way.push(session);
    }
    write_until(options.until_ms + latest_arrival_ms);
    return writer.flush();
}

// --name value pairs; false where they cannot be read.
bool parse(const std::vector<std::string>& arguments, Options& options) {
    std::string until = "2026-11-22T00:00:00Z";
    const std::map<std::string, std::int64_t*> numbers{
        {"--attempts", &options.attempts},   {"--users", &options.users}, {"--days", &options.days},
        {"--questions", &options.questions}, {"--seed", &options.seed},
    };
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        if (i + 1 == arguments.size()) return false;
        if (arguments[i] == "--until") {
            until = arguments[i + 1];
            continue;
        }
        const auto option = numbers.find(arguments[i]);
        const auto number = nightshift::parse_integer<std::int64_t>(arguments[i + 1]);
        if (option == numbers.end() || !number || *number < 1) return false;
        *option->second = *number;
    }
    const auto instant = nightshift::parse_instant(until);
    if (!instant || options.days > 10'000 || options.users > 100'000'000 ||
        options.questions > 100'000'000 || options.attempts > 1'000'000'000) {
        return false;
    }
    options.until_ms =
        std::chrono::floor<std::chrono::milliseconds>(*instant).time_since_epoch().count();
    return true;
}

}  // namespace

int main(int count, char** values) {
    Options options;
    if (!parse({values + 1, values + count}, options)) {
        fmt::print(stderr,
                   "Usage: nightshift_bench_generate [--attempts N] [--users N] [--questions N]"
                   " [--days N] [--until TIME] [--seed N]\n");
        return 64;
    }
    return generate(options) ? 0 : 74;
}
