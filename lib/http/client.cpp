#include "http/client.hpp"

#include "base/error.hpp"
#include "http/exchange.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

namespace nightshift::http {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

// What is done beside the loop.
struct Task {
    std::function<void()> work;
    std::function<void(std::exception_ptr)> then;
    std::exception_ptr failure = {};
};

// Threads that are started when there is something to do.
class Workers {
  public:
    explicit Workers(std::function<void()> wake) : wake_{std::move(wake)} {}
    ~Workers() {
        const std::scoped_lock lock{mutex_};
        has_ended_ = true;
        changed_.notify_all();
    }

    void add(Task task) {
        const std::scoped_lock lock{mutex_};
        waiting_.push_back(std::move(task));
        if (threads_.size() < most && threads_.size() < waiting_.size() + busy_)
            threads_.emplace_back([this] { work(); });
        changed_.notify_all();
    }

    std::deque<Task> take_done() {
        const std::scoped_lock lock{mutex_};
        return std::exchange(done_, {});
    }

    // What has not begun has failed; what has comes to its end.
    std::deque<Task> end_all(const std::string& why) {
        std::unique_lock lock{mutex_};
        for (auto& each : waiting_) {
            each.failure = std::make_exception_ptr(Error{Failure::unavailable, why});
            done_.push_back(std::move(each));
        }
        waiting_.clear();
        changed_.wait(lock, [this] { return busy_ == 0; });
        return std::exchange(done_, {});
    }

    void abandon() {
        std::unique_lock lock{mutex_};
        waiting_.clear();
        changed_.wait(lock, [this] { return busy_ == 0; });
        done_.clear();
    }

    std::size_t open() const {
        const std::scoped_lock lock{mutex_};
        return waiting_.size() + busy_ + done_.size();
    }

  private:
    static constexpr std::size_t most = 4;

    void work() {
        std::unique_lock lock{mutex_};
        while (true) {
            changed_.wait(lock, [this] { return has_ended_ || !waiting_.empty(); });
            if (has_ended_) return;
            auto task = std::move(waiting_.front());
            waiting_.pop_front();
            ++busy_;
            lock.unlock();
            try {
                task.work();
            } catch (...) {
                task.failure = std::current_exception();
            }
            lock.lock();
            --busy_;
            done_.push_back(std::move(task));
            changed_.notify_all();
            wake_();
        }
    }

    std::function<void()> wake_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> waiting_;
    std::deque<Task> done_;
    std::size_t busy_ = 0;
    bool has_ended_ = false;
    std::vector<std::jthread> threads_;  // last: they use the rest
};

}  // namespace

std::optional<Instant> parse_date(const std::string& text) {
    const auto seconds = curl_getdate(text.c_str(), nullptr);
    if (seconds < 0) return std::nullopt;
    return Instant{std::chrono::seconds{seconds}};
}

class Client::Loop {
  public:
    explicit Loop(ClientOptions options)
        : options_{std::move(options)},
          random_{options_.seed ? *options_.seed : std::random_device{}()} {
        static const bool is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
        multi_.reset(curl_multi_init());
        if (!is_ready || !multi_) throw Error{Failure::internal, "libcurl does not start"};
    }

    ~Loop() {
        mail_sockets_.cut();
        for (const auto& each : on_the_wire_)
            curl_multi_remove_handle(multi_.get(), each->easy.get());
    }

    void add(Request request, Done done) {
        auto exchange = std::make_unique<Exchange>();
        exchange->request = std::move(request);
        exchange->done = std::move(done);
        waiting_.emplace(Clock::time_point::min(), std::move(exchange));
    }

    void work(Task task) { workers_.add(std::move(task)); }

    void run(const std::stop_token& stop, std::optional<Clock::time_point> until) {
        const std::stop_callback stopped{stop, [this] { wake(); }};
        while (open() > 0) {
            if (stop.stop_requested() || (until && Clock::now() >= *until)) {
                end_all(stop.stop_requested() ? "stopped" : "out of time");
                continue;
            }
            turn(until.value_or(Clock::time_point::max()));
        }
    }

    void turn(Clock::time_point until) {
        const bool was_worked = tell(workers_.take_done());
        begin_what_is_due();
        int running = 0;
        curl_multi_perform(multi_.get(), &running);
        if (!settle_what_is_done() && !was_worked)
            curl_multi_poll(multi_.get(), nullptr, 0, pause(until), nullptr);
    }

    void wake() { curl_multi_wakeup(multi_.get()); }
    void end_all(const std::string& why) {
        while (workers_.open() > 0) tell(workers_.end_all(why));  // what is told may begin more
        auto waiting = std::move(waiting_);
        waiting_.clear();
        while (!on_the_wire_.empty()) {
            auto exchange = take_off_the_wire(*on_the_wire_.front());
            exchange->note_cut(why);
            exchange->done(exchange->response);
        }
        for (auto& [due, exchange] : waiting) {
            // One that was answered, and waits to be repeated, has its last answer.
            if (exchange->response.attempts == 0) {
                exchange->response.outcome = Outcome::stopped;
                exchange->response.why = why;
            }
            exchange->done(exchange->response);
        }
    }

    void abandon() {
        workers_.abandon();
        while (!on_the_wire_.empty()) take_off_the_wire(*on_the_wire_.front());
        waiting_.clear();
        finished_.clear();
    }

    std::size_t open() const { return waiting_.size() + on_the_wire_.size() + workers_.open(); }

  private:
    static bool tell(std::deque<Task> tasks) {
        for (const auto& each : tasks) each.then(each.failure);
        return !tasks.empty();
    }

    void begin_what_is_due() {
        const auto now = Clock::now();
        while (!waiting_.empty() && waiting_.begin()->first <= now &&
               on_the_wire_.size() < options_.concurrency) {
            auto exchange = std::move(waiting_.begin()->second);
            waiting_.erase(waiting_.begin());
            begin(std::move(exchange));
        }
    }

    void begin(std::unique_ptr<Exchange> exchange) {
        auto& it = *exchange;
        it.response = {.attempts = it.response.attempts + 1};
        it.response.why = why_not(it.request);
        if (!it.response.why.empty()) {
            it.response.outcome = Outcome::impossible;
            finished_.push_back(std::move(exchange));
            return;
        }
        prepare(it);
        if (curl_multi_add_handle(multi_.get(), it.easy.get()) != CURLM_OK)
            throw Error{Failure::internal, "libcurl takes no request"};
        on_the_wire_.push_back(std::move(exchange));
    }

    // Most go where the one before them went.
    std::string why_not(const Request& request) {
        const bool is_mail = request.mail.has_value();
        if (auto why = objection(request.headers); !why.empty()) return why;
        if (!allowed_.empty() && request.url == allowed_ && is_mail == allowed_for_mail_) return {};
        auto why = objection(request.url, options_.allow_insecure, is_mail);
        if (why.empty()) {
            allowed_ = request.url;
            allowed_for_mail_ = is_mail;
        }
        return why;
    }

    void prepare(Exchange& it) {
        if (spare_.empty()) {
            it.easy.reset(curl_easy_init());
        } else {
            it.easy = std::move(spare_.back());
            spare_.pop_back();
            curl_easy_reset(it.easy.get());
        }
        it.prepare(options_, mail_sockets_);
    }

    // True where something was done, and the loop should look again before it waits.
    bool settle_what_is_done() {
        int left = 0;
        while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            Exchange* which = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &which);
            const auto code = message->data.result;
            auto exchange = take_off_the_wire(*which);
            exchange->note_result(code);
            auto& outcome = exchange->response.outcome;
            if (outcome == Outcome::not_sent && exchange->may_be_processed)
                outcome = Outcome::unknown;
            exchange->may_be_processed = outcome == Outcome::unknown;
            finished_.push_back(std::move(exchange));
        }
        const bool any = !finished_.empty();
        while (!finished_.empty()) {
            auto exchange = std::move(finished_.front());
            finished_.pop_front();
            if (exchange->easy) spare_.push_back(std::move(exchange->easy));
            if (!repeat_later(exchange)) exchange->done(exchange->response);
        }
        return any;
    }

    std::unique_ptr<Exchange> take_off_the_wire(const Exchange& which) {
        const auto found =
            std::find_if(on_the_wire_.begin(), on_the_wire_.end(),
                         [&which](const auto& each) { return each.get() == &which; });
        auto exchange = std::move(*found);
        on_the_wire_.erase(found);
        curl_multi_remove_handle(multi_.get(), exchange->easy.get());
        return exchange;
    }

    bool repeat_later(std::unique_ptr<Exchange>& exchange) {
        auto& it = *exchange;
        const auto& retry = it.request.retry;
        const auto asked = it.response.retry_after.value_or(std::chrono::seconds{0});
        if (it.response.attempts > retry.most || !may_be_repeated(it.response, retry) ||
            asked > retry.longest_wait)
            return false;
        const auto doublings = std::min(it.response.attempts - 1, 20);
        const auto longest = std::min(retry.cap, retry.base * (1 << doublings));
        const Milliseconds jitter{
            std::uniform_int_distribution<std::int64_t>{0, longest.count()}(random_)};
        waiting_.emplace(Clock::now() + std::max<Clock::duration>(asked, jitter),
                         std::move(exchange));
        return true;
    }

    int pause(Clock::time_point until) const {
        auto next = std::min(Clock::now() + std::chrono::seconds{1}, until);
        if (on_the_wire_.size() < options_.concurrency && !waiting_.empty())
            next = std::min(next, waiting_.begin()->first);
        const auto left = std::chrono::ceil<Milliseconds>(next - Clock::now()).count();
        return static_cast<int>(std::max<std::int64_t>(left, 0));
    }

    ClientOptions options_;
    std::mt19937_64 random_;
    MailSockets mail_sockets_;  // before multi_, which closes them
    std::unique_ptr<CURLM, FreeMulti> multi_;
    std::multimap<Clock::time_point, std::unique_ptr<Exchange>> waiting_;  // not before
    std::vector<std::unique_ptr<Exchange>> on_the_wire_;
    std::deque<std::unique_ptr<Exchange>> finished_;
    std::vector<Easy> spare_;
    std::string allowed_;  // the url that was looked at last
    bool allowed_for_mail_ = false;
    Workers workers_{[this] { wake(); }};  // last: its threads end first
};

Client::Client(ClientOptions options) : loop_{std::make_unique<Loop>(std::move(options))} {}
Client::~Client() = default;

void Client::add(Request request, Done done) { loop_->add(std::move(request), std::move(done)); }

void Client::work(std::function<void()> work, std::function<void(std::exception_ptr)> then) {
    loop_->work({std::move(work), std::move(then)});
}

void Client::run(const std::stop_token& stop, std::optional<Clock::time_point> until) {
    loop_->run(stop, until);
}

void Client::turn(Clock::time_point until) { loop_->turn(until); }
void Client::wake() { loop_->wake(); }
void Client::end_all(const std::string& why) { loop_->end_all(why); }
void Client::abandon() { loop_->abandon(); }
std::size_t Client::open() const { return loop_->open(); }

Response Client::fetch(Request request, const std::stop_token& stop) {
    Response response;
    add(std::move(request), [&response](const Response& answer) { response = answer; });
    run(stop);
    return response;
}

}  // namespace nightshift::http
