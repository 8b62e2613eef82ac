#include "jobs/lease.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "jobs/sql.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <signal.h>
#include <unistd.h>

namespace nightshift::jobs {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 250ms;

// Where a pid means something: the kernel's boot id and this process's PID namespace, as two
// containers may well have the same host name. Empty where /proc does not tell.
std::string pid_scope() {
    std::ifstream file{"/proc/sys/kernel/random/boot_id"};
    std::string boot;
    std::getline(file, boot);
    std::error_code unreadable;
    const auto space = std::filesystem::read_symlink("/proc/self/ns/pid", unreadable).string();
    return boot.empty() || space.empty() ? "" : boot + " " + space;
}

// No process, or only a zombie that nobody has waited for.
bool is_gone(int pid) {
    if (::kill(pid, 0) != 0 && errno == ESRCH) return true;
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string stat;
    std::getline(file, stat);
    const auto name_end = stat.rfind(')');  // pid (name) state ...
    return name_end != std::string::npos && stat.substr(name_end + 1, 2) == " Z";
}

}  // namespace

std::string this_host() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

std::optional<Holder> holder_of(postgres::Transaction& transaction, const std::string& job) {
    const auto rows = postgres::exec(transaction, sql::lease_holder, {job});
    if (rows.empty()) return std::nullopt;
    return Holder{.run_id = rows[0]["run_id"].c_str(),
                  .host = rows[0]["host"].c_str(),
                  .pid = rows[0]["pid"].as<int>(),
                  .pid_scope = rows[0]["pid_scope"].c_str(),
                  .fence = rows[0]["fence"].as<std::int64_t>(),
                  .since = postgres::instant_column(rows[0]["since"]),
                  .left = std::chrono::milliseconds{rows[0]["left_ms"].as<std::int64_t>()}};
}

Lease::Lease(std::unique_ptr<postgres::Connection> connection, const LeaseRequest& request,
             const std::stop_token& stop)
    : connection_{std::move(connection)}, request_{request} {
    if (request_.host.empty()) request_.host = this_host();
    const auto give_up = std::chrono::steady_clock::now() + request.wait;
    while (const auto holder = try_acquire()) {
        if (stop.stop_requested()) {
            throw Error{Failure::interrupted, "stopped while waiting for " + request_.job};
        }
        if (std::chrono::steady_clock::now() >= give_up) refuse(*holder);
        std::this_thread::sleep_for(poll_interval);
    }
    heartbeat_ = std::jthread{[this](const std::stop_token& end) { keep(end); }};
}

void Lease::refuse(const Holder& holder) const {
    const auto seconds = [](std::chrono::milliseconds time) {
        return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s";
    };
    const bool waited = request_.wait > 0ms;
    throw Error{Failure::busy,
                "another run " + std::string{waited ? "still " : ""} + "holds " + request_.job +
                    (waited ? " after " + seconds(request_.wait) : ""),
                "run " + holder.run_id + " on " + holder.host + " (pid " +
                    std::to_string(holder.pid) + ") since " + format_instant(holder.since),
                std::string{waited ? "wait longer" : "wait for it with --lock-wait"} +
                    "; if it is dead, its lease ends by itself in " + seconds(holder.left)};
}

Lease::~Lease() {
    end_heartbeat();
    if (given_back_) return;
    try {
        connection_->transaction("giving back " + request_.job,
                                 [this](auto& transaction) { release(transaction); });
    } catch (const std::exception& error) {
        log::warning("the lease of " + request_.job + " was not given back; it ends by itself",
                     {{"why", error.what()}});
    }
}

void Lease::give_back(const std::function<void(postgres::Transaction&)>& last) {
    end_heartbeat();
    const auto write = [&] {
        connection_->transaction("giving back " + request_.job, [&](auto& transaction) {
            last(transaction);
            release(transaction);
        });
    };
    try {
        write();
    } catch (const Error& error) {
        // Cut while it stood idle: only now is it found.
        if (error.failure != Failure::unavailable || !request_.reconnect) throw;
        mend_connection();
        write();
    }
    given_back_ = true;
}

void Lease::mend_connection() {
    if (PQstatus(connection_->raw()) == CONNECTION_OK || !request_.reconnect) return;
    connection_ = request_.reconnect();
}

void Lease::end_heartbeat() {
    heartbeat_.request_stop();
    if (heartbeat_.joinable()) heartbeat_.join();
}

void Lease::release(postgres::Transaction& transaction) {
    // What a crash of the server loses of it counts as cut off, and is done again: not worth a wait
    // for the disk.
    transaction.exec("SET LOCAL synchronous_commit = off");
    postgres::exec(transaction, sql::release_lease, {request_.job, std::to_string(fence_)});
}

std::optional<Holder> Lease::try_acquire() {
    return connection_->transaction("taking " + request_.job, [this](auto& transaction) {
        const auto take = [&](const std::optional<std::string>& dead_fence) {
            const auto rows = postgres::exec(
                transaction, sql::acquire_lease,
                {request_.job, request_.run_id, request_.host, std::to_string(::getpid()),
                 pid_scope(), std::to_string(std::chrono::milliseconds{request_.duration}.count()),
                 dead_fence});
            if (rows.empty()) return false;
            fence_ = rows[0]["fence"].template as<std::int64_t>();
            if (request_.taken) request_.taken(transaction, fence_);
            return true;
        };
        postgres::exec(transaction, sql::create_lease, {request_.job});
        if (take(std::nullopt)) return std::optional<Holder>{};
        auto holder = holder_of(transaction, request_.job);
        const bool in_our_sight =
            holder && !pid_scope().empty() && holder->pid_scope == pid_scope();
        if (in_our_sight && is_gone(holder->pid)) {
            log::info("the run before died; taking over " + request_.job,
                      {{"dead_run", holder->run_id}});
            if (take(std::to_string(holder->fence))) return std::optional<Holder>{};
            holder = holder_of(transaction, request_.job);
        }
        if (!holder) return std::optional{Holder{}};  // given back this very moment: poll again
        if (request_.held) request_.held(transaction, *holder);
        return holder;
    });
}

void Lease::keep(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    while (!wake_.wait_for(lock, stop, request_.heartbeat,
                           [&stop] { return stop.stop_requested(); })) {
        try {
            mend_connection();
            connection_->transaction("renewing " + request_.job, [this](auto& transaction) {
                const auto rows = postgres::exec(
                    transaction, sql::renew_lease,
                    {request_.job, std::to_string(fence_),
                     std::to_string(std::chrono::milliseconds{request_.duration}.count())});
                if (rows.empty()) lost_ = true;
            });
        } catch (const std::exception& error) {
            // Not yet lost: the fence decides at the commit. The run itself meets the same outage.
            log::warning("could not renew the lease of " + request_.job, {{"why", error.what()}});
            if (PQstatus(connection_->raw()) != CONNECTION_OK && !request_.reconnect) return;
        }
        if (lost_) return;
    }
}

void Lease::guard(postgres::Transaction& transaction) const {
    const std::chrono::milliseconds idle_limit{std::chrono::milliseconds{request_.duration} / 2};
    postgres::exec(transaction,
                   "SELECT set_config('idle_in_transaction_session_timeout', $1::text, true)",
                   {std::to_string(idle_limit.count())});
}

void Lease::confirm(postgres::Transaction& transaction) const {
    guard(transaction);
    const auto rows =
        postgres::exec(transaction, sql::confirm_fence, {request_.job, std::to_string(fence_)});
    if (rows.empty()) lost();
}

void Lease::check() const {
    if (lost_) lost();
}

void Lease::lost() const {
    throw Error{Failure::busy,
                "lost the lease of " + request_.job + "; what was not finished is not written",
                "this run was paused or cut off for too long, or 'runs unlock' took the lease away",
                "see 'nightshift runs list' for who has it now"};
}

}  // namespace nightshift::jobs
