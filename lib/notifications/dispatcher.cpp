#include "notifications/dispatcher.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "costs/dialling.hpp"
#include "notifications/lane_state.hpp"

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
constexpr auto patience = 60s;                // for a retry, in this run
constexpr auto patience_with_provider = 15s;  // that is left alone
constexpr auto look_again = 500ms;            // for what falls due
constexpr auto renew_every = 30s;
constexpr auto try_again_after = 2s;  // where the outbox cannot be written to
constexpr int most_failed_takes = 3;
constexpr auto longest_pause = 15min;  // before a retry
constexpr auto put_back_for = 15min;   // after a config

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
            if (stop.stop_requested() || (watch_.enough && watch_.enough()) || must_end())
                begin_to_end();
            if (watch_.until && Clock::now() >= *watch_.until) client_.end_all("out of time");
            if (exchange_.valid() && exchange_.wait_for(0s) == std::future_status::ready) collect();
            if (!exchange_.valid()) {
                if (is_over()) break;
                if (Clock::now() >= exchange_not_before_) begin_exchange();
            }
            if (!is_ending_ && !outbox_error_)
                send_what_may_go();  // while the next exchange is on its way
            client_.turn(next_moment());
        }
        for (auto& lane : lanes_) {
            if (lane.breaker.is_broken())
                report_.broken.push_back(lane.it.provider->name());
            else if (lane.breaker.is_open(Clock::now()))
                report_.open.push_back(lane.it.provider->name());
        }
        if (ended_by_) std::rethrow_exception(ended_by_);
        return std::move(report_);
    }

  private:
    Instant now() const {
        return began_ +
               std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_);
    }

    // Another run has taken over: what is on the wire is still to be written down.
    bool must_end() {
        if (ended_by_ || !watch_.check) return ended_by_ != nullptr;
        try {
            watch_.check();
        } catch (const Error&) {
            ended_by_ = std::current_exception();
        }
        return ended_by_ != nullptr;
    }

    // Nothing more is begun, and what was taken goes back.
    void begin_to_end() {
        if (!is_ending_) {
            is_ending_ = true;
            report_.is_cut_short =
                std::any_of(lanes_.begin(), lanes_.end(), [](const LaneState& lane) {
                    return !lane.ready.empty() || !lane.is_empty || lane.look_at;
                });
        }
        for (auto& lane : lanes_) give_back(lane);
    }

    bool is_over() const {
        const bool is_idle = std::all_of(lanes_.begin(), lanes_.end(),
                                         [](const LaneState& lane) { return lane.held() == 0; });
        if (!is_idle) return false;
        if (!results_.empty() || !unsent_.empty()) return has_given_up_;
        const auto soon = Clock::now() + patience_with_provider;
        return is_ending_ || std::all_of(lanes_.begin(), lanes_.end(), [&](const LaneState& lane) {
                   if (lane.is_empty && !lane.look_at) return true;
                   return lane.breaker.is_broken() || lane.breaker.next_try() > soon;
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
        if (taken.message.expires_at <= now()) {
            unsent_.push_back(std::move(taken));  // it has expired when it is looked at again
            return;
        }
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
        wire_.insert(taken.key);
        ++report_.calls;
        taken.message.now = now();
        const auto held = std::make_shared<Taken>(std::move(taken));
        try {
            lane.it.provider->send(held->message, [this, &lane, held](const Receipt& receipt) {
                answered(lane, std::move(*held), receipt);
            });
        } catch (const Error& error) {  // before anything was on the wire
            answered(lane, std::move(*held),
                     {.outcome = Class::config, .code = error.what(), .why = error.cause});
        }
    }

    void answered(LaneState& lane, Taken taken, const Receipt& receipt) {
        --lane.on_the_wire;
        wire_.erase(taken.key);
        ++lane.answered;
        lane.breaker.note(receipt, Clock::now());
        if (receipt.is_of_country) {
            const auto country = costs::country_of(taken.message.address);
            if (lane.closed_countries.insert(country).second)
                report_.closed.push_back("sms/" + country);
        }
        Result result{std::move(taken), lane.it.provider->name(), receipt, {}};
        if (receipt.outcome == Class::retry)
            result.retry_at = now() + pause_before(result.taken, receipt);
        if (receipt.outcome == Class::config) result.retry_at = now() + put_back_for;
        if (receipt.outcome == Class::accepted) report_.saved = report_.saved + result.taken.saved;
        if (receipt.outcome != Class::accepted) note(report_.troubles, result);
        if (receipt.outcome == Class::retry && *result.retry_at >= now() + patience)
            ++report_.put_back;
        if (result.retry_at && *result.retry_at < now() + patience) {
            const auto soon = Clock::now() + look_again;
            lane.look_at = lane.look_at ? std::min(*lane.look_at, soon) : soon;
        }
        results_.push_back(std::move(result));
    }

    // Full jitter: random between 0 and base * 2^n, or what the server asks for.
    std::chrono::milliseconds pause_before(const Taken& taken, const Receipt& receipt) {
        if (receipt.retry_after)
            return std::clamp<std::chrono::seconds>(*receipt.retry_after, 1s, longest_pause);
        const auto longest = std::min<std::chrono::milliseconds>(
            500ms * (1 << std::min(taken.retries, 12)), longest_pause);
        return std::chrono::milliseconds{
            std::uniform_int_distribution<std::int64_t>{0, longest.count()}(random_)};
    }

    // What was taken and will not be sent now goes back.
    void give_back(LaneState& lane) {
        if (lane.ready.empty()) return;
        std::move(lane.ready.begin(), lane.ready.end(), std::back_inserter(unsent_));
        lane.ready.clear();
        lane.is_empty = false;
        lane.after = {};
    }

    // Of the room that there is each lane has its share, and what those leave who want less. The
    // results that go along with them leave doubt in the same transaction, and take no room.
    std::vector<Wish> wishes() {
        std::vector<std::pair<int, LaneState*>> wants;
        for (auto& lane : lanes_)
            wants.emplace_back(is_ending_ || outbox_error_ ? 0 : lane.wanted(), &lane);
        std::sort(wants.begin(), wants.end());
        std::vector<Wish> wishes;
        int room = most_in_doubt;
        for (const auto& lane : lanes_) room -= lane.held();
        for (std::size_t i = 0; i < wants.size(); ++i) {
            auto& [want, lane] = wants[i];
            lane->asked_for = std::min(want, room / static_cast<int>(wants.size() - i));
            room -= lane->asked_for;
            if (lane->asked_for > 0)
                wishes.push_back(
                    {lane->it.channel, lane->it.provider->name(), lane->asked_for, lane->after});
        }
        return wishes;
    }

    // All that was taken, wherever it is by now.
    std::vector<Key> held() const {
        std::vector<Key> keys{wire_.begin(), wire_.end()};
        for (const auto& lane : lanes_) {
            for (const auto& each : lane.ready) keys.push_back(each.key);
        }
        for (const auto& each : results_) keys.push_back(each.taken.key);
        for (const auto& each : unsent_) keys.push_back(each.key);
        return keys;
    }

    void begin_exchange() {
        const auto at = now();
        Exchange next{.results = {},
                      .unsent = {},
                      .wishes = wishes(),
                      .must_renew = Clock::now() > renewed_at_ + renew_every,
                      .now = at,
                      .patience_until = at + patience};
        if (results_.empty() && unsent_.empty() && next.wishes.empty() && !next.must_renew &&
            !outbox_error_)
            return;
        if (outbox_error_) next.held = held();
        std::swap(next.results, results_);
        std::swap(next.unsent, unsent_);
        for (auto& lane : lanes_) lane.answered = 0;
        asked_at_ = Clock::now();
        asked_ = std::move(next);
        std::packaged_task<Exchanged()> task{[this, must_reconnect = outbox_error_ != nullptr] {
            if (must_reconnect) outbox_.reconnect();
            return outbox_.exchange(asked_);
        }};
        exchange_ = task.get_future();
        worker_ = std::jthread{[this, task = std::move(task)]() mutable {
            task();
            client_.wake();  // when the result is there to be seen
        }};
    }

    // Postgres may come back, and what happened on the wire is to be known then.
    void outbox_failed() {
        results_.insert(results_.begin(), asked_.results.begin(), asked_.results.end());
        unsent_.insert(unsent_.begin(), asked_.unsent.begin(), asked_.unsent.end());
        // What was there to be taken may be what fails.
        if (!asked_.wishes.empty()) ++failed_takes_;
        asked_ = {};
        for (auto& lane : lanes_) lane.asked_for = 0;
        if (!outbox_error_) failing_since_ = Clock::now();
        outbox_error_ = std::current_exception();
        exchange_not_before_ = Clock::now() + try_again_after;
        if (failed_takes_ >= most_failed_takes) ended_by_ = outbox_error_;
        if (Clock::now() < failing_since_ + patience) return;
        has_given_up_ = true;
        ended_by_ = outbox_error_;
    }

    void collect() {
        Exchanged exchanged;
        try {
            exchanged = exchange_.get();
        } catch (const Error& error) {
            log::warning("the outbox cannot be written to, and is tried again",
                         {{"why", error.what()}, {"cause", error.cause}});
            outbox_failed();
            return;
        }
        if (outbox_error_) {  // others may have been taken, and were given back
            for (auto& lane : lanes_) lane.is_empty = false;
        }
        outbox_error_ = nullptr;
        if (!asked_.wishes.empty()) failed_takes_ = 0;
        if (asked_.must_renew) renewed_at_ = asked_at_;
        asked_ = {};
        for (const auto& each : exchanged.ended) {
            add(report_.ended, each);
            settled_ += each.deliveries;
        }
        report_.added += exchanged.added;
        report_.of_others += exchanged.of_others;
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
                // A retry that came meanwhile is not in the outbox yet.
                if (lane.look_at && *lane.look_at < asked_at_ + look_again) lane.look_at.reset();
                if (const auto next = exchanged.next_due.find(lane.it.channel);
                    lane.is_empty && next != exchanged.next_due.end()) {
                    const auto due =
                        std::max(Clock::now() + 1ms, start_ + (next->second - began_) + 1ms);
                    lane.look_at = lane.look_at ? std::min(*lane.look_at, due) : due;
                }
                std::move(taken.begin(), taken.end(), std::back_inserter(lane.ready));
                lane.asked_for = 0;
            }
            if (has_email && lane.it.channel == Channel::email) lane.is_empty = false;
        }
        if (watch_.progress) watch_.progress(settled_);
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
    std::set<Key> wire_;           // whose answers are waited for
    std::vector<Result> results_;  // not recorded yet
    std::vector<Taken> unsent_;    // to be given back
    Exchange asked_;               // while exchange_ is valid: the worker reads it
    Clock::time_point asked_at_{};
    Clock::time_point exchange_not_before_{};
    Clock::time_point failing_since_{};
    std::exception_ptr outbox_error_;  // of the last exchange
    std::exception_ptr ended_by_;
    int failed_takes_ = 0;  // in a row
    bool is_ending_ = false;
    bool has_given_up_ = false;
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
