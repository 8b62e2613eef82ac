#include "support/servers.hpp"

#include "migrations/up.hpp"
#include "schema/up.hpp"

#include <atomic>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nightshift::test {
namespace {

using namespace std::chrono_literals;

template <typename Condition>
void wait_until(const std::string& what, Condition&& condition) {
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > give_up)
            throw std::runtime_error{what + " does not come up"};
        std::this_thread::sleep_for(10ms);
    }
}

// The newest that Debian has installed.
std::string postgres_program(const std::string& name) {
    std::filesystem::path best;
    for (const auto& version : std::filesystem::directory_iterator{"/usr/lib/postgresql"}) {
        const auto program = version.path() / "bin" / name;
        if (std::filesystem::exists(program) && program > best) best = program;
    }
    if (best.empty()) throw std::runtime_error{"no " + name + ": apt-get install postgresql-15"};
    return best;
}

// Postgres refuses to run as root.
std::string plain_user() {
    if (::geteuid() != 0) return {};
    return ::getpwnam("postgres") != nullptr ? "postgres" : "nobody";
}

void give_to(const std::string& user, const std::filesystem::path& path) {
    if (user.empty()) return;
    const auto* entry = ::getpwnam(user.c_str());
    if (::chown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0) throw std::runtime_error{"chown"};
}

}  // namespace

std::string redis_program(const std::filesystem::path& folder) {
    for (const std::string program : {"/usr/bin/redis-server", "/usr/local/bin/redis-server"}) {
        if (std::filesystem::exists(program)) return program;
    }
    const std::filesystem::path twin{"/usr/bin/redis-check-rdb"};
    if (!std::filesystem::exists(twin))
        throw std::runtime_error{"no redis-server: apt-get install redis-tools"};
    const auto link = folder / "redis-server";
    if (!std::filesystem::exists(link)) std::filesystem::create_symlink(twin, link);
    return link;
}

TemporaryFolder::TemporaryFolder() {
    auto name = (std::filesystem::temp_directory_path() / "nightshift-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::file(const std::string& name, const std::string& content) const {
    const auto path = path_ / name;
    std::ofstream{path, std::ios::binary} << content;
    return path;
}

int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    ::close(fd);
    return ntohs(address.sin_port);
}

Postgres::Postgres() : port_{free_port()}, user_{plain_user()} {
    give_to(user_, folder_.path());
    const auto data = folder_.path() / "data";
    const auto made = run({.command = {postgres_program("initdb"), "-D", data, "-U", "postgres",
                                       "-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust",
                                       "--auth-host=scram-sha-256", "--no-sync"},
                           .folder = folder_.path(),
                           .user = user_});
    if (made.exit_code != 0) throw std::runtime_error{"initdb: " + made.err};
    start();
}

Postgres::Postgres(const Postgres& primary) : port_{free_port()}, user_{primary.user_} {
    give_to(user_, folder_.path());
    const auto made =
        run({.command = {postgres_program("pg_basebackup"), "-h", primary.folder(), "-p",
                         std::to_string(primary.port()), "-U", "postgres", "-D",
                         folder_.path() / "data", "-R", "-X", "stream", "-c", "fast", "--no-sync"},
             .folder = folder_.path(),
             .user = user_});
    if (made.exit_code != 0) throw std::runtime_error{"pg_basebackup: " + made.err};
    start();
}

void Postgres::start() {
    server_ = std::make_unique<Background>(
        Spawn{.command = {postgres_program("postgres"), "-D", folder_.path() / "data", "-k",
                          folder_.path(), "-p", std::to_string(port_), "-c",
                          "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c",
                          "max_connections=60", "-c", "max_prepared_transactions=4"},
              .folder = folder_.path(),
              .user = user_},
        folder_.path() / "log");
    wait_until("Postgres", [this] { return PQping(url("postgres").c_str()) == PQPING_OK; });
}

void Postgres::stop(int signal) {
    server_->signal(signal);
    server_->wait();
}

Postgres::~Postgres() {
    if (server_->is_running()) stop(SIGINT);
}

Postgres& Postgres::shared() {
    static Postgres server;
    return server;
}

std::string Postgres::url(const std::string& database, const std::string& user) const {
    return "postgresql://" + user + "@/" + database + "?host=" + folder_.path().string() +
           "&port=" + std::to_string(port_);
}

Database::Database(Schema schema) : Database{Postgres::shared(), schema} {}

Database::Database(Postgres& server, Schema schema) : server_{server} {
    static std::atomic<int> count = 0;
    name_ = "test_" + std::to_string(++count);
    pqxx::connection admin{server.url("postgres")};
    pqxx::nontransaction{admin}.exec("CREATE DATABASE " + name_);
    if (schema == Schema::none) return;
    schema::up({.run = {.connect = [this] { return connect(); }, .stop = {}}});
}

Database::~Database() {
    try {
        pqxx::connection admin{server_.url("postgres")};
        pqxx::nontransaction{admin}.exec("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {  // the server was stopped by the test
    }
}

std::unique_ptr<postgres::Connection> Database::connect(std::stop_token stop) const {
    return std::make_unique<postgres::Connection>(
        url(), postgres::ConnectOptions{
                   .command = "test", .stop = std::move(stop), .search_path = "public"});
}

std::vector<std::vector<std::string>> Database::rows(const std::string& sql) const {
    pqxx::connection connection{url()};
    std::vector<std::vector<std::string>> rows;
    for (const auto& row : pqxx::nontransaction{connection}.exec(sql)) {
        auto& texts = rows.emplace_back();
        for (const auto& field : row) texts.emplace_back(field.is_null() ? "" : field.c_str());
    }
    return rows;
}

std::string Database::query(const std::string& sql) const {
    const auto found = rows(sql);
    return found.empty() || found[0].empty() ? "" : found[0][0];
}

PgBouncer::PgBouncer(Postgres& server) : port_{free_port()} {
    const auto user = plain_user();
    give_to(user, folder_.path());
    const auto settings = folder_.file(
        "pgbouncer.ini", "[databases]\n* = host=" + server.folder().string() +
                             " user=postgres port=" + std::to_string(server.port()) +
                             "\n[pgbouncer]\npool_mode = transaction\ndefault_pool_size = 6\n"
                             "auth_type = any\nlisten_addr = 127.0.0.1\nlisten_port = " +
                             std::to_string(port_) +
                             "\nunix_socket_dir = " + folder_.path().string() + "\n");
    server_ = std::make_unique<Background>(
        Spawn{.command = {"/usr/sbin/pgbouncer", settings}, .folder = folder_.path(), .user = user},
        folder_.path() / "log");
    wait_until("PgBouncer", [this] { return PQping(url("postgres").c_str()) == PQPING_OK; });
}

std::string PgBouncer::url(const std::string& database) const {
    return "postgresql://postgres@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

Redis::Redis(std::vector<std::string> options) : port_{free_port()}, options_{std::move(options)} {
    for (std::size_t i = 0; i + 1 < options_.size(); ++i) {
        if (options_[i] == "--requirepass") password = options_[i + 1];
    }
    start();
}

void Redis::start() {
    std::vector<std::string> command{redis_program(folder_.path()),
                                     "--port",
                                     std::to_string(port_),
                                     "--bind",
                                     "127.0.0.1",
                                     "--unixsocket",
                                     folder_.path() / "redis.sock",
                                     "--save",
                                     "",
                                     "--appendonly",
                                     "no",
                                     "--dir",
                                     folder_.path()};
    command.insert(command.end(), options_.begin(), options_.end());
    server_ = std::make_unique<Background>(Spawn{.command = command}, folder_.path() / "log");
    wait_until("Redis", [this] {
        try {
            connect();
            return true;
        } catch (const std::exception&) {
            return false;
        }
    });
}

void Redis::stop() {
    server_->signal(SIGKILL);
    server_->wait();
}

std::string Redis::url() const {
    return "redis://" + (password.empty() ? "" : ":" + password + "@") +
           "127.0.0.1:" + std::to_string(port_) + "/0";
}

std::string Redis::socket_url() const {
    return "unix://" + (password.empty() ? "" : ":" + password + "@") + folder_.path().string() +
           "/redis.sock";
}

std::unique_ptr<redis::Connection> Redis::connect() const {
    return std::make_unique<redis::Connection>(redis::parse_address(url()));
}

}  // namespace nightshift::test
