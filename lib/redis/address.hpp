// Where Redis is, from REDIS_URL:
//   redis://[[user][:password]@]host[:port][/db]      (%-escapes in user and password)
//   unix://[[user][:password]@]/path/to/socket[?db=N] (redis+unix:// and redis-socket:// too)
#pragma once

#include <string>

namespace nightshift::redis {

struct Address {
    std::string host = "localhost";
    std::string port = "6379";
    std::string socket_path;  // set: a Unix socket, host and port do not count
    std::string user;
    std::string password;
    int database = 0;

    // host:port/db or path/db, without user and password.
    std::string where() const;
};

// Tells redaction the password. Throws Error (configuration); the message never holds the url.
Address parse_address(const std::string& url);

}  // namespace nightshift::redis
