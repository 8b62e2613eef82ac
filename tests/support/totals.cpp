// The last line of a test run, "N passed, N failed", after whatever the reporter prints.
#include "support/catch.hpp"

#include <cstdio>
#include <cstdlib>

namespace {

std::size_t passed = 0;
std::size_t failed = 0;

struct Totals : CatchListener {
    using CatchListener::CatchListener;

    void testRunEnded(const Catch::TestRunStats& stats) override {
        passed = stats.totals.testCases.passed;
        failed = stats.totals.testCases.failed;
        std::atexit([] {
            std::printf("%zu passed, %zu failed\n", passed, failed);
            std::fflush(stdout);
        });
    }
};

CATCH_REGISTER_LISTENER(Totals)

}  // namespace
