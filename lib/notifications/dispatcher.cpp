#include "notifications/dispatcher.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "costs/dialling.hpp"

#include <algorithm>
#include <deque>
#include <future>
#include <optional>
#include <random>
#include <set>
#include <thread>

namespace nightshift::notifications {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int most_in_doubt = 200;
constexpr auto flush_within = 100ms;
constexpr auto patience = 60s;      // for a retry, in this run
constexpr auto look_again = 500ms;  // for what falls due
constexpr auto renew_every = 30s;
constexpr auto longest_retry_after = 15min;
constexpr auto put_back_for = 15min;  // after a config

class Dispatcher {
  public:
    Dispatcher(http::Client& client, Outbox& outbox, const std::vector<Lane>& lanes, Instant now,
               const DispatchWatch& watch)
        : client_{client}, outbox_{outbox}, began_{now}, watch_{watch} {
        for (const auto& lane : lanes) lanes_.emplace_back(lane);
    }

    DispatchReport run(const std::stop_token& stop) {
        const std::stop_callback wake{stop, [this] { client_.wake(); }};
        while (true) {
            const bool is_ending = stop.stop_requested() || (watch_.enough && watch_.enough());
            if (is_ending) give_up_the_rest();
            if (exchange_.valid() && exchange_.wait_for(0s) == std::future_status::ready) collect();
            if (!exchange_.valid()) {
                if (is_over(is_ending)) break;
                begin_exchange(is_ending);
            }
            if (!is_ending) send_what_may_go();  // while the next exchange is on its way
            client_.turn(next_moment());
        }
        for (auto& lane : lanes_) {
            if (lane.breaker.is_broken())
                report_.broken.push_back(lane.it.provider->name());
            else if (lane.breaker.is_open(Clock::now()))
                report_.open.push_back(lane.it.provider->name());
        }
        return std::move(report_);
    }

  private:
    struct LaneState {
        explicit LaneState(const Lane& lane) : it{lane} {}

        Lane it;
        Breaker breaker{};
        std::deque<Taken> ready{};
        int on_the_wire = 0;
        int asked_for = 0;  // in the exchange that runs
        Position after{};   // what was looked at
        Clock::time_point may_send_at{};
        // The outbox had no more: when to look again. Nothing: not in this run.
        bool is_empty = false;
        std::optional<Clock::time_point> look_at{};
        std::set<std::string> closed_countries{};

        int held() const { return on_the_wire + static_cast<int>(ready.size()); }
    };

    Instant now() const {
        return began_ +
               std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_);
    }

    int in_doubt() const {
        int sum = static_cast<int>(results_.size() + recording_);
        for (const auto& lane : lanes_) sum += lane.held() + lane.asked_for;
        return sum;
    }

    bool wants_more(const LaneState& lane) const {
        if (lane.breaker.is_open(Clock::now())) return false;
        return !lane.is_empty || (lane.look_at && *lane.look_at <= Clock::now());
    }

    bool is_over(bool is_ending) const {
        if (!results_.empty() || !unsent_.empty()) return false;
        const auto soon = Clock::now() + patience;
        return std::all_of(lanes_.begin(), lanes_.end(), [&](const LaneState& lane) {
            if (lane.held() > 0) return false;
            if (is_ending) return true;
            if (lane.breaker.is_open(Clock::now()))
                return lane.breaker.is_broken() || lane.is_empty || lane.breaker.next_try() > soon;
            return lane.is_empty && !lane.look_at;
        });
    }

    // One by one, as concurrency, rate and breaker allow.
    void send_what_may_go() {
        for (auto& lane : lanes_) {
            while (!lane.ready.empty() && Clock::now() >= lane.may_send_at &&
                   lane.breaker.room(lane.on_the_wire, lane.it.concurrency, Clock::now()) > 0) {
                auto taken = std::move(lane.ready.front());
                lane.ready.pop_front();
                if (lane.it.rate > 0) {
                    const auto gap = std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double>{1 / lane.it.rate});
                    lane.may_send_at = std::max(lane.may_send_at, Clock::now() - gap) + gap;
                }
                send(lane, std::move(taken));
            }
            if (lane.breaker.is_open(Clock::now())) give_back(lane);
        }
    }

    void send(LaneState& lane, Taken taken) {
        const auto country = costs::country_of(taken.message.address);
        if (lane.it.channel == Channel::sms && lane.closed_countries.contains(country)) {
            results_.push_back(
                {taken,
                 lane.it.provider->name(),
                 {.outcome = Class::config, .why = "not tried: closed to " + country},
                 now() + put_back_for});
            return;
        }
        ++lane.on_the_wire;
        ++report_.calls;
        taken.message.now = now();
        const auto held = std::make_shared<Taken>(std::move(taken));
        lane.it.provider->send(held->message, [this, &lane, held](const Receipt& receipt) {
            answered(lane, std::move(*held), receipt);
        });
    }

    void answered(LaneState& lane, Taken taken, const Receipt& receipt) {
        --lane.on_the_wire;
        lane.breaker.note(receipt, Clock::now());
        if (receipt.is_of_country)
            lane.closed_countries.insert(costs::country_of(taken.message.address));
        Result result{std::move(taken), lane.it.provider->name(), receipt, {}};
        if (receipt.outcome == Class::retry)
            result.retry_at = now() + pause_before(result.taken, receipt);
        if (receipt.outcome == Class::config) result.retry_at = now() + put_back_for;
        if (receipt.outcome == Class::accepted) report_.saved = report_.saved + result.taken.saved;
        if (receipt.outcome != Class::accepted) note_trouble(result);
        if (result.retry_at && *result.retry_at < now() + patience)
            lane.look_at = Clock::now() + look_again;
        results_.push_back(std::move(result));
    }

    // Full jitter: random between 0 and base * 2^n, or what the server asks for.
    std::chrono::milliseconds pause_before(const Taken& taken, const Receipt& receipt) {
        if (receipt.retry_after)
            return std::min<std::chrono::milliseconds>(*receipt.retry_after, longest_retry_after);
        const std::chrono::milliseconds longest =
            std::min<std::chrono::milliseconds>(500ms * (1 << std::min(taken.retries, 10)), 30s);
        return std::chrono::milliseconds{
            std::uniform_int_distribution<std::int64_t>{0, longest.count()}(random_)};
    }

    void note_trouble(const Result& result) {
        const auto& [outcome, code, why] =
            std::tie(result.receipt.outcome, result.receipt.code, result.receipt.why);
        auto& all = report_.troubles;
        const auto same = std::find_if(all.begin(), all.end(), [&](const Trouble& each) {
            return each.provider == result.provider && each.outcome == outcome && each.code == code;
        });
        if (same != all.end()) {
            ++same->times;
            return;
        }
        auto words = why;
        const auto& address = result.taken.message.address;
        for (auto at = words.find(address); at != std::string::npos; at = words.find(address))
            words.replace(at, address.size(), masked(address));
        constexpr std::size_t most = 50;
        if (all.size() < most) all.push_back({result.provider, outcome, code, words, 1});
    }

    // What was taken and will not be sent now goes back.
    void give_back(LaneState& lane) {
        std::move(lane.ready.begin(), lane.ready.end(), std::back_inserter(unsent_));
        lane.ready.clear();
    }

    void give_up_the_rest() {
        report_.is_cut_short = true;
        for (auto& lane : lanes_) give_back(lane);
    }

    void begin_exchange(bool is_ending) {
        std::vector<Wish> wishes;
        int room = most_in_doubt - in_doubt();
        for (auto& lane : lanes_) {
            if (is_ending || !wants_more(lane)) continue;
            // More than are on the wire: the next are there when one comes back.
            const int want = lane.it.rate > 0
                                 ? std::min(lane.it.concurrency, static_cast<int>(lane.it.rate) + 1)
                                 : 3 * lane.it.concurrency;
            lane.asked_for = std::clamp(want - lane.held(), 0, std::max(room, 0));
            if (lane.breaker.room(0, 2, Clock::now()) == 1)  // half open: a single one
                lane.asked_for = std::min(lane.asked_for, lane.held() > 0 ? 0 : 1);
            if (lane.asked_for == 0) continue;
            room -= lane.asked_for;
            wishes.push_back(
                {lane.it.channel, lane.it.provider->name(), lane.asked_for, lane.after});
        }
        const bool must_renew = Clock::now() > renewed_at_ + renew_every;
        if (results_.empty() && wishes.empty() && unsent_.empty() && !must_renew) return;
        if (watch_.check) watch_.check();
        if (must_renew) renewed_at_ = Clock::now();
        recording_ = results_.size();
        std::packaged_task<Exchanged()> task{[this, results = std::move(results_), wishes,
                                              must_renew, unsent = std::move(unsent_), at = now()] {
            outbox_.release(unsent, at + 1s);
            if (must_renew) outbox_.renew();
            return outbox_.exchange(results, wishes, at, at + patience);
        }};
        exchange_ = task.get_future();
        worker_ = std::jthread{[this, task = std::move(task)]() mutable {
            task();
            client_.wake();  // when the result is there to be seen
        }};
        results_.clear();
        unsent_.clear();
    }

    void collect() {
        auto exchanged = exchange_.get();
        recording_ = 0;
        for (const auto& each : exchanged.ended) add(each);
        report_.added += exchanged.added;
        report_.spent = report_.spent + exchanged.spent;
        for (auto& each : exchanged.unpriced) {
            auto& all = report_.unpriced;
            if (std::find(all.begin(), all.end(), each) == all.end()) all.push_back(each);
        }
        const bool has_email = exchanged.added > 0;
        for (auto& lane : lanes_) {
            if (lane.asked_for > 0) {
                auto& taken = exchanged.taken[lane.it.channel];
                // At the end of the line it is looked at from its beginning: some have come back.
                const bool began_at_front = lane.after == Position{};
                const auto last = exchanged.last.find(lane.it.channel);
                const bool is_end = exchanged.looked_at[lane.it.channel] < lane.asked_for;
                lane.after = is_end || last == exchanged.last.end() ? Position{} : last->second;
                lane.is_empty = is_end && began_at_front;
                lane.look_at.reset();
                if (const auto next = exchanged.next_due.find(lane.it.channel);
                    lane.is_empty && next != exchanged.next_due.end())
                    lane.look_at =
                        std::max(Clock::now() + 1ms, start_ + (next->second - began_) + 1ms);
                std::move(taken.begin(), taken.end(), std::back_inserter(lane.ready));
                lane.asked_for = 0;
            }
            if (has_email && lane.it.channel == Channel::email) lane.is_empty = false;
        }
        if (watch_.progress) watch_.progress(settled_);
    }

    void add(const Tally& more) {
        settled_ += more.deliveries;
        for (auto& each : report_.ended) {
            if (each.kind == more.kind && each.channel == more.channel &&
                each.reason == more.reason) {
                each.deliveries += more.deliveries;
                return;
            }
        }
        report_.ended.push_back(more);
    }

    Clock::time_point next_moment() const {
        auto next = Clock::now() + flush_within;
        for (const auto& lane : lanes_) {
            for (const auto& each : {std::optional{lane.may_send_at}, lane.look_at}) {
                if (each && *each > Clock::now()) next = std::min(next, *each);
            }
        }
        return next;
    }

    http::Client& client_;
    Outbox& outbox_;
    Instant began_;
    const DispatchWatch& watch_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point renewed_at_ = Clock::now();
    std::mt19937_64 random_{std::random_device{}()};
    std::deque<LaneState> lanes_;  // answered() holds on to them
    std::vector<Result> results_;  // not recorded yet
    std::vector<Taken> unsent_;    // to be given back
    std::size_t recording_ = 0;
    std::int64_t settled_ = 0;
    DispatchReport report_;
    std::future<Exchanged> exchange_;
    std::jthread worker_;  // last: it is waited for before the rest goes
};

}  // namespace

DispatchReport dispatch(http::Client& client, Outbox& outbox, const std::vector<Lane>& lanes,
                        Instant now, const std::stop_token& stop, const DispatchWatch& watch) {
    return Dispatcher{client, outbox, lanes, now, watch}.run(stop);
}

}  // namespace nightshift::notifications
