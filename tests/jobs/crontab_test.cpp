// The schedule as lines of a crontab and as systemd's units, and what is said of such lines.
#include "jobs/crontab.hpp"

#include "jobs/crontab_check.hpp"
#include "jobs/installation.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/process.hpp"

#include <set>

using namespace nightshift;
using namespace nightshift::jobs;
using namespace nightshift::test;

namespace {

const auto begin_of_winter = parse_instant("2026-11-22T00:00:00Z").value();

std::vector<ScheduledJob> jobs_of(const std::string& fields) {
    return parse_schedule(
        R"({"schema_version": 1, "jobs": [{"job": "it", "missed": "never", )" + fields + "}]}",
        "here");
}

CrontabOptions machine(const std::string& zone = "UTC", const std::string& cron_zone = "UTC") {
    return {.program = "/usr/bin/nightshift",
            .user = "app",
            .env_file = "",
            .host = "web1",
            .zone = zone,
            .cron_zone = cron_zone};
}

PlannedJob planned(const std::string& fields, const CrontabOptions& options) {
    return plan(jobs_of(R"("command": ["check-streaks"], )" + fields), options, begin_of_winter)[0];
}

// Minute and hour, as numbers; -1 for *.
std::pair<int, int> minute_and_hour(const std::string& times) {
    const auto blank = times.find(' ');
    const auto hour = times.substr(blank + 1, times.find(' ', blank + 1) - blank - 1);
    return {std::stoi(times), hour == "*" ? -1 : std::stoi(hour)};
}

std::string findings_of(const std::string& line, const std::string& zone = "Europe/London") {
    const auto crontab = parse_crontab(line + "\n", CrontabKind::user);
    std::string text;
    for (const auto& each : crontab.findings) text += "error: " + each.what + "\n";
    for (const auto& entry : crontab.entries) {
        for (const auto& each : look_at(entry, zone, begin_of_winter))
            text += "look: " + each.what + "\n";
    }
    return text;
}

constexpr const char* good =
    "/usr/bin/nightshift check-streaks --quiet --once-per hour --timeout 9";

}  // namespace

TEST_CASE("minutes are spread over hosts and jobs, and none is everybody's") {
    std::set<int> minutes;
    for (int host = 0; host < 300; ++host) {
        auto options = machine();
        options.host = "web" + std::to_string(host);
        const auto hourly = planned(R"("every": "hour")", options);
        CHECK(hourly.times == planned(R"("every": "hour")", options).times);
        const auto [minute, hour] = minute_and_hour(hourly.times);
        CHECK(hour == -1);
        CHECK(minute % 15 >= 2);
        CHECK(minute % 15 <= 13);
        minutes.insert(minute);

        const auto [close, at] =
            minute_and_hour(planned(R"("every": "week", "at": "6 days 23:00")", options).times);
        CHECK(at == 23);
        CHECK(close <= 13);
        CHECK(close >= 2);
    }
    CHECK(minutes.size() == 48);
}

TEST_CASE("a job's time is on the clock of its zone, whatever cron's clock says") {
    const std::string close = R"("every": "week", "at": "6 days 23:00")";
    const auto hours = [](const PlannedJob& job) {
        return job.times.substr(job.times.find(' ') + 1);
    };
    CHECK(hours(planned(close, machine())) == "23 * * 0");
    CHECK(hours(planned(close, machine("Africa/Banjul", "UTC"))) == "23 * * 0");
    CHECK(hours(planned(close, machine("Asia/Tokyo", "UTC"))) == "14 * * 0");
    CHECK(hours(planned(close, machine("America/Phoenix", "UTC"))) == "6 * * 1");
    // London is an hour ahead of UTC in summer: 23:00 there is 22:00, in winter 23:00.
    CHECK(hours(planned(close, machine("Europe/London", "UTC"))) == "23 * * 0");
    CHECK(hours(planned(R"("every": "day", "at": "02:30")", machine("Asia/Tokyo"))) == "17 * * *");
    CHECK(hours(planned(R"("every": "month", "at": "02:30")", machine("America/Phoenix"))) ==
          "9 1 * *");
    // Tokyo's first of the month is UTC's last: a day later rather than too early.
    CHECK(hours(planned(R"("every": "month", "at": "02:30")", machine("Asia/Tokyo"))) ==
          "17 1 * *");
    const auto half = planned(R"("every": "hour", "at": "00:02")", machine("Asia/Kolkata"));
    CHECK(minute_and_hour(half.times).first >= 30);
    CHECK(error_of([] {
              planned(R"("every": "month", "at": "27 days 23:30")", machine("America/Phoenix"));
          }).failure == Failure::configuration);

    const auto calendar = planned(close, machine("Europe/London")).calendar;
    CHECK_THAT(calendar, ContainsSubstring("Sun *-*-* 23:"));
    CHECK_THAT(calendar, ContainsSubstring(":00 Europe/London"));
    CHECK_THAT(planned(R"("every": "month", "at": "1 day 02:30")", machine()).calendar,
               ContainsSubstring("*-*-02 02:3"));
}

TEST_CASE("words reach the command through cron and the shell, and through systemd, as they are") {
    const auto schedule = jobs_of(
        R"("command": ["import-attempts", "/var/a b/100%.csv", "it's", "$HOME", "x\\y\"z", ""], "every": "day")");
    const auto jobs = plan(schedule, machine(), begin_of_winter);
    const auto text = cron_d_text(jobs, machine());
    const auto crontab = parse_crontab(text, CrontabKind::cron_d);
    CHECK(crontab.findings.empty());
    REQUIRE(crontab.entries.size() == 2);  // and the catch-up
    CHECK(crontab.entries[0].user == "app");
    CHECK(crontab.entries[0].started.at(0).words == jobs[0].words);
    // What /bin/sh makes of it.
    auto command = crontab.entries[0].command;
    command.replace(0, std::string{"/usr/bin/nightshift"}.size(), "printf '%s\\n'");
    std::string expected;
    for (std::size_t i = 1; i < jobs[0].words.size(); ++i) expected += jobs[0].words[i] + "\n";
    CHECK(run({.command = {"sh", "-c", command}}).out == expected);

    const auto units = systemd_units(jobs, machine());
    CHECK_THAT(units[0].text,
               ContainsSubstring(R"("/var/a b/100%%.csv" "it's" "$$HOME" "x\\y\"z" "")"));
    CHECK(error_of([] {
              plan(jobs_of(R"("command": ["a\nb"], "every": "day")"), machine(), begin_of_winter);
          }).failure == Failure::configuration);
}

TEST_CASE("what a line starts of nightshift is seen behind shells and wrappers") {
    // Each with its settings; ? where what it finds there cannot be told from the line.
    const auto started = [](const std::string& command) {
        std::string all;
        for (const auto& each : started_by(command)) {
            for (const auto& [name, value] : each.environment) all += name + "=" + value + " ";
            all += each.is_plain ? "" : "?";
            for (const auto& word : each.words) all += "[" + word + "]";
        }
        return all;
    };
    CHECK(started("nightshift a b") == "[nightshift][a][b]");
    CHECK(started("nightshift a >>/log/x 2>&1 | logger -t nightshift") == "[nightshift][a]");
    CHECK(started("nightshift a; nightshift b || x/nightshift c") ==
          "[nightshift][a][nightshift][b][x/nightshift][c]");
    CHECK(started("A='x y' B= /bin/nightshift a; true") == "A=x y B= [/bin/nightshift][a]");
    CHECK(started("A=1 timeout -k 5 60 nightshift a") == "A=1 [nightshift][a]");
    CHECK(started("env C=1 nice -n 9 nightshift a") == "C=1 [nightshift][a]");
    CHECK(started("flock -n /run/lock/nightshift timeout 60 nightshift a") == "[nightshift][a]");
    CHECK(started("flock /l -c \"nightshift 'a b' && x\"") == "[nightshift][a b]");
    CHECK(started("A=1 sh -ec 'B=2 nightshift a'") == "A=1 B=2 [nightshift][a]");
    CHECK(started("systemd-cat -t nightshift -p info nightshift a") == "[nightshift][a]");
    CHECK(started("command -v nightshift >/dev/null && nightshift a") == "[nightshift][a]");
    CHECK(started("nightshift a | systemd-cat -t nightshift -p info") == "[nightshift][a]");
    CHECK(started("if true; then ! nightshift a; fi") == "[nightshift][a]");
    CHECK(started("ionice -c 2 nightshift a --for \"$(date -d '1 day')\" >/dev/null") ==
          "[nightshift][a][--for][$(date -d '1 day')]");
    CHECK(started("nightshift import /d/$(date +%F).csv -q # and so on") ==
          "[nightshift][import][/d/$(date +%F).csv][-q]");

    CHECK(started("cd /srv/nightshift && ./nightshift a") == "?[./nightshift][a]");
    CHECK(started("set -a; . ./.env; set +a; nightshift a") == "?[nightshift][a]");
    CHECK(started("sudo -u nightshift -H nightshift a") == "?[nightshift][a]");
    CHECK(started("runuser -u nightshift -- nightshift a") == "?[nightshift][a]");
    CHECK(started("/usr/bin/env -C /srv nightshift a") == "?[nightshift][a]");
    CHECK(started("su -s /bin/sh nightshift -c 'nightshift a'") == "?[nightshift][a]");
    CHECK(started("sudo -iu nightshift nightshift a") == "?[nightshift][a]");
    CHECK(started("PATH=/opt/bin:$PATH; nightshift a") == "?[nightshift][a]");
    CHECK(started("flock -n /usr/bin/nightshift /usr/bin/nightshift a") ==
          "[/usr/bin/nightshift][a]");
    CHECK(started("bash -c 'cd /srv; nightshift a'") == "?[nightshift][a]");
    CHECK(started("A=\"$(cat f)\" nightshift a") == "A=$(cat f) ?[nightshift][a]");

    for (const std::string other : {"nice pg_dump nightshift > /tmp/x",
                                    "timeout 600 /usr/bin/psql -f /x nightshift",
                                    "timeout 60 systemctl restart nightshift",
                                    "timeout 60 ssh web1 nightshift a",
                                    "flock -n /tmp/l docker exec app nightshift a",
                                    "systemd-cat -t nightshift rsync -a /a /b",
                                    "nice cp /usr/bin/nightshift /backup/",
                                    "sudo -u postgres pg_dump nightshift",
                                    "su nightshift -c 'rsync -a /a /b'",
                                    "command -v /usr/bin/nightshift",
                                    "sh nightshift.sh",
                                    "flock",
                                    "timeout 5",
                                    "sudo -u",
                                    "nice -n",
                                    "sh -c",
                                    "echo nightshift",
                                    "tar c /etc/nightshift",
                                    "echo a > nightshift",
                                    "pgrep -x nightshift",
                                    "cd /srv/nightshift && make",
                                    "rsync -a /srv/nightshift /backup/",
                                    "true # nightshift a",
                                    "flock -n /run/lock/nightshift true",
                                    "a $(b",
                                    "'",
                                    "\\"}) {
        INFO(other);
        CHECK(started(other).empty());
    }
    CHECK(started("env A=" + std::string(100'000, 'x') + " nightshift a").size() > 100'000);
}

TEST_CASE("a time that clocks skip is taken an hour later, as systemd leaves it out") {
    // Berlin: 02:00 to 03:00 on the last Sunday of March; Beirut: 00:00 to 01:00.
    const auto gap =
        planned(R"("every": "day", "at": "02:30")", machine("Europe/Berlin", "Europe/Berlin"));
    CHECK_THAT(gap.calendar, ContainsSubstring(" 03:3"));
    CHECK(minute_and_hour(gap.times).second == 2);  // cron makes up for it
    CHECK_THAT(planned(R"("every": "day")", machine("Asia/Beirut")).calendar,
               ContainsSubstring(" 01:"));
    CHECK_THAT(planned(R"("every": "day", "at": "02:30")", machine()).calendar,
               ContainsSubstring(" 02:3"));
    // Nuuk's gap reaches to midnight: an hour later would be in the next week.
    CHECK_THAT(
        planned(R"("every": "week", "at": "6 days 23:30")", machine("America/Nuuk")).calendar,
        ContainsSubstring("Sun *-*-* 23:3"));
    CHECK_THAT(planned(R"("every": "month", "at": "27 days 23:30")",
                       machine("America/Nuuk", "America/Nuuk"))
                   .calendar,
               ContainsSubstring("*-*-28 23:3"));
    const auto times = parse_calendar(gap.calendar);
    REQUIRE(times);
    CHECK(times->second == "Europe/Berlin");
    CHECK(!parse_calendar("hourly"));
    CHECK(parse_calendar(planned(R"("every": "quarter-hour")", machine()).calendar));
    CHECK(parse_calendar(planned(R"("every": "month", "at": "3 days 04:00")", machine()).calendar));
}

TEST_CASE("a crontab is the same at whatever hour it is made") {
    // Both zones change their clocks on the same day, three hours apart.
    const auto made = [](int hour) {
        return plan(
            jobs_of(R"("command": ["check-streaks"], "every": "week", "at": "6 days 23:00")"),
            machine("America/Los_Angeles", "America/New_York"),
            begin_of_winter + std::chrono::hours{hour})[0];
    };
    for (int hour = 0; hour < 24; ++hour) CHECK(made(hour).times == made(0).times);
    CHECK(made(0).times.ends_with(" 2 * * 1"));
    CHECK(!made(0).slides);
}

TEST_CASE("a time that slides into the next period for part of the year is told") {
    // Berlin is one or two hours ahead of UTC: 23:30 there is 00:30 or 01:30.
    const auto slides = [](const std::string& fields) {
        return planned(fields, machine("UTC", "Europe/Berlin")).slides;
    };
    CHECK(slides(R"("every": "day", "at": "23:30")"));
    CHECK(!slides(R"("every": "day", "at": "20:30")"));
    CHECK(slides(R"("every": "week", "at": "6 days 23:10")"));
    CHECK(!slides(R"("every": "week", "at": "5 days 23:10")"));
    CHECK(!slides(R"("every": "hour")"));
    CHECK(!planned(R"("every": "day", "at": "23:30")", machine("UTC", "Asia/Kolkata")).slides);
}

TEST_CASE("a command keeps the options that it has") {
    const auto jobs = plan(
        jobs_of(
            R"("command": ["check-streaks", "--timeout=7", "--quiet"], "every": "quarter-hour")"),
        machine(), begin_of_winter);
    CHECK(jobs[0].words == std::vector<std::string>{"/usr/bin/nightshift", "check-streaks",
                                                    "--timeout=7", "--quiet", "--once-per",
                                                    "quarter-hour"});
}

TEST_CASE("our block in somebody's crontab is replaced where it stands, and taken out again") {
    const auto block =
        user_block(plan(jobs_of(R"("command": ["a"], "every": "day")"), machine(), begin_of_winter),
                   machine());
    const auto other = user_block({}, machine());
    for (const std::string theirs : {"", "MAILTO=me\n1 2 * * * true\n", "# no line end"}) {
        const auto begun = theirs.empty() || theirs.ends_with('\n') ? theirs : theirs + "\n";
        const auto with = with_block(theirs, block);
        CHECK(with == begun + block);
        CHECK(block_of(with) == block);
        CHECK(with_block(with, block) == with);
        CHECK(without_block(with) == begun);
        CHECK(with_block(with + "5 5 * * * last\n", other) == begun + other + "5 5 * * * last\n");
    }
    CHECK(block_of("1 2 * * * true\n").empty());
    const auto cut = block.substr(0, block.rfind("# ---"));
    CHECK(error_of([&] { without_block(cut + "5 5 * * * theirs\n"); }).failure == Failure::refused);
}

TEST_CASE("what cron takes without a word is found") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"17 * * * * " + std::string{good}, ""},
        {"17 * * * * " + std::string{good} + " >> /var/log/$(date +%F)", "error: an unescaped %"},
        {"17 * * * * " + std::string{good} + " >> /var/log/$(date +\\%F)", ""},
        {"77 * * * * " + std::string{good}, "error: 77 is no minute"},
        {"17 * * * *", "error: there is no command"},
        {"17 * * * * true\r", "error: it ends in a carriage return"},
        {"30 1 * * * " + std::string{good}, "look: clocks skip its time: 2027-03-28 02:00 +0100"},
        {"30 1 31 10 * true", "look: clocks repeat its time: 2027-10-31 01:30 +0100"},
        {"@reboot true", ""},
        {"1 3 13 * 5 true", "look: day of month and day of week"},
        {"1 3 31 2 * true", "look: it never comes round"},
        {"1 5 * * * nightshift check-streaks --quiet --once-per day --timeout 9",
         "look: cron's PATH"},
        {"1 5 * * * /bin/nightshift check-streaks -q --timeout 9", "look: a second host"},
        {"1 5 * * * /bin/nightshift check-streaks --once-per=day --timeout 9",
         "look: each run prints"},
        {"1 5 * * * /bin/nightshift check-streaks --once-per day -q", "look: a run may go on"},
        {"1 5 * * * flock -n /run/nightshift /bin/nightshift check-streaks -q --timeout 9 2>&1 "
         "| logger",
         "look: a second host"},
        {"1 5 * * * cd /app && A=1 nice nightshift check-streaks -q --once-per day",
         "look: a run may go on"},
        {"1 5 * * * bash -lc 'nightshift check-streaks --once-per day --timeout 9'",
         "look: each run prints"},
        {"1 5 * * * /bin/nightshift runs prune -q", ""},
        {"1 5 * * * tar c /etc/nightshift > /b.tar; echo nightshift is over | mail me", ""},
        {"5 5 29 2 * true", ""},
        {"\"A B\" = \"c d\"", ""},
        {"1 5 * * * /bin/other thing", ""},
        {"# 77 * * * * x", ""},
        {"MAILTO = \"me\"", ""}};
    for (const auto& [line, expected] : rows) {
        INFO(line);
        const auto said = findings_of(line);
        if (expected.empty()) {
            CHECK(said.empty());
        } else {
            CHECK_THAT(said, ContainsSubstring(expected));
        }
    }
    CHECK(findings_of("30 1 * * * true", "UTC").empty());
    const auto cut = parse_crontab("1 5 * * * true", CrontabKind::user);
    REQUIRE(cut.findings.size() == 1);
    CHECK_THAT(cut.findings[0].what, ContainsSubstring("no line end"));
}

TEST_CASE("the shortest time between two ticks") {
    const auto shortest = [](const std::string& times) {
        return shortest_interval(parse_cron_times(times), "UTC", begin_of_winter);
    };
    CHECK(shortest("7 * * * *")->count() == 3600);
    CHECK(shortest("0,10,45 * * * *")->count() == 600);
    CHECK(shortest("0 2 * * *")->count() == 86400);
    CHECK(!shortest("0 0 29 2 *"));
}

TEST_CASE("systemd itself finds nothing wrong with the units, and cron with the crontab") {
    const auto schedule = parse_schedule(default_schedule(), "the program itself");
    for (const std::string zone : {"UTC", "Europe/London", "Asia/Kathmandu"}) {
        auto options = machine(zone, "UTC");
        options.program = "/usr/bin/env";  // one that is there
        options.user = "daemon";
        const auto jobs = plan(schedule, options, begin_of_winter);
        for (const auto target : {Target::cron_d, Target::user, Target::systemd}) {
            const Place place{target, options.user};
            const auto findings = verify(place, wanted(place, jobs, options));
            for (const auto& each : findings) INFO(each.what);
            CHECK(findings.empty());
        }
    }
    // Nor do we miss what they find.
    const Place systemd{Target::systemd, "daemon"};
    CHECK(verify(systemd,
                 {{"nightshift-x.service", "[Service]\nType=oneshot\nExecStrat=/bin/true\n"}})
              .size() == 1);
    CHECK(verify(systemd, {{"nightshift-x.timer", "[Timer]\nOnCalendar=Blursday\n"}}).size() >= 1);
    CHECK(verify({Target::cron_d, "daemon"}, {{"nightshift", "61 * * * * daemon true\n"}}).size() ==
          1);
}
