#include "health/store.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/run_id.hpp"

#include <fmt/format.h>

namespace nightshift::health {
namespace {

using Clock = std::chrono::steady_clock;

void write(const OpenStore& it, const std::string& key, const std::string& bytes) {
    std::optional<Error> error;
    it.store->put({.key = key,
                   .content = media::content_of(bytes),
                   .sha256 = sha256_hex(bytes),
                   .mime_type = "text/plain",
                   .cache_control = "no-store"},
                  [&error](const media::Put& put) { error = put.error; });
    it.client->run();
    if (error) throw Error{*error};
}

Result probe(const Check& check, const OpenStore& it, const std::string& key) {
    const auto begin = Clock::now();
    const auto bytes = "nightshift health, " + key;
    const auto name = it.store->name();
    write(it, key, bytes);
    const auto read = it.store->read(key, bytes.size() + 1);
    try {
        it.store->remove(key);
    } catch (const Error& error) {
        return {.id = check.id,
                .status = Status::degraded,
                .said = name + " lets nothing be deleted",
                .why = error.cause.empty() ? error.what() : error.cause,
                .fix = "give the key the right to delete; " + key + " was left there"};
    }
    if (read != bytes)
        return {.id = check.id,
                .status = Status::unhealthy,
                .said = name + (read ? " gives back something else than was written"
                                     : " does not find what was written"),
                .why = "what is uploaded there may not be seen",
                .fix = check.fix};
    const auto took = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    return judged(check, took,
                  fmt::format("{}: written, read and deleted in {:.0f} ms", name, took));
}

}  // namespace

Probe look_at_store(const std::function<OpenStore()>& open, const std::string& prefix,
                    const Wanted& wanted) {
    const auto mine = of_group(wanted, "store.probe");
    return {mine, [mine, open, prefix](const Tell& tell) {
                const auto key = prefix + "/health/" + new_run_id(now()) + ".txt";
                for (const auto& check : mine) tell(probe(check, open(), key));
            }};
}

}  // namespace nightshift::health
