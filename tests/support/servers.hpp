// Real servers for tests, started by the tests themselves on loopback and a Unix socket, on
// free ports, under a temporary folder that goes with them.
#pragma once

#include "postgres/connection.hpp"
#include "redis/connection.hpp"
#include "support/process.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace nightshift::test {

// A folder that is removed with everything in it.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    // Writes a file in it; returns its path.
    std::string file(const std::string& name, const std::string& content) const;

  private:
    std::filesystem::path path_;
};

int free_port();

// Local users are trusted on the socket; 127.0.0.1 wants a password (scram-sha-256).
class Postgres {
  public:
    Postgres();
    // A hot standby of another.
    explicit Postgres(const Postgres& primary);
    ~Postgres();

    // The one that tests share; started by the first to ask.
    static Postgres& shared();

    std::string url(const std::string& database, const std::string& user = "postgres") const;
    int port() const { return port_; }
    const std::filesystem::path& folder() const { return folder_.path(); }  // of its socket
    void stop(int signal);  // SIGINT: fast; SIGKILL: as a crash
    void start();

  private:
    TemporaryFolder folder_;
    int port_;
    std::string user_;
    std::unique_ptr<Background> server_;
};

// A database of its own on the shared server: empty, or migrated.
class Database {
  public:
    enum class Schema { none, migrated };
    explicit Database(Schema schema = Schema::migrated);
    Database(Postgres& server, Schema schema);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    const std::string& name() const { return name_; }
    std::string url() const { return server_.url(name_); }
    std::unique_ptr<postgres::Connection> connect(std::stop_token stop = {}) const;

    // One statement, or several; the first column of the first row as text ("" for NULL or
    // nothing).
    std::string query(const std::string& sql) const;
    std::vector<std::vector<std::string>> rows(const std::string& sql) const;

  private:
    Postgres& server_;
    std::string name_;
};

// A pooler in transaction mode in front of a server: each transaction may get another session.
class PgBouncer {
  public:
    explicit PgBouncer(Postgres& server);

    std::string url(const std::string& database) const;

  private:
    TemporaryFolder folder_;
    int port_;
    std::unique_ptr<Background> server_;
};

// redis-tools brings the server too: redis-check-rdb is the same program by another name, by which
// a link in the folder calls it.
std::string redis_program(const std::filesystem::path& folder);

class Redis {
  public:
    explicit Redis(std::vector<std::string> options = {});

    std::string url() const;  // over TCP
    std::string socket_url() const;
    int port() const { return port_; }
    std::unique_ptr<redis::Connection> connect() const;
    Background& process() { return *server_; }
    void stop();
    void start();
    std::string password;  // set before start(), or through options

  private:
    TemporaryFolder folder_;
    int port_;
    std::vector<std::string> options_;
    std::unique_ptr<Background> server_;
};

}  // namespace nightshift::test
