// Where Redis is, from REDIS_URL:
//   redis://[[user][:password]@]host[:port][/db]      (%-escapes in user and password)
//   rediss://...                                      the same over TLS
//   unix://[[user][:password]@]/path/to/socket[?db=N] (redis+unix:// and redis-socket:// too)
//   redis+sentinel://[[user][:password]@]host[:port][,host[:port]...]/name[/db]
//                                                     (rediss+sentinel:// and redis-sentinel://
//                                                     too) the master of that name, as Sentinels
//                                                     have it
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nightshift::redis {

// PEM. Empty: the system's authorities, and no certificate of our own.
struct TlsFiles {
    std::string authority = {};
    std::string certificate = {};
    std::string key = {};
};

struct Address {
    std::string host = "localhost";
    std::string port = "6379";
    std::string socket_path;  // set: a Unix socket, host and port do not count
    std::string user;
    std::string password;
    int database = 0;
    bool tls = false;
    TlsFiles files = {};
    // Host and port of each; set: they know where the master is, host and port do not count.
    std::vector<std::pair<std::string, std::string>> sentinels = {};
    std::string master_name = {};
    std::string sentinel_password = {};

    // host:port/db or path/db, without user and password; with Sentinels name/db.
    std::string where() const;
};

// Tells redaction the password. Throws Error (configuration); the message never holds the url.
Address parse_address(const std::string& url);

}  // namespace nightshift::redis
