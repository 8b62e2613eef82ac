#include "redis/transport.hpp"

#include "base/certificate.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace nightshift::redis {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

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
int finish_connect(int fd, milliseconds timeout) {
    pollfd ready{fd, POLLOUT, 0};
    const int count = ::poll(&ready, 1, static_cast<int>(timeout.count()));
    if (count == 0) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
}

[[noreturn]] void fail(const Address& address, const std::string& why) {
    throw Error{Failure::unavailable, "cannot connect to Redis at " + address.where(), why,
                "see that the server runs and that REDIS_URL is right"};
}

// OpenSSL's own words for what went wrong last.
std::string tls_words() {
    const auto code = ERR_peek_last_error();
    const char* words = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return words != nullptr ? words : "the handshake failed";
}

[[noreturn]] void refuse_file(const std::string& setting, const std::string& path) {
    throw Error{Failure::configuration, "the file of " + setting + " cannot be used",
                path + ": " + tls_words(), "it must be PEM, and readable to this user"};
}

bool is_ip_address(const std::string& host) {
    in6_addr ignored{};
    return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

}  // namespace

void Transport::FreeSsl::operator()(ssl_st* ssl) const {
    SSL_shutdown(ssl);
    SSL_free(ssl);
}
void Transport::FreeContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
Transport::Socket::~Socket() {
    if (descriptor >= 0) ::close(descriptor);
}

Transport::Transport(const Address& address, milliseconds timeout) {
    connect(address, timeout);
    if (address.tls) secure(address, timeout);
}

Transport::~Transport() = default;

void Transport::connect(const Address& address, milliseconds timeout) {
    auto& fd = socket_.descriptor;
    if (!address.socket_path.empty()) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        if (address.socket_path.size() >= sizeof name.sun_path)
            fail(address, "the socket's path is too long");
        std::memcpy(name.sun_path, address.socket_path.c_str(), address.socket_path.size() + 1);
        fd = begin_connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&name), sizeof name);
        const int error = fd < 0 ? errno : finish_connect(fd, timeout);
        if (error != 0) fail(address, std::generic_category().message(error));
        return;
    }

    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &wanted, &found);
    if (code != 0) fail(address, ::gai_strerror(code));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned{found, &::freeaddrinfo};
    int error = 0;
    for (const auto* each = found; each != nullptr; each = each->ai_next) {
        fd = begin_connect(each->ai_family, each->ai_addr, each->ai_addrlen);
        error = fd < 0 ? errno : finish_connect(fd, timeout);
        if (error == 0) return;
        if (fd >= 0) ::close(fd);
        fd = -1;
    }
    fail(address, std::generic_category().message(error));
}

void Transport::secure(const Address& address, milliseconds timeout) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    auto* context = context_.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    const auto& files = address.files;
    if (files.certificate.empty() != files.key.empty()) {
        throw Error{Failure::configuration,
                    "REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE belong together", "one is not set",
                    "set both or none"};
    }
    if (files.authority.empty()) {
        SSL_CTX_set_default_verify_paths(context);
    } else if (SSL_CTX_load_verify_locations(context, files.authority.c_str(), nullptr) != 1) {
        refuse_file("REDIS_TLS_CA_FILE", files.authority);
    }
    if (!files.certificate.empty() &&
        SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        refuse_file("REDIS_TLS_CERT_FILE", files.certificate);
    if (!files.key.empty() &&
        SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        refuse_file("REDIS_TLS_KEY_FILE", files.key);

    ssl_.reset(SSL_new(context));
    SSL_set_fd(ssl_.get(), socket_.descriptor);
    auto* wanted = SSL_get0_param(ssl_.get());
    if (is_ip_address(address.host)) {
        X509_VERIFY_PARAM_set1_ip_asc(wanted, address.host.c_str());
    } else {
        X509_VERIFY_PARAM_set1_host(wanted, address.host.c_str(), 0);
        SSL_set_tlsext_host_name(ssl_.get(), address.host.c_str());
    }
    const auto until = Clock::now() + timeout;
    while (true) {
        const int result = SSL_connect(ssl_.get());
        if (result == 1) return;
        const int state = SSL_get_error(ssl_.get(), result);
        if (state != SSL_ERROR_WANT_READ && state != SSL_ERROR_WANT_WRITE) break;
        read_waits_for_ = state == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
        if (left.count() <= 0 || !wait(false, left))
            fail(address, "no TLS handshake in the time; is it a TLS port?");
    }
    const auto verdict = SSL_get_verify_result(ssl_.get());
    if (verdict != X509_V_OK) {
        const std::string words = X509_verify_cert_error_string(verdict);
        ERR_clear_error();
        throw Error{
            Failure::configuration,
            "the certificate of Redis at " + address.where() + " is not to be trusted", words,
            "name its authority's certificate in REDIS_TLS_CA_FILE, and the host in REDIS_URL "
            "as the certificate has it"};
    }
    fail(address, "TLS: " + tls_words() + "; is it a TLS port?");
}

std::optional<Instant> Transport::certificate_ends() const {
    return ssl_ ? certificate_end(ssl_.get()) : std::nullopt;
}

std::size_t Transport::result_of(int result, short& waits_for) {
    waits_for = 0;
    if (result > 0) return static_cast<std::size_t>(result);
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            waits_for = POLLIN;
            return 0;
        case SSL_ERROR_WANT_WRITE:
            waits_for = POLLOUT;
            return 0;
        case SSL_ERROR_ZERO_RETURN:
            throw std::runtime_error{"the server closed the connection"};
        case SSL_ERROR_SYSCALL:
            if (errno != 0) throw std::system_error{errno, std::generic_category()};
            throw std::runtime_error{"the server closed the connection"};
        default: {
            // TLS 1.3 tells only now that a client's certificate was wanted, or refused.
            auto words = tls_words();
            if (words.find("unexpected eof") != std::string::npos)
                words = "the server closed the connection";
            throw std::runtime_error{words};
        }
    }
}

std::size_t Transport::read(char* to, std::size_t most) {
    if (ssl_) return result_of(SSL_read(ssl_.get(), to, static_cast<int>(most)), read_waits_for_);
    const auto count = ::recv(socket_.descriptor, to, most, 0);
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0) throw std::runtime_error{"the server closed the connection"};
    if (errno == EAGAIN || errno == EINTR) return 0;
    throw std::system_error{errno, std::generic_category()};
}

std::size_t Transport::write(const char* from, std::size_t size) {
    constexpr std::size_t most = 1 << 20;
    if (ssl_) {
        return result_of(SSL_write(ssl_.get(), from, static_cast<int>(std::min(size, most))),
                         write_waits_for_);
    }
    const auto count = ::send(socket_.descriptor, from, size, MSG_NOSIGNAL);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN || errno == EINTR) return 0;
    throw std::system_error{errno, std::generic_category()};
}

bool Transport::wait(bool wants_write, milliseconds timeout) const {
    int events = read_waits_for_ != 0 ? read_waits_for_ : POLLIN;
    if (wants_write) events |= write_waits_for_ != 0 ? write_waits_for_ : POLLOUT;
    pollfd ready{socket_.descriptor, static_cast<short>(events), 0};
    int count = 0;
    do {
        count = ::poll(&ready, 1, static_cast<int>(timeout.count()));
    } while (count < 0 && errno == EINTR);
    return count != 0;
}

}  // namespace nightshift::redis
