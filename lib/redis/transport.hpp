// The bytes below a connection to Redis: a socket that never blocks, with TLS around it or not.
//
// TLS 1.2 or later. The server's certificate must come from a known authority, be in its time, and
// be of the host that was asked for; there is no way to leave that out. OpenSSL writes without
// MSG_NOSIGNAL: a program that uses TLS must ignore SIGPIPE.
#pragma once

#include "base/instant.hpp"
#include "redis/address.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

struct ssl_st;
struct ssl_ctx_st;

namespace nightshift::redis {

class Transport {
  public:
    // Throws Error: unavailable (nobody answers in the time), configuration (the certificate is not
    // to be trusted, a file of TLS cannot be read).
    Transport(const Address& address, std::chrono::milliseconds timeout);
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    // How many bytes; 0: none can move now. Throws std::system_error or std::runtime_error where
    // the connection is gone.
    std::size_t read(char* to, std::size_t most);
    std::size_t write(const char* from, std::size_t size);

    // Until bytes may move again; false: not in the time. wants_write: there is something to write.
    bool wait(bool wants_write, std::chrono::milliseconds timeout) const;

    // When the server's certificate ends; nothing without TLS.
    std::optional<Instant> certificate_ends() const;

  private:
    void connect(const Address& address, std::chrono::milliseconds timeout);
    void secure(const Address& address, std::chrono::milliseconds timeout);
    std::size_t result_of(int result, short& waits_for);

    struct FreeSsl {
        void operator()(ssl_st* ssl) const;
    };
    struct FreeContext {
        void operator()(ssl_ctx_st* context) const;
    };
    // Closed last: TLS says goodbye through it.
    struct Socket {
        int descriptor = -1;
        ~Socket();
    };

    Socket socket_;
    std::unique_ptr<ssl_ctx_st, FreeContext> context_;
    std::unique_ptr<ssl_st, FreeSsl> ssl_;
    // What TLS must have before it can go on: to read it may have to write first, and back.
    short read_waits_for_ = 0;
    short write_waits_for_ = 0;
};

}  // namespace nightshift::redis
