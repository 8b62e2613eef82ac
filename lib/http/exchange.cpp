#include "http/exchange.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstring>

#include <sys/socket.h>
#include <unistd.h>

namespace nightshift::http {
namespace {

constexpr std::size_t most_headers = 200;
constexpr std::size_t longest_head = 300 * 1024;
constexpr std::size_t large_body = std::size_t{4} << 20;  // of which there are few at once
constexpr long large_body_at_once = 512 * 1024;           // in place of libcurl's 64 KiB
constexpr curl_off_t longest_retry_after = 86'400;        // s; what is more is as much to us

// 127.0.0.0/8, ::1 and localhost.
bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "[::1]" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

std::string part_of(const std::string& url, CURLUPart which) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts{curl_url(), curl_url_cleanup};
    if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
    char* text = nullptr;
    if (curl_url_get(parts.get(), which, &text, 0) != CURLUE_OK) return {};
    std::string copy{text};
    curl_free(text);
    return copy;
}

// What libcurl's result means for who must not send a thing twice.
Outcome outcome_of(CURLcode code, bool was_on_the_wire) {
    if (was_on_the_wire) return Outcome::unknown;
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_USE_SSL_FAILED:
            return Outcome::untrusted;
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
            return Outcome::impossible;
        default:
            return Outcome::not_sent;
    }
}

// RFC 9110, 9.2.2.
bool is_idempotent(const std::string& method) {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
           method == "OPTIONS";
}

// Asked before a request goes out. Once more of the same is libcurl's own doing, where a connection
// that was kept open turned out to be closed: whether it may come twice is not for libcurl to say.
int may_send(void* data, char*, char*, int, int) {
    auto& it = *static_cast<Exchange*>(data);
    if (it.was_sent && !is_idempotent(it.request.method)) return CURL_PREREQFUNC_ABORT;
    it.was_sent = true;
    return CURL_PREREQFUNC_OK;
}

// Of a mail.
std::size_t read_body(char* to, std::size_t size, std::size_t count, void* data) {
    auto& it = *static_cast<Exchange*>(data);
    const auto length = std::min(size * count, it.request.body.bytes().size() - it.sent);
    std::memcpy(to, it.request.body.bytes().data() + it.sent, length);
    it.sent += length;
    return length;
}

// Past the limit the rest is read and dropped: the connection stays usable, the status counts.
std::size_t keep_body(char* from, std::size_t size, std::size_t count, void* data) {
    auto& it = *static_cast<Exchange*>(data);
    const auto room = it.limit - it.response.body.size();
    it.response.body.append(from, std::min(size * count, room));
    it.response.is_cut = it.response.is_cut || size * count > room;
    return size * count;
}

std::size_t keep_header(char* from, std::size_t size, std::size_t count, void* data) {
    auto& it = *static_cast<Exchange*>(data);
    const std::string_view line{from, size * count};
    it.head += line.size();
    if (it.head > longest_head) return 0;                        // it ends there
    if (line.starts_with("HTTP/")) it.response.headers.clear();  // the last answer's alone
    // 221 is its goodbye, and answers nothing that came before.
    if (it.request.mail && !line.starts_with("221")) {
        it.response.last_line = trimmed(line);
        if (it.is_last_answer(line)) it.wait_for_goodbye();
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && it.response.headers.size() < most_headers) {
        it.response.headers.emplace(lowered(line.substr(0, colon)),
                                    trimmed(line.substr(colon + 1)));
    }
    return size * count;
}

// Which command the mail server was given last: its first word alone, as others hold secrets.
int note_command(CURL*, curl_infotype type, char* text, std::size_t size, void* data) {
    if (type != CURLINFO_HEADER_OUT) return 0;
    const std::string_view line{text, size};
    const auto word = std::string{line.substr(0, line.find_first_of(" \r\n:"))};
    const bool is_command =
        std::all_of(word.begin(), word.end(), [](unsigned char c) { return c >= 'A' && c <= 'Z'; });
    auto& response = static_cast<Exchange*>(data)->response;
    if (!word.empty() && is_command && word != "QUIT") response.last_command = word;
    response.was_logged_in = response.was_logged_in || word == "AUTH";
    return 0;
}

template <typename Value>
void set(const Easy& easy, CURLoption option, Value value) {
    curl_easy_setopt(easy.get(), option, value);
}

// The server's own, which stands before those of its authorities; libcurl has it as OpenSSL prints
// it: "Expire date:Dec  1 10:00:00 2026 GMT".
std::optional<Instant> certificate_end(const Easy& easy) {
    constexpr std::string_view label = "Expire date:";
    const curl_certinfo* shown = nullptr;
    curl_easy_getinfo(easy.get(), CURLINFO_CERTINFO, &shown);
    if (shown == nullptr || shown->num_of_certs == 0) return std::nullopt;
    for (const auto* each = shown->certinfo[0]; each != nullptr; each = each->next) {
        const std::string line{each->data};
        if (line.starts_with(label)) return parse_date(line.substr(label.size()));
    }
    return std::nullopt;
}

curl_off_t number_of(const Easy& easy, CURLINFO which) {
    curl_off_t number = 0;
    curl_easy_getinfo(easy.get(), which, &number);
    return number;
}

}  // namespace

std::string objection(const std::string& url, bool allow_insecure, bool is_mail) {
    const auto scheme = part_of(url, CURLUPART_SCHEME);
    if (scheme.empty()) return "it is no url";
    if (is_mail) return scheme == "smtp" || scheme == "smtps" ? "" : "its scheme is not smtp(s)";
    if (scheme == "https") return "";
    if (scheme != "http") return "its scheme is not https";  // which may be half of a secret
    if (allow_insecure || is_loopback(part_of(url, CURLUPART_HOST))) return "";
    return "plain http is for loopback alone";
}

std::string origin(const std::string& url) {
    const auto scheme = part_of(url, CURLUPART_SCHEME);
    const auto host = part_of(url, CURLUPART_HOST);
    const auto port = part_of(url, CURLUPART_PORT);
    if (scheme.empty() || host.empty()) return {};
    return scheme + "://" + host + (port.empty() ? "" : ":" + port);
}

bool may_be_repeated(const Response& response, const Retry& retry) {
    if (response.outcome == Outcome::not_sent) return true;
    if (response.outcome == Outcome::unknown) return retry.of_unknown;
    if (response.outcome != Outcome::answered) return false;
    const auto status = response.status;
    return status == 408 || status == 429 || status == 503 ||
           (retry.of_unknown && status >= 500 && status != 501);
}

std::string objection(const std::vector<std::string>& headers) {
    for (const auto& header : headers) {
        if (header.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
            return "a header has the end of a line in it";
    }
    return {};
}

void MailSockets::use_for(const Easy& easy) {
    set(easy, CURLOPT_OPENSOCKETFUNCTION, &MailSockets::open);
    set(easy, CURLOPT_OPENSOCKETDATA, this);
    set(easy, CURLOPT_CLOSESOCKETFUNCTION, &MailSockets::close);
    set(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void MailSockets::cut() const {
    for (const auto socket : open_) ::shutdown(socket, SHUT_RDWR);
}

curl_socket_t MailSockets::open(void* data, curlsocktype, curl_sockaddr* address) {
    const auto socket =
        ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket < 0) return CURL_SOCKET_BAD;
    static_cast<MailSockets*>(data)->open_.insert(socket);
    return socket;
}

int MailSockets::close(void* data, curl_socket_t socket) {
    static_cast<MailSockets*>(data)->open_.erase(socket);
    return ::close(socket);
}

void Exchange::prepare(const ClientOptions& options, MailSockets& sockets) {
    sent = 0;
    was_sent = false;
    head = 0;
    limit = options.body_limit;
    words[0] = '\0';
    set(easy, CURLOPT_URL, request.url.c_str());
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    if (!options.ca_file.empty()) set(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    set(easy, CURLOPT_ERRORBUFFER, words.data());
    set(easy, CURLOPT_WRITEFUNCTION, &keep_body);
    set(easy, CURLOPT_WRITEDATA, this);
    set(easy, CURLOPT_HEADERFUNCTION, &keep_header);
    set(easy, CURLOPT_HEADERDATA, this);
    set(easy, CURLOPT_PRIVATE, this);
    if (request.only_connects) set(easy, CURLOPT_CONNECT_ONLY, 1L);
    if (request.wants_certificate) set(easy, CURLOPT_CERTINFO, 1L);
    if (request.mail) {
        prepare_mail(sockets);
    } else {
        set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
        prepare_http();
    }
}

void Exchange::prepare_http() {
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    set(easy, CURLOPT_PATH_AS_IS, 1L);  // it may be signed
    if (request.most_silence.count() > 0) {
        set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);  // byte a second
        set(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.most_silence.count()));
    }
    if (request.most_per_second > 0)
        set(easy, CURLOPT_MAX_SEND_SPEED_LARGE, static_cast<curl_off_t>(request.most_per_second));
    set(easy, CURLOPT_PREREQFUNCTION, &may_send);
    set(easy, CURLOPT_PREREQDATA, this);
    // In the clear it would be the proxy's to read.
    if (lowered(request.url.substr(0, 5)) == "http:") set(easy, CURLOPT_NOPROXY, "*");
    curl_slist* list = nullptr;
    for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
    if (request.method == "GET" && request.body.bytes().empty()) {
        set(easy, CURLOPT_HTTPGET, 1L);
    } else if (request.method == "HEAD") {
        set(easy, CURLOPT_NOBODY, 1L);
    } else {
        set(easy, CURLOPT_POST, 1L);
        set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        set(easy, CURLOPT_POSTFIELDS, request.body.bytes().c_str());
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE,
            static_cast<curl_off_t>(request.body.bytes().size()));
        if (request.body.bytes().size() >= large_body)
            set(easy, CURLOPT_UPLOAD_BUFFERSIZE, large_body_at_once);
        list = curl_slist_append(list, "Expect:");
    }
    headers.reset(list);
    set(easy, CURLOPT_HTTPHEADER, list);
}

void Exchange::prepare_mail(MailSockets& sockets) {
    sockets.use_for(easy);
    const auto& mail = *request.mail;
    set(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(easy, CURLOPT_PROXY, "");
    const bool in_clear = is_loopback(part_of(request.url, CURLUPART_HOST));
    set(easy, CURLOPT_USE_SSL, long{in_clear ? CURLUSESSL_NONE : CURLUSESSL_ALL});
    if (mail.to.empty()) {
        set(easy, CURLOPT_CUSTOMREQUEST, "NOOP");
    } else {
        set(easy, CURLOPT_UPLOAD, 1L);
        set(easy, CURLOPT_READFUNCTION, &read_body);
        set(easy, CURLOPT_READDATA, this);
        set(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.bytes().size()));
        set(easy, CURLOPT_MAIL_FROM, mail.from.c_str());
        recipients.reset(curl_slist_append(nullptr, mail.to.c_str()));
        set(easy, CURLOPT_MAIL_RCPT, recipients.get());
    }
    if (!mail.user.empty()) {
        set(easy, CURLOPT_USERNAME, mail.user.c_str());
        set(easy, CURLOPT_PASSWORD, mail.password.c_str());
    }
    if (mail.is_last_on_connection) set(easy, CURLOPT_FORBID_REUSE, 1L);
    const auto wait = std::chrono::ceil<std::chrono::seconds>(request.timeout);
    set(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(wait.count()));
    set(easy, CURLOPT_VERBOSE, 1L);
    set(easy, CURLOPT_DEBUGFUNCTION, &note_command);
    set(easy, CURLOPT_DEBUGDATA, this);
}

// A refusal, or the word that it is taken: where the connection is not kept libcurl says QUIT.
bool Exchange::is_last_answer(std::string_view line) const {
    const bool is_refusal = line.starts_with("4") || line.starts_with("5");
    return is_refusal || (response.last_command == "DATA" && sent == request.body.bytes().size() &&
                          line.starts_with("250"));
}

// libcurl waits for the answer to QUIT with all else standing still.
void Exchange::wait_for_goodbye() const { set(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, 1L); }

// A mail is, once its end has been sent; libcurl sends that by itself after the body.
bool Exchange::is_on_the_wire() const {
    if (request.mail) return response.last_command == "DATA" && sent == request.body.bytes().size();
    return was_sent;
}

void Exchange::note_result(CURLcode code) {
    response.took = std::chrono::microseconds{number_of(easy, CURLINFO_TOTAL_TIME_T)};
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    if (const auto seconds = number_of(easy, CURLINFO_RETRY_AFTER); seconds > 0)
        response.retry_after = std::chrono::seconds{std::min(seconds, longest_retry_after)};
    if (request.wants_certificate) response.certificate_ends = certificate_end(easy);
    // A mail server's refusal is an answer, whatever libcurl calls it.
    const bool is_refusal = request.mail && status >= 400 && code != CURLE_OPERATION_TIMEDOUT;
    if (code == CURLE_OK || is_refusal) {
        response.outcome = Outcome::answered;
        return;
    }
    response.outcome = outcome_of(code, is_on_the_wire());
    response.why = code == CURLE_ABORTED_BY_CALLBACK ? "the connection was closed without an answer"
                   : words[0] != '\0'                ? words.data()
                                                     : curl_easy_strerror(code);
}

void Exchange::note_cut(const std::string& why) {
    response.outcome = is_on_the_wire() ? Outcome::unknown : Outcome::not_sent;
    response.why = why;
}

}  // namespace nightshift::http
