#include "send_reminders/problems.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace nightshift::cmd {

ExitCode code_of(const notifications::RunReport& report, bool timed_out) {
    if (!report.sent.broken.empty() || !report.sent.closed.empty()) return ExitCode::configuration;
    if (report.count("over budget") > 0) return ExitCode::refused;
    if (report.count("rejected") + report.count("unknown") + report.count("failed") > 0)
        return ExitCode::partial;
    if (!report.sent.open.empty() || report.sent.put_back > 0) return ExitCode::unavailable;
    return timed_out ? ExitCode::timed_out : ExitCode::done;
}

void print_problems(const Session& session, const notifications::RunReport& report) {
    const auto joined = [](const std::vector<std::string>& words) {
        std::string list;
        for (const auto& each : words) list += (list.empty() ? "" : ", ") + each;
        return list;
    };
    const auto say = [&](Failure failure, const std::string& what, const std::string& why,
                         const std::string& hint) {
        session.output.explain({failure, what, why, hint});
    };
    const auto trouble_of = [&](const std::string& provider, notifications::Class outcome) {
        for (const auto& each : report.sent.troubles) {
            if (each.provider == provider && each.outcome == outcome)
                return fmt::format("{}{}{}", each.code,
                                   each.code.empty() || each.example.empty() ? "" : ": ",
                                   each.example);
        }
        return std::string{};
    };
    for (const auto& provider : report.sent.broken)
        say(Failure::configuration, provider + " refused us, and is left alone",
            trouble_of(provider, notifications::Class::config),
            "correct its settings; what waits is sent by the next run while it is of use");
    if (!report.sent.closed.empty())
        say(Failure::configuration,
            "our account may not send to " + joined(report.sent.closed) + ", and messages wait",
            "the provider has not enabled these countries for it",
            "have them enabled, or take their prices out of NIGHTSHIFT_PRICES");
    if (const auto over = report.count("over budget"); over > 0)
        say(Failure::refused,
            counted(over, "SMS message") + " would have gone over the day's budget",
            "they are not sent, nor by a later run",
            "raise NOTIFY_DAILY_BUDGET, or --max-cost, for those to come");
    const auto lost = report.count("rejected") + report.count("unknown") + report.count("failed");
    if (lost > 0)
        say(Failure::data, counted(lost, "delivery") + " cannot be counted on",
            fmt::format("{} rejected, {} unknown, {} out of retries", report.count("rejected"),
                        report.count("unknown"), report.count("failed")),
            "see 'nightshift notifications list --state rejected', unknown and failed");
    for (const auto& provider : report.sent.open)
        say(Failure::unavailable, provider + " did not answer well, and is left alone",
            trouble_of(provider, notifications::Class::retry),
            "what waits is tried again by the next run");
    if (report.sent.put_back > 0 && report.sent.open.empty())
        say(Failure::unavailable,
            counted(report.sent.put_back, "delivery") + " could not be sent yet",
            "their provider asked to be tried again later", "the next run does");
    if (!report.sent.unpriced.empty())
        log::warning("these have no price, and are not sent to",
                     {{"items", joined(report.sent.unpriced)},
                      {"fix", "give them one in NIGHTSHIFT_PRICES"}});
    if (!report.plan.unknown_categories.empty())
        log::warning("preferences for categories that are none of ours silence all of them",
                     {{"categories", excerpt(joined(report.plan.unknown_categories), 200)}});
}

}  // namespace nightshift::cmd
