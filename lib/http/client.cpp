#include "http/client.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <random>

#include <curl/curl.h>

namespace nightshift::http {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// 127.0.0.0/8, ::1 and localhost.
bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "[::1]" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

// What libcurl's result means for who must not send a thing twice.
Outcome outcome_of(CURLcode code, bool was_on_the_wire) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR:
            return Outcome::not_sent;
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
            return Outcome::untrusted;
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
            // It is also what libcurl says of an answer that is no HTTP.
            return was_on_the_wire ? Outcome::unknown : Outcome::impossible;
        case CURLE_SEND_FAIL_REWIND:
            return Outcome::unknown;
        default:
            return was_on_the_wire ? Outcome::unknown : Outcome::not_sent;
    }
}

// RFC 9110, 9.2.2.
bool is_idempotent(const std::string& method) {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
           method == "OPTIONS";
}

bool may_be_repeated(const Response& response, const Retry& retry) {
    if (response.outcome == Outcome::not_sent) return true;
    if (response.outcome == Outcome::unknown) return retry.of_unknown;
    if (response.outcome != Outcome::answered) return false;
    const auto status = response.status;
    return status == 408 || status == 429 || status == 503 ||
           (retry.of_unknown && status >= 500 && status != 501);
}

}  // namespace

std::string objection(const std::string& url, bool allow_insecure) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts{curl_url(), curl_url_cleanup};
    if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
        return "it is no url";
    const auto part = [&parts](CURLUPart which) {
        char* text = nullptr;
        if (curl_url_get(parts.get(), which, &text, 0) != CURLUE_OK) return std::string{};
        std::string copy{text};
        curl_free(text);
        return copy;
    };
    const auto scheme = part(CURLUPART_SCHEME);
    if (scheme == "https") return "";
    if (scheme != "http") return "its scheme is not https";  // which may be half of a secret
    if (allow_insecure || is_loopback(part(CURLUPART_HOST))) return "";
    return "plain http is for loopback alone";
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
        for (const auto& each : on_the_wire_)
            curl_multi_remove_handle(multi_.get(), each->easy.get());
    }

    void add(Request request, Done done) {
        auto exchange = std::make_unique<Exchange>();
        exchange->request = std::move(request);
        exchange->done = std::move(done);
        waiting_.emplace(Clock::time_point::min(), std::move(exchange));
    }

    void run(const std::stop_token& stop, std::optional<Clock::time_point> until) {
        const std::stop_callback wake{stop, [this] { curl_multi_wakeup(multi_.get()); }};
        while (!waiting_.empty() || !on_the_wire_.empty()) {
            if (stop.stop_requested() || (until && Clock::now() >= *until)) {
                end_all(stop.stop_requested() ? "stopped" : "out of time");
                continue;
            }
            begin_what_is_due();
            int running = 0;
            curl_multi_perform(multi_.get(), &running);
            if (settle_what_is_done()) continue;
            curl_multi_poll(multi_.get(), nullptr, 0, pause(until), nullptr);
        }
    }

  private:
    // One request, over all its attempts.
    struct Exchange {
        Request request;
        Done done;
        Response response;
        std::size_t sent = 0;  // of the body
        std::size_t limit = 0;
        std::size_t head = 0;           // of the answer, in bytes
        bool may_be_processed = false;  // by an earlier attempt
        std::unique_ptr<CURL, FreeEasy> easy;
        std::unique_ptr<curl_slist, FreeList> headers;
        std::array<char, CURL_ERROR_SIZE> words{};
    };

    static std::size_t read_body(char* to, std::size_t size, std::size_t count, void* data) {
        auto& it = *static_cast<Exchange*>(data);
        const auto length = std::min(size * count, it.request.body.size() - it.sent);
        std::memcpy(to, it.request.body.data() + it.sent, length);
        it.sent += length;
        return length;
    }

    // Past the limit the rest is read and dropped: the connection stays usable, the status counts.
    static std::size_t keep_body(char* from, std::size_t size, std::size_t count, void* data) {
        auto& it = *static_cast<Exchange*>(data);
        const auto room = it.limit - it.response.body.size();
        it.response.body.append(from, std::min(size * count, room));
        it.response.is_cut = it.response.is_cut || size * count > room;
        return size * count;
    }

    static std::size_t keep_header(char* from, std::size_t size, std::size_t count, void* data) {
        auto& it = *static_cast<Exchange*>(data);
        const std::string_view line{from, size * count};
        it.head += line.size();
        if (it.head > longest_head) return 0;                        // it ends there
        if (line.starts_with("HTTP/")) it.response.headers.clear();  // the last answer's alone
        const auto colon = line.find(':');
        if (colon != std::string_view::npos && it.response.headers.size() < most_headers) {
            it.response.headers.emplace(lowered(line.substr(0, colon)),
                                        trimmed(line.substr(colon + 1)));
        }
        return size * count;
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
        it.response.why = objection(it.request.url, options_.allow_insecure);
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

    void prepare(Exchange& it) {
        if (spare_.empty()) {
            it.easy.reset(curl_easy_init());
        } else {
            it.easy = std::move(spare_.back());
            spare_.pop_back();
            curl_easy_reset(it.easy.get());
        }
        it.sent = 0;
        it.head = 0;
        it.limit = options_.body_limit;
        it.words[0] = '\0';
        auto* easy = it.easy.get();
        const auto set = [easy](CURLoption option, auto value) {
            curl_easy_setopt(easy, option, value);
        };
        set(CURLOPT_URL, it.request.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_USERAGENT, options_.user_agent.c_str());
        set(CURLOPT_ACCEPT_ENCODING, "");
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(it.request.connect_timeout.count()));
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(it.request.timeout.count()));
        // In the clear it would be the proxy's to read.
        if (lowered(it.request.url.substr(0, 5)) == "http:") set(CURLOPT_NOPROXY, "*");
        if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
        set(CURLOPT_ERRORBUFFER, it.words.data());
        set(CURLOPT_WRITEFUNCTION, &keep_body);
        set(CURLOPT_WRITEDATA, &it);
        set(CURLOPT_HEADERFUNCTION, &keep_header);
        set(CURLOPT_HEADERDATA, &it);
        set(CURLOPT_PRIVATE, &it);

        curl_slist* headers = nullptr;
        for (const auto& header : it.request.headers)
            headers = curl_slist_append(headers, header.c_str());
        if (it.request.method == "GET" && it.request.body.empty()) {
            set(CURLOPT_HTTPGET, 1L);
        } else if (it.request.method == "HEAD") {
            set(CURLOPT_NOBODY, 1L);
        } else {
            // By a reader that cannot be rewound: else libcurl would send it again by itself where
            // a connection that was kept open turns out to be closed.
            set(CURLOPT_POST, 1L);
            set(CURLOPT_CUSTOMREQUEST, it.request.method.c_str());
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(it.request.body.size()));
            set(CURLOPT_READFUNCTION, &read_body);
            set(CURLOPT_READDATA, &it);
            headers = curl_slist_append(headers, "Expect:");
            // curl 8 closes the connection on an error that comes before it has asked the reader,
            // though there is nothing to be sent.
            if (it.request.body.empty()) set(CURLOPT_KEEP_SENDING_ON_ERROR, 1L);
            // Nor is there anything to be rewound, and libcurl would send it again.
            if (it.request.body.empty() && !is_idempotent(it.request.method))
                set(CURLOPT_FRESH_CONNECT, 1L);
        }
        it.headers.reset(headers);
        set(CURLOPT_HTTPHEADER, headers);
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
            note_result(*exchange, code);
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
            // After a failure curl 8 keeps, past curl_easy_reset, that a body could not be rewound.
            if (exchange->easy && exchange->response.outcome == Outcome::answered)
                spare_.push_back(std::move(exchange->easy));
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

    static void note_result(Exchange& it, CURLcode code) {
        auto& response = it.response;
        auto* easy = it.easy.get();
        curl_off_t number = 0;
        curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &number);
        response.took = std::chrono::microseconds{number};
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        response.status = static_cast<int>(status);
        number = 0;
        curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &number);
        if (number > 0) response.retry_after = std::chrono::seconds{number};
        if (code == CURLE_OK) {
            response.outcome = Outcome::answered;
            return;
        }
        number = 0;
        curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &number);
        response.outcome = outcome_of(code, number > 0);
        response.why = it.words[0] != '\0' ? it.words.data() : curl_easy_strerror(code);
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

    int pause(std::optional<Clock::time_point> until) const {
        auto wake = Clock::now() + std::chrono::seconds{1};
        if (until) wake = std::min(wake, *until);
        if (on_the_wire_.size() < options_.concurrency && !waiting_.empty())
            wake = std::min(wake, waiting_.begin()->first);
        const auto left = std::chrono::ceil<Milliseconds>(wake - Clock::now()).count();
        return static_cast<int>(std::max<std::int64_t>(left, 0));
    }

    void end_all(const std::string& why) {
        auto waiting = std::move(waiting_);
        waiting_.clear();
        while (!on_the_wire_.empty()) {
            auto exchange = take_off_the_wire(*on_the_wire_.front());
            curl_off_t began = 0;
            curl_easy_getinfo(exchange->easy.get(), CURLINFO_PRETRANSFER_TIME_T, &began);
            exchange->response.outcome = began > 0 ? Outcome::unknown : Outcome::not_sent;
            exchange->response.why = why;
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

    static constexpr std::size_t most_headers = 200;
    static constexpr std::size_t longest_head = 300 * 1024;

    ClientOptions options_;
    std::mt19937_64 random_;
    std::unique_ptr<CURLM, FreeMulti> multi_;
    std::multimap<Clock::time_point, std::unique_ptr<Exchange>> waiting_;  // not before
    std::vector<std::unique_ptr<Exchange>> on_the_wire_;
    std::deque<std::unique_ptr<Exchange>> finished_;
    std::vector<std::unique_ptr<CURL, FreeEasy>> spare_;
};

Client::Client(ClientOptions options) : loop_{std::make_unique<Loop>(std::move(options))} {}
Client::~Client() = default;

void Client::add(Request request, Done done) { loop_->add(std::move(request), std::move(done)); }

void Client::run(const std::stop_token& stop, std::optional<Clock::time_point> until) {
    loop_->run(stop, until);
}

Response Client::fetch(Request request, const std::stop_token& stop) {
    Response response;
    add(std::move(request), [&response](const Response& answer) { response = answer; });
    run(stop);
    return response;
}

}  // namespace nightshift::http
