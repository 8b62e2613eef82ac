// What tests ask of code that fails or takes its time.
#pragma once

#include "base/error.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <thread>

namespace nightshift::test {

// The Error that the action ends with; the test fails where it ends well.
inline Error error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    FAIL("nothing was thrown");
    return {Failure::internal, "nothing was thrown"};
}

// Everything that a user would read of it.
inline std::string words_of(const Error& error) {
    return std::string{error.what()} + "\n" + error.cause + "\n" + error.hint;
}

// Whether it comes true; given up after half a minute.
inline bool eventually(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > give_up) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    return true;
}

}  // namespace nightshift::test
