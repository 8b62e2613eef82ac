#include "notifications/channels/folder.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::notifications {

Folder::Folder(std::string path) : path_{std::move(path)} {
    std::error_code error;
    while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
    if (std::filesystem::is_symlink(path_, error)) {
        throw Error{Failure::configuration, excerpt(path_) + " is a symbolic link", "",
                    "name the folder itself"};
    }
    if (std::filesystem::is_directory(path_, error)) return;
    throw Error{Failure::configuration, excerpt(path_) + " is no folder",
                error ? error.message() : "", "make it first"};
}

void Folder::send(const Outgoing& message, Done done) {
    const nlohmann::ordered_json json{{"id", message.id},
                                      {"kind", message.kind},
                                      {"occasion", message.occasion},
                                      {"user_id", message.user_id},
                                      {"channel", notifications::name(message.channel)},
                                      {"to", message.address},
                                      {"title", message.message.title},
                                      {"text", message.message.text},
                                      {"html", message.message.html},
                                      {"expires_at", format_instant(message.expires_at)}};
    const auto file =
        fmt::format("{:0>12}-{}.json", message.id, notifications::name(message.channel));
    try {
        constexpr auto replace = nlohmann::ordered_json::error_handler_t::replace;
        write_file(path_ + "/" + file, json.dump(2, ' ', false, replace) + "\n", 0600);
    } catch (const Error& error) {
        done({.outcome = Class::config, .why = std::string{error.what()} + ": " + error.cause});
        return;
    }
    done({.outcome = Class::accepted, .provider_id = file});
}

}  // namespace nightshift::notifications
