#include "support/smtp_server.hpp"

#include <chrono>
#include <thread>

namespace nightshift::test {
namespace {

std::string content(const std::string& command) {
    const auto verb = command.substr(0, 4);
    if (command.empty()) return "220 test";
    if (command == ".") return "250 2.0.0 Ok: queued as ABC123";
    if (verb == "EHLO") return "250-test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME";
    if (verb == "AUTH") return "334 ";  // then come the credentials, in base 64
    if (verb == "DATA") return "354 go on";
    if (verb == "QUIT") return "221 bye";
    if (command.find(' ') == std::string::npos && verb != "RSET") return "235 2.7.0 welcome";
    return "250 2.1.0 Ok";
}

}  // namespace

SmtpServer::SmtpServer(std::function<std::string(const std::string&)> script)
    : script_{std::move(script)}, loopback_{[this](int connection, int) { serve(connection); }} {}

std::string SmtpServer::url() const {
    return "smtp://127.0.0.1:" + std::to_string(loopback_.port());
}

std::vector<std::string> SmtpServer::commands() const {
    const std::lock_guard lock{mutex_};
    return commands_;
}

std::vector<std::string> SmtpServer::messages() const {
    const std::lock_guard lock{mutex_};
    return messages_;
}

void SmtpServer::serve(int connection) {
    std::string text;
    const auto answer = [&](const std::string& command) {
        {
            const std::lock_guard lock{mutex_};
            if (!command.empty()) commands_.push_back(command);
        }
        auto said = script_(command);
        if (said == "close") return false;
        while (said == "hang" && !loopback_.is_stopping())
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        if (said.empty()) said = content(command);
        Loopback::send_all(connection, said + "\r\n");
        return true;
    };
    if (!answer("")) return;
    const auto until = [&](const std::string& end) {
        auto at = text.find(end);
        while (at == std::string::npos) {
            if (!Loopback::read_some(connection, text)) return std::string{};
            at = text.find(end);
        }
        auto piece = text.substr(0, at + end.size());
        text.erase(0, at + end.size());
        return piece;
    };
    while (true) {
        const auto line = until("\r\n");
        if (line.empty()) return;
        const auto command = line.substr(0, line.size() - 2);
        if (!answer(command)) return;
        if (command != "DATA") continue;
        const auto message = until("\r\n.\r\n");
        if (message.empty()) return;
        {
            const std::lock_guard lock{mutex_};
            messages_.push_back(message.substr(0, message.size() - 3));
        }
        if (!answer(".")) return;
    }
}

}  // namespace nightshift::test
