#include "redis/connection.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "redis/transport.hpp"

#include <array>

#include <hiredis/hiredis.h>

namespace nightshift::redis {
namespace {

constexpr std::size_t longest_reply = std::size_t{64} << 20;
constexpr std::string_view oldest_supported = "6.2";

void append_number(std::string& out, char type, std::size_t number) {
    out += type;
    out += std::to_string(number);
    out += "\r\n";
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
    : timeout_{timeout},
      where_{address.where()},
      transport_{std::make_unique<Transport>(address, timeout)},
      reader_{redisReaderCreate()} {
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
    is_of_a_cluster_ = info_value(info.text(), "redis_mode:") == "cluster";
}

Connection::~Connection() = default;

std::optional<Instant> Connection::certificate_ends() const {
    return transport_->certificate_ends();
}

Reply Connection::try_command(const Arguments& arguments) {
    append(arguments);
    for (;;) {
        while (auto reply = take_reply()) {
            if (--outstanding_ == 0) return std::move(*reply);
        }
        if (!write_some() && !read_some()) wait(written_ < out_.size());
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
        if (!write_some() && !read_some()) wait(!all_written);
    }
    if (!first_error.empty()) refuse(first_error);
}

void Connection::wait(bool wants_write) {
    if (!transport_->wait(wants_write, timeout_))
        lost("no answer within " + std::to_string(timeout_.count()) + " ms");
}

// Whether anything moved; what cannot move now is waited for.
bool Connection::write_some() {
    if (written_ == out_.size()) return false;
    try {
        const auto count = transport_->write(out_.data() + written_, out_.size() - written_);
        if (count == 0) return false;
        written_ += count;
    } catch (const std::exception& error) {
        lost(error.what());
    }
    if (written_ == out_.size()) {
        out_.clear();
        written_ = 0;
    }
    return true;
}

bool Connection::read_some() {
    std::array<char, 65'536> buffer;
    try {
        const auto count = transport_->read(buffer.data(), buffer.size());
        if (count == 0) return false;
        redisReaderFeed(reader_.get(), buffer.data(), count);
        if (reader_->len - reader_->pos > longest_reply)
            throw std::runtime_error{"its reply is larger than 64 MiB"};
    } catch (const std::exception& error) {
        lost(error.what());
    }
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
        starts("ERR unknown command") || says("not allowed in cluster mode")) {
        throw Error{Failure::configuration, "Redis at " + where_ + " does not permit a command",
                    words, "grant it to the user of REDIS_URL, or name another server there"};
    }
    if (starts("OOM") || says(" -OOM ")) {
        throw Error{Failure::unavailable, "Redis at " + where_ + " is out of memory", words,
                    "raise maxmemory or free some; what was published before is still whole"};
    }
    const bool takes_no_writes = starts("READONLY") || starts("MISCONF") || starts("NOREPLICAS");
    if (takes_no_writes || starts("LOADING") || starts("BUSY") || starts("MASTERDOWN") ||
        starts("ERR max number of clients") || starts("CLUSTERDOWN") || starts("MOVED") ||
        starts("ASK ") || starts("TRYAGAIN")) {
        throw Error{
            Failure::unavailable,
            "Redis at " + where_ + (takes_no_writes ? " takes no writes now" : " is not ready"),
            words, "mend what the server names and try again"};
    }
    throw Error{Failure::internal, "Redis at " + where_ + " refused a command", words,
                "this is a bug in nightshift: report it with the run id"};
}

}  // namespace nightshift::redis
