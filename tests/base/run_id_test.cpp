#include "base/run_id.hpp"

#include "support/catch.hpp"

#include <array>
#include <set>

using namespace nightshift;
using namespace std::chrono;

namespace {

constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::string run_id_at(std::int64_t milliseconds_since_1970) {
    return new_run_id(Instant{milliseconds{milliseconds_since_1970}});
}

}  // namespace

TEST_CASE("a run id begins with its start in milliseconds, as ULIDs do") {
    CHECK(run_id_at(1'469'918'176'385).substr(0, 10) == "01ARYZ6S41");  // the ULID project's own
    CHECK(run_id_at(0).substr(0, 10) == "0000000000");
    CHECK(run_id_at((std::int64_t{1} << 48) - 1).substr(0, 10) == "7ZZZZZZZZZ");
    CHECK(new_run_id(Instant{1'469'918'176'385'999us}).substr(0, 10) == "01ARYZ6S41");
}

TEST_CASE("run ids sort by time of start") {
    std::string before;
    for (const std::int64_t start : {0L, 1L, 31L, 32L, 1'023L, 1'024L, 1'469'918'176'385L,
                                     1'469'918'176'386L, 1'795'302'000'000L}) {
        const auto id = run_id_at(start);
        INFO(before << " " << id);
        CHECK(before < id);
        before = id;
    }
}

TEST_CASE("run ids of one millisecond differ, in 80 random bits of Crockford's base 32") {
    std::set<std::string> seen;
    std::array<std::set<char>, 26> letters;
    for (int i = 0; i < 2'000; ++i) {
        const auto id = run_id_at(1'795'302'000'000);
        REQUIRE(id.size() == 26);
        for (std::size_t place = 0; place < id.size(); ++place) letters[place].insert(id[place]);
        seen.insert(id);
    }
    CHECK(seen.size() == 2'000);
    for (std::size_t place = 10; place < letters.size(); ++place) {
        INFO(place);
        CHECK(std::string(letters[place].begin(), letters[place].end()) == crockford);
    }
}
