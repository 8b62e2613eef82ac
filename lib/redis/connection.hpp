// One connection to Redis (6.2 or later): our own socket, hiredis's reader for the replies, so
// that hiredis 0.14 and 1.2 serve alike and the same code can carry TLS. RESP2 throughout.
//
// Commands can be pipelined: append() as many as you like and drain() the replies while the
// rest is still being written; a slow server never deadlocks us. No call waits longer than the
// timeout, and a connection that failed stays failed: nothing reconnects behind your back.
// Throws Error: unavailable (down, gone, too slow, loading, out of memory), configuration
// (wrong password, no such database, not permitted).
#pragma once

#include "base/instant.hpp"
#include "redis/address.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;
struct redisReply;

namespace nightshift::redis {

class Transport;

class Reply {
  public:
    explicit Reply(redisReply* reply) : reply_{reply} {}

    bool is_nil() const;
    bool is_error() const;
    // Text of a string, a status or an error; integer of an integer or of digits.
    std::string_view text() const;
    std::optional<std::string> text_or_nil() const;
    std::int64_t integer() const;
    // Of an array: its size, and an element as text (or nil), integer, or array of texts.
    std::size_t size() const;
    std::optional<std::string> element_text(std::size_t index) const;
    std::int64_t element_integer(std::size_t index) const;
    // The first error among the elements, as EXEC answers it; empty where there is none.
    std::string_view element_error() const;
    std::vector<std::optional<std::string>> nested_texts(std::size_t index) const;

  private:
    struct Free {
        void operator()(redisReply* reply) const;
    };
    std::unique_ptr<redisReply, Free> reply_;
};

// One value of INFO's answer, of "used_memory:" for example; empty where it is not there.
std::string_view info_value(std::string_view info, std::string_view name);

using Arguments = std::vector<std::string_view>;

class Connection {
  public:
    // Connects, authenticates, selects the database, checks the version. timeout: for the
    // connect and for each wait after it.
    explicit Connection(const Address& address,
                        std::chrono::milliseconds timeout = std::chrono::seconds{5});
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // One command, one reply; an error reply is thrown.
    Reply command(const Arguments& arguments);
    // The same, but an error reply is returned.
    Reply try_command(const Arguments& arguments);

    // Queues a command. drain() sends what is queued and reads replies, in order, until at most
    // `left` are outstanding; each goes to on_reply. An error reply is thrown after its whole
    // batch was read, so the connection stays usable.
    void append(const Arguments& arguments);
    void drain(std::size_t left = 0, const std::function<void(Reply)>& on_reply = {});

    const std::string& where() const { return where_; }
    bool is_lost() const { return !lost_because_.empty(); }
    bool is_of_a_cluster() const { return is_of_a_cluster_; }
    // When the server's certificate ends; nothing without TLS.
    std::optional<Instant> certificate_ends() const;

    // Throws what an error reply means.
    [[noreturn]] void refuse(std::string_view error_reply) const;

  private:
    void wait(bool wants_write);
    bool write_some();
    bool read_some();
    std::optional<Reply> take_reply();
    [[noreturn]] void lost(const std::string& why);

    std::chrono::milliseconds timeout_;
    std::string where_;
    std::unique_ptr<Transport> transport_;
    bool is_of_a_cluster_ = false;
    std::string lost_because_;  // empty while the connection stands
    std::string out_;
    std::size_t written_ = 0;
    std::size_t outstanding_ = 0;
    struct FreeReader {
        void operator()(redisReader* reader) const;
    };
    std::unique_ptr<redisReader, FreeReader> reader_;
};

}  // namespace nightshift::redis
