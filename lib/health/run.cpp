#include "health/run.hpp"

#include "base/error.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include <fmt/format.h>

namespace nightshift::health {
namespace {

using Clock = std::chrono::steady_clock;

// Of all threads, and of those that are left behind.
struct Board {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::map<std::string, Result> told;
    std::size_t at_work = 0;
};

// Servers' own words, and names of others' objects, stand in them.
std::string shown(const std::string& words) {
    return printable(one_line(well_formed(redacted(words))));
}

Result failed(const std::string& id, const Error& error) {
    return {.id = id,
            .status = Status::unhealthy,
            .said = error.what(),
            .why = error.cause,
            .fix = error.hint};
}

void look(const std::shared_ptr<Board>& board, const Probe& probe) {
    auto since = Clock::now();
    std::size_t told = 0;
    const Tell tell = [&](Result result) {
        const auto now = Clock::now();
        result.took = std::chrono::duration_cast<std::chrono::microseconds>(now - since);
        since = now;
        ++told;
        for (auto* words : {&result.said, &result.why, &result.fix}) *words = shown(*words);
        const std::scoped_lock lock{board->mutex};
        board->told[result.id] = std::move(result);
    };
    const auto fail = [&](const Error& error) {
        const auto first = told < probe.checks.size() ? probe.checks[told].id : std::string{};
        if (first.empty()) return;
        tell(failed(first, error));
        for (auto i = told; i < probe.checks.size(); ++i) tell(not_made(probe.checks[i].id, first));
    };
    try {
        probe.look(tell);
    } catch (const Error& error) {
        fail(error);
    } catch (const std::exception& error) {
        fail({Failure::internal, "it met something that it did not expect", error.what(),
              "this is a bug: report it"});
    }
    const std::scoped_lock lock{board->mutex};
    --board->at_work;
    board->changed.notify_all();
}

// Where the machine has no thread left, nothing is known of what it would have looked at.
void start(const std::shared_ptr<Board>& board, const Probe& probe) {
    try {
        std::thread{[board, probe] { look(board, probe); }}.detach();
    } catch (const std::system_error& error) {
        const std::scoped_lock lock{board->mutex};
        --board->at_work;
        for (const auto& each : probe.checks)
            board->told[each.id] = {.id = each.id,
                                    .status = Status::unknown,
                                    .said = "not looked at",
                                    .why = std::string{"no thread is to be had: "} + error.what(),
                                    .fix = "raise the limit of processes (ulimit -u, pids)"};
    }
}

}  // namespace

Result not_made(const std::string& id, const std::string& first) {
    return {.id = id,
            .status = Status::unknown,
            .said = "not looked at",
            .why = first + " comes first",
            .fix = "see " + first};
}

Wanted of_group(const Wanted& wanted, const std::string& prefix) {
    Wanted group;
    std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(group),
                 [&](const Check& each) { return each.id.starts_with(prefix); });
    return group;
}

Probe not_configured(const Wanted& group, const std::string& said) {
    return {group, [group, said](const Tell& tell) {
                for (const auto& each : group)
                    tell({.id = each.id, .status = Status::skipped, .said = said});
            }};
}

Probe begun(const Wanted& group, const std::function<Probe()>& make) {
    try {
        return make();
    } catch (const Error& error) {
        return {group, [error](const Tell&) { throw error; }};
    }
}

Report run_probes(std::vector<Probe> probes, std::chrono::milliseconds budget,
                  const std::stop_token& stop) {
    const auto begin = Clock::now();
    const auto board = std::make_shared<Board>();
    board->at_work = probes.size();
    for (const auto& each : probes) start(board, each);

    std::unique_lock lock{board->mutex};
    board->changed.wait_until(lock, stop, begin + budget, [&] { return board->at_work == 0; });
    Report report{
        .results = {},
        .took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin),
        .has_stuck = board->at_work > 0};
    for (const auto& probe : probes) {
        std::string first;  // that did not come
        for (const auto& check : probe.checks) {
            const auto& id = check.id;
            const auto found = board->told.find(id);
            if (found != board->told.end()) {
                report.results.push_back(found->second);
            } else if (first.empty()) {
                first = id;
                report.results.push_back(
                    {.id = id,
                     .status = Status::unhealthy,
                     .said = fmt::format("no answer within {:.3g} s",
                                         std::chrono::duration<double>(budget).count()),
                     .why = "nobody answered, or the name was not resolved",
                     .fix = check.fix,
                     .took = report.took});
            } else {
                report.results.push_back(not_made(id, first));
            }
        }
    }
    const auto& all = checks();
    const auto place = [&](const Result& result) {
        return std::find_if(all.begin(), all.end(),
                            [&](const Check& each) { return each.id == result.id; }) -
               all.begin();
    };
    std::stable_sort(
        report.results.begin(), report.results.end(),
        [&](const Result& one, const Result& other) { return place(one) < place(other); });
    return report;
}

}  // namespace nightshift::health
