// What a job pays for its place in the ledger: a connection, the lease with the run's row, and the
// end of the run with the lease given back; beside as many bare transactions of one row on such a
// connection.
//
// usage: nightshift_bench_ledger URL ROUNDS; prints the medians in ms: ours, bare.
#include "jobs/ledger.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

using namespace nightshift;

namespace {

double milliseconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 64;
    const std::string url = argv[1];
    const auto connect = [&] {
        return std::make_unique<postgres::Connection>(url, postgres::ConnectOptions{});
    };
    const auto setup = connect();
    setup->transaction("preparing", [](auto& transaction) {
        transaction.exec(
            "CREATE TABLE IF NOT EXISTS public.bare (n int PRIMARY KEY, at timestamptz)");
        transaction.exec("INSERT INTO public.bare VALUES (1, now()) ON CONFLICT DO NOTHING");
    });
    std::vector<double> ours;
    std::vector<double> bare;
    for (int round = 0; round < std::atoi(argv[2]); ++round) {
        jobs::RunRequest request{.job = "bench", .lease = "bench", .run_id = "", .version = ""};
        request.run_id = "BENCH-" + std::to_string(now().time_since_epoch().count());
        request.once_per = jobs::OncePer{
            .unit = "hour", .period = Instant{std::chrono::hours{round}}, .rerun = true};
        ours.push_back(milliseconds([&] {
            auto opened = jobs::Run::open(connect, request);
            std::get<std::unique_ptr<jobs::Run>>(opened)->finish({});
        }));
        bare.push_back(milliseconds([&] {
            const auto connection = connect();
            for (int i = 0; i < 2; ++i) {
                connection->transaction("writing", [](auto& transaction) {
                    transaction.exec("UPDATE public.bare SET at = clock_timestamp() WHERE n = 1");
                });
            }
        }));
    }
    std::printf("%.2f %.2f\n", median(ours), median(bare));
}
