#include "redis/connection.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace nightshift::redis {
namespace {

constexpr std::string_view oldest_supported = "6.2";

void append_number(std::string& out, char type, std::size_t number) {
    out += type;
    out += std::to_string(number);
    out += "\r\n";
}

// The socket, connected or on its way; -1 with errno where it cannot even begin.
int begin_connect(int family, const sockaddr* address, socklen_t length) {
    const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (family != AF_UNIX) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    if (::connect(fd, address, length) == 0 || errno == EINPROGRESS) return fd;
    const int why = errno;
    ::close(fd);
    errno = why;
    return -1;
}

// 0, or the errno of a connect that did not come about in time.
int finish_connect(int fd, std::chrono::milliseconds timeout) {
    pollfd ready{fd, POLLOUT, 0};
    const int count = ::poll(&ready, 1, static_cast<int>(timeout.count()));
    if (count == 0) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
}

// "6.2.14" is at least "6.2".
bool at_least(std::string_view version, std::string_view floor) {
    while (!floor.empty()) {
        const auto number = [](std::string_view& text) {
            const auto dot = text.find('.');
            const auto value = parse_integer<int>(text.substr(0, dot)).value_or(0);
            text = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
            return value;
        };
        const int have = number(version);
        const int want = number(floor);
        if (have != want) return have > want;
    }
    return true;
}

std::optional<std::string> text_of(const redisReply& reply) {
    if (reply.str == nullptr) return std::nullopt;
    return std::string{reply.str, reply.len};
}

}  // namespace

std::string_view info_value(std::string_view info, std::string_view name) {
    const auto start = info.find(name);
    if (start == std::string_view::npos) return {};
    const auto value = info.substr(start + name.size());
    return value.substr(0, value.find_first_of("\r\n"));
}

void Reply::Free::operator()(redisReply* reply) const { freeReplyObject(reply); }
void Connection::FreeReader::operator()(redisReader* reader) const { redisReaderFree(reader); }

bool Reply::is_nil() const { return reply_->type == REDIS_REPLY_NIL; }
bool Reply::is_error() const { return reply_->type == REDIS_REPLY_ERROR; }

std::string_view Reply::text() const {
    if (reply_->str == nullptr) return {};
    return {reply_->str, reply_->len};
}

std::optional<std::string> Reply::text_or_nil() const {
    if (is_nil()) return std::nullopt;
    return std::string{text()};
}

std::int64_t Reply::integer() const {
    if (reply_->type == REDIS_REPLY_INTEGER) return reply_->integer;
    return parse_integer<std::int64_t>(text()).value_or(0);
}

std::size_t Reply::size() const { return reply_->elements; }

std::optional<std::string> Reply::element_text(std::size_t index) const {
    return text_of(*reply_->element[index]);
}

std::string_view Reply::element_error() const {
    for (std::size_t i = 0; i < reply_->elements; ++i) {
        const auto& element = *reply_->element[i];
        if (element.type == REDIS_REPLY_ERROR) return {element.str, element.len};
    }
    return {};
}

std::int64_t Reply::element_integer(std::size_t index) const {
    return reply_->element[index]->integer;
}

std::vector<std::optional<std::string>> Reply::nested_texts(std::size_t index) const {
    const auto& array = *reply_->element[index];
    std::vector<std::optional<std::string>> texts;
    for (std::size_t i = 0; i < array.elements; ++i) texts.push_back(text_of(*array.element[i]));
    return texts;
}

Connection::Connection(const Address& address, std::chrono::milliseconds timeout)
    : timeout_{timeout}, where_{address.where()}, reader_{redisReaderCreate()} {
    try {
        connect(address);
        if (!address.password.empty() && address.user.empty()) {
            command({"AUTH", address.password});
        } else if (!address.user.empty()) {
            command({"AUTH", address.user, address.password});
        }
        if (address.database != 0) command({"SELECT", std::to_string(address.database)});
        const auto info = try_command({"INFO", "server"});
        if (info.is_error() && !info.text().starts_with("NOPERM")) refuse(info.text());
        const auto version = info_value(info.text(), "redis_version:");
        if (!info.is_error() && !at_least(version, oldest_supported)) {
            throw Error{Failure::configuration, "Redis at " + where_ + " is too old",
                        "it is version " + std::string{version} + ", the oldest that works is " +
                            std::string{oldest_supported},
                        "upgrade the server"};
        }
    } catch (...) {
        if (socket_ >= 0) ::close(socket_);
        throw;
    }
}

Connection::~Connection() {
    if (socket_ >= 0) ::close(socket_);
}

void Connection::connect(const Address& address) {
    const auto fail = [this](const std::string& why) {
        throw Error{Failure::unavailable, "cannot connect to Redis at " + where_, why,
                    "see that the server runs and that REDIS_URL is right"};
    };
    if (!address.socket_path.empty()) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        if (address.socket_path.size() >= sizeof name.sun_path)
            fail("the socket's path is too long");
        std::memcpy(name.sun_path, address.socket_path.c_str(), address.socket_path.size() + 1);
        socket_ = begin_connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&name), sizeof name);
        const int error = socket_ < 0 ? errno : finish_connect(socket_, timeout_);
        if (error != 0) fail(std::generic_category().message(error));
        return;
    }

    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &wanted, &found);
    if (code != 0) fail(::gai_strerror(code));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned{found, &::freeaddrinfo};
    int error = 0;
    for (const auto* each = found; each != nullptr; each = each->ai_next) {
        socket_ = begin_connect(each->ai_family, each->ai_addr, each->ai_addrlen);
        error = socket_ < 0 ? errno : finish_connect(socket_, timeout_);
        if (error == 0) return;
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    fail(std::generic_category().message(error));
}

Reply Connection::try_command(const Arguments& arguments) {
    append(arguments);
    for (;;) {
        while (auto reply = take_reply()) {
            if (--outstanding_ == 0) return std::move(*reply);
        }
        if (!write_some() && !read_some()) wait(written_ < out_.size() ? POLLIN | POLLOUT : POLLIN);
    }
}

Reply Connection::command(const Arguments& arguments) {
    auto reply = try_command(arguments);
    if (reply.is_error()) refuse(reply.text());
    return reply;
}

void Connection::append(const Arguments& arguments) {
    if (!lost_because_.empty()) lost(lost_because_);
    append_number(out_, '*', arguments.size());
    for (const auto argument : arguments) {
        append_number(out_, '$', argument.size());
        out_ += argument;
        out_ += "\r\n";
    }
    ++outstanding_;
}

void Connection::drain(std::size_t left, const std::function<void(Reply)>& on_reply) {
    if (!lost_because_.empty()) lost(lost_because_);
    std::string first_error;
    for (;;) {
        while (auto reply = take_reply()) {
            --outstanding_;
            if (reply->is_error()) {
                if (first_error.empty()) first_error = reply->text();
            } else if (on_reply) {
                on_reply(std::move(*reply));
            }
        }
        const bool all_written = written_ == out_.size();
        if (all_written && (outstanding_ == 0 || (outstanding_ <= left && first_error.empty())))
            break;
        if (!write_some() && !read_some()) wait(all_written ? POLLIN : POLLIN | POLLOUT);
    }
    if (!first_error.empty()) refuse(first_error);
}

void Connection::wait(short events) {
    pollfd ready{socket_, events, 0};
    int count = 0;
    do {
        count = ::poll(&ready, 1, static_cast<int>(timeout_.count()));
    } while (count < 0 && errno == EINTR);
    if (count == 0) lost("no answer within " + std::to_string(timeout_.count()) + " ms");
}

// Whether anything moved; what cannot move now is waited for.
bool Connection::write_some() {
    if (written_ == out_.size()) return false;
    const auto count =
        ::send(socket_, out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
    if (count < 0) {
        if (errno == EAGAIN || errno == EINTR) return false;
        lost(std::generic_category().message(errno));
    }
    written_ += static_cast<std::size_t>(count);
    if (written_ == out_.size()) {
        out_.clear();
        written_ = 0;
    }
    return true;
}

bool Connection::read_some() {
    std::array<char, 65'536> buffer;
    const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (count == 0) lost("the server closed the connection");
    if (count < 0) {
        if (errno == EAGAIN || errno == EINTR) return false;
        lost(std::generic_category().message(errno));
    }
    redisReaderFeed(reader_.get(), buffer.data(), static_cast<std::size_t>(count));
    return true;
}

std::optional<Reply> Connection::take_reply() {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
        lost(std::string{"its answer is no RESP: "} + reader_->errstr);
    }
    if (reply == nullptr) return std::nullopt;
    return Reply{static_cast<redisReply*>(reply)};
}

void Connection::lost(const std::string& why) {
    lost_because_ = why;
    throw Error{Failure::unavailable, "lost Redis at " + where_, why,
                "see that the server runs; what was published before is still whole"};
}

void Connection::refuse(std::string_view error_reply) const {
    const auto starts = [error_reply](std::string_view word) {
        return error_reply.starts_with(word);
    };
    const std::string words{error_reply};
    if (starts("WRONGPASS") || starts("NOAUTH") || starts("ERR AUTH") ||
        starts("ERR invalid password") || starts("ERR DB index")) {
        throw Error{Failure::configuration, "Redis at " + where_ + " does not let us in", words,
                    "correct user, password and database in REDIS_URL"};
    }
    if (starts("WRONGTYPE")) {
        throw Error{Failure::configuration, "Redis at " + where_ + " holds a key that is not ours",
                    words, "give boards a database of their own in REDIS_URL, or delete the key"};
    }
    // Inside a script the server wraps such words, each version in its own way.
    const auto says = [error_reply](std::string_view part) {
        return error_reply.find(part) != std::string_view::npos;
    };
    if (says("NOPERM") || says("can't run this command") || says("has no permissions") ||
        starts("ERR unknown command") || says("not allowed in cluster mode") || starts("MOVED") ||
        starts("ASK ")) {
        throw Error{Failure::configuration, "Redis at " + where_ + " does not permit a command",
                    words, "grant it to the user of REDIS_URL, or name another server there"};
    }
    if (starts("OOM") || says(" -OOM ")) {
        throw Error{Failure::unavailable, "Redis at " + where_ + " is out of memory", words,
                    "raise maxmemory or free some; what was published before is still whole"};
    }
    const bool takes_no_writes = starts("READONLY") || starts("MISCONF") || starts("NOREPLICAS");
    if (takes_no_writes || starts("LOADING") || starts("BUSY") || starts("MASTERDOWN") ||
        starts("ERR max number of clients") || starts("CLUSTERDOWN")) {
        throw Error{
            Failure::unavailable,
            "Redis at " + where_ + (takes_no_writes ? " takes no writes now" : " is not ready"),
            words, "mend what the server names and try again"};
    }
    throw Error{Failure::internal, "Redis at " + where_ + " refused a command", words,
                "this is a bug in nightshift: report it with the run id"};
}

}  // namespace nightshift::redis
