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

struct Reading {
    std::optional<std::string> bytes = {};
    std::optional<Error> error = {};
};

Reading read(media::ObjectStore& store, const std::string& key, std::size_t most) {
    try {
        return {.bytes = store.read(key, most)};
    } catch (const Error& error) {
        return {.error = error};
    }
}

// What went wrong; nothing: it is gone.
std::optional<Error> remove(media::ObjectStore& store, const std::string& key) {
    try {
        store.remove(key);
        return std::nullopt;
    } catch (const Error& error) {
        return error;
    }
}

// Whatever comes of it, what was written is deleted again, or said to be left.
Result probe(const Check& check, const OpenStore& it, const std::string& key) {
    const auto begin = Clock::now();
    const auto bytes = "nightshift health, " + key;
    const auto name = it.store->name();
    write(it, key, bytes);
    const auto reading = read(*it.store, key, bytes.size() + 1);
    const auto kept = remove(*it.store, key);
    const auto took = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();

    auto result =
        judged(check, took, fmt::format("{}: written, read and deleted in {:.0f} ms", name, took));
    const auto object = [&](Status status, const std::string& said, const std::optional<Error>& why,
                            const std::string& fix) {
        result.status = status;
        result.said = name + said;
        result.why = why ? why->what() + (why->cause.empty() ? "" : ": " + why->cause)
                         : "what is uploaded there may not be seen";
        result.fix = fix;
    };
    if (reading.error) {
        object(Status::unhealthy, " lets nothing be read", reading.error, check.fix);
    } else if (reading.bytes != bytes) {
        object(Status::unhealthy,
               reading.bytes ? " gives back something else than was written"
                             : " does not find what was written",
               std::nullopt, check.fix);
    } else if (kept) {
        object(Status::degraded, " lets nothing be deleted", kept,
               "give the key the right to delete");
    }
    if (kept) result.fix += "; " + key + " was left there";
    return result;
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
