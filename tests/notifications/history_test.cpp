// What an operator sees of the outbox, and does to it.
#include "notifications/send_scene.hpp"
#include "support/catch.hpp"

#include <filesystem>

using namespace nightshift::test;
using Json = nlohmann::json;

namespace {

struct Operator : Sending {
    using Sending::Sending;

    Finished notifications(std::vector<std::string> words,
                           const std::map<std::string, std::string>& more = {}) const {
        words.insert(words.begin(), "notifications");
        auto all = environment();
        for (const auto& [name, value] : more) all[name] = value;
        return run(program(words, all));
    }
    Json json(std::vector<std::string> words) const {
        words.emplace_back("--json");
        return Json::parse(notifications(words).out);
    }
};

}  // namespace

TEST_CASE("the outbox is listed and shown with addresses masked, unless they are to be revealed") {
    const Operator it;
    it.at_risk(1);
    it.learner(2);
    it.passes();
    it.send(evening);
    const auto list = it.notifications({"list"});
    CHECK(list.exit_code == 0);
    CHECK_THAT(list.out, ContainsSubstring("…1001"));
    CHECK_THAT(list.out, ContainsSubstring("accepted (twilio accepted)"));
    CHECK(list.out.find("+14155551001") == std::string::npos);
    CHECK_THAT(it.notifications({"list", "--reveal"}).out, ContainsSubstring("+14155551001"));
    const auto json = it.json({"show", "1"});
    CHECK(json["addresses"].size() == 2);
    CHECK(json["deliveries"].size() == 2);
    CHECK(json["deliveries"][0]["last_call"]["cost"] == "0.0145");
    CHECK(it.json({"list", "--state", "unknown"})["deliveries"].empty());
    CHECK(it.json({"list", "--kind", "streak_at_risk"})["deliveries"].size() == 2);
    CHECK(it.notifications({"show", "99"}).exit_code == 65);
    CHECK_THAT(it.notifications({"show", "2"}).out, ContainsSubstring("nothing was said yet"));
}

TEST_CASE("what a learner wants stands beside what was said to them") {
    const Operator it;
    it.learner(1);
    CHECK(it.json({"show", "1"})["wishes"] == "");
    it.wish(1, "all", "sms", false);
    CHECK(it.json({"show", "1"})["wishes"] == "all/sms off");
    CHECK_THAT(it.notifications({"show", "1"}).out, ContainsSubstring("wishes  all/sms off"));
}

TEST_CASE("what cannot be a user's id is said to be none, wherever one is asked for") {
    const Operator it;
    for (const std::string id : {"Lea", "99999999999999999999"}) {
        for (const auto& words : std::vector<std::vector<std::string>>{
                 {"show", id}, {"forget", id, "--force"}, {"cancel", "--user", id}}) {
            const auto refused = it.notifications(words);
            CHECK(refused.exit_code == 65);
            CHECK_THAT(refused.err, ContainsSubstring("no user can have the id " + id));
        }
        for (const auto* option : {"--only-user", "--explain"}) {
            const auto refused = it.send(evening, {option, id});
            CHECK(refused.exit_code == 65);
            CHECK_THAT(refused.err, ContainsSubstring("no user can have the id " + id));
        }
    }
}

TEST_CASE("what is paused waits, and goes on when it is resumed") {
    const Operator it;
    it.reviews(3);
    CHECK(it.notifications({"pause", "sendgrid"}).exit_code == 0);
    CHECK_THAT(it.notifications({"pause", "sendgrid"}).out, ContainsSubstring("already"));
    CHECK(it.send_json(morning)["left"] == 3);
    CHECK_THAT(it.notifications({"list"}).out, ContainsSubstring("paused: sendgrid"));
    it.notifications({"pause", "review"});
    it.notifications({"pause"});
    it.notifications({"resume", "sendgrid"});
    CHECK_THAT(it.notifications({"resume"}).out, ContainsSubstring("still paused: review"));
    CHECK(it.send_json(morning)["left"] == 3);
    it.notifications({"resume", "review"});
    CHECK(it.send_json(morning)["reasons"]["accepted"] == 3);
    CHECK(it.notifications({"pause", "pigeon"}).exit_code == 64);
}

TEST_CASE("what waits can be taken back, by delivery, user or kind") {
    const Operator it;
    it.reviews(4);
    it.notifications({"pause"});
    it.send(morning);
    CHECK(it.notifications({"cancel"}).exit_code == 64);
    const auto id = it.database.query(
        "SELECT notification_id || '.' || ordinal FROM nightshift.notification_deliveries WHERE "
        "user_id = 1");
    CHECK(it.json({"cancel", id})["cancelled"] == 1);
    CHECK(it.json({"cancel", id})["cancelled"] == 0);
    CHECK(it.json({"cancel", "--user", "2"})["cancelled"] == 1);
    CHECK(it.json({"cancel", "--kind", "milestone"})["cancelled"] == 0);
    CHECK(it.json({"cancel", "--all"})["cancelled"] == 2);
    it.notifications({"resume"});
    CHECK(it.send_json(morning)["calls"] == 0);
    CHECK(it.states() == "skipped cancelled 4");
}

TEST_CASE("what was said long ago is pruned, and its costs survive as daily sums") {
    const Operator it;
    it.at_risk(1);
    it.at_risk(2);
    it.passes();
    it.send(evening);
    it.database.query(
        "UPDATE nightshift.notifications SET planned_at = now() - interval '30 days' "
        "WHERE user_id = 1");
    CHECK(it.notifications({"prune", "--older-than", "5"}).exit_code == 64);
    CHECK(it.json({"prune", "--older-than", "20"})["notifications"] == 1);
    CHECK(it.json({"prune", "--older-than", "20"})["notifications"] == 0);
    CHECK(it.database.query(
              "SELECT string_agg(concat_ws(' ', day, service, item, quantity, cost, messages), ', "
              "' ORDER BY service) FROM nightshift.quantities WHERE noted_at IS NULL") ==
          "2026-11-23 sendgrid email 1 0.00 1, 2026-11-23 twilio sms/US 1 0.0145 1");
    CHECK(it.database.query("SELECT count(*) FROM nightshift.notification_attempts") == "2");

    CHECK(it.notifications({"forget", "2"}).exit_code == 77);
    it.database.query(
        "DELETE FROM users WHERE id = 2; INSERT INTO nightshift.suppressions VALUES "
        "('sms', '+14155551002', 'suppressed', 'x', now())");
    const auto forgotten = it.json({"forget", "2"});
    CHECK(forgotten["notifications"] == 1);
    CHECK(forgotten["suppressions_kept"] == 1);
    CHECK(
        it.database.query("SELECT quantity || ' ' || cost || ' ' || messages FROM "
                          "nightshift.quantities WHERE item = 'sms/US'") == "2 0.0290 2");
    CHECK(it.states().empty());
    CHECK(it.database.query("SELECT count(*) FROM nightshift.notification_attempts") == "0");
}

TEST_CASE("a test message goes to an address that may be written to, within the budget") {
    const Operator it;
    CHECK(it.notifications({"test", "--to", "lea@example.test"}).exit_code == 0);
    CHECK(it.asked("sendgrid").size() == 1);
    const auto refused =
        it.notifications({"test", "--to", "lea@example.test"}, {{"ENVIRONMENT", "staging"}});
    CHECK(refused.exit_code == 77);
    CHECK(it.notifications({"test", "--to", "lea@example.test"},
                           {{"ENVIRONMENT", "staging"}, {"NOTIFY_ALLOWLIST", "@example.test"}})
              .exit_code == 0);
    const auto sms = it.notifications({"test", "--to", "+14155550100"});
    CHECK_THAT(sms.out, ContainsSubstring("twilio to …0100: accepted"));
    CHECK(it.database.query("SELECT amount FROM nightshift.message_spending") == "0.0145");
    CHECK(it.notifications({"test", "--to", "+14155550100"}, {{"NOTIFY_DAILY_BUDGET", "0.02"}})
              .exit_code == 77);
    CHECK(it.notifications({"test", "--to", "+254711000001"}).exit_code == 77);  // no price
    CHECK(it.notifications({"test", "--to", "a-device-token"}).exit_code == 0);
    CHECK(it.asked("twilio").size() == 1);
    // A folder bills nothing, and knows every country.
    const auto folder = it.folder.path() / "messages";
    std::filesystem::create_directory(folder);
    CHECK(it.notifications({"test", "--to", "+254711000001", "--channel-folder", folder.string()})
              .exit_code == 0);
    CHECK(it.database.query("SELECT amount FROM nightshift.message_spending") == "0.0145");
    CHECK(it.notifications({"test", "--to", "a@b.test", "--channel-folder", ""}).exit_code == 64);
    std::filesystem::create_symlink(folder, it.folder.path() / "link");
    CHECK(it.notifications({"test", "--to", "a@b.test", "--channel-folder",
                            (it.folder.path() / "link").string()})
              .exit_code == 78);
}

TEST_CASE("a test message keeps off whom others must keep off, and pays for what is taken alone") {
    const Operator it{[](const auto& which, const auto& asked) -> HttpAnswer {
        if (which != "twilio") return Sending::succeed(which, asked);
        return {.status = 400, .body = R"({"code":21211,"message":"no number"})"};
    }};
    CHECK(it.notifications({"test", "--to", "+14155550100"}).exit_code == 1);
    CHECK(it.database.query("SELECT amount FROM nightshift.message_spending") == "0.0000");
    it.database.query(
        "INSERT INTO nightshift.suppressions VALUES ('sms', '+14155550101', 'suppressed', "
        "'twilio 21610', now())");
    const auto stopped = it.notifications({"test", "--to", "+14155550101"});
    CHECK(stopped.exit_code == 77);
    CHECK_THAT(stopped.err, ContainsSubstring("twilio 21610"));
    it.notifications({"pause", "sendgrid"});
    CHECK(it.notifications({"test", "--to", "lea@example.test"}).exit_code == 77);
    for (const auto* address : {"x@", "a@b.test>\r\nRCPT TO:<evil@x.test", "+14155x", "a token"}) {
        INFO(address);
        const auto refused = it.notifications({"test", "--to", address});
        CHECK(refused.exit_code == 64);
    }
    CHECK(it.asked("sendgrid").empty());
    CHECK(it.asked("twilio").size() == 1);
    CHECK(it.notifications({"cancel", "nonsense"}).exit_code == 64);
    CHECK(it.notifications({"cancel", "--kind", "revue"}).exit_code == 64);
}

TEST_CASE("a day's spending has one currency") {
    const Operator it;
    it.at_risk(1);
    it.passes();
    it.send(evening);
    const auto prices = it.folder.file(
        "prices.json",
        R"({"schema_version": 1, "currency": "EUR", "sms": {"twilio": {"US": "0.01"}}})");
    const auto other = it.send("2026-11-23T19:20:00Z", {}, {{"NIGHTSHIFT_PRICES", prices}});
    CHECK(other.exit_code == 78);
    CHECK_THAT(other.err, ContainsSubstring("in EUR") && ContainsSubstring("in USD"));
}

TEST_CASE("a period of everybody's is not closed by a run for some") {
    const Operator it;
    it.reviews(1);
    for (const auto& words : {std::vector<std::string>{"--only-user", "1"}, {"--limit", "1"}}) {
        auto all = words;
        all.insert(all.end(), {"--once-per", "quarter-hour"});
        CHECK(run(program({"send-reminders", all[0], all[1], all[2], all[3]}, it.environment()))
                  .exit_code == 64);
    }
}

TEST_CASE("every rule's verdict for one user is explained") {
    const Operator it;
    it.at_risk(1);
    it.due(1, 3);
    it.wish(1, "reminders", "sms", false);
    it.passes();
    const auto json = it.send_json(evening, {"--explain", "1"});
    CHECK(json["exit_code"] == 0);
    std::map<std::string, Json> kinds;
    for (const auto& each : json["kinds"]) kinds[each["kind"]] = each;
    CHECK(kinds.size() == 6);
    CHECK(kinds["streak_at_risk"]["verdict"] == "sms opted out; email eligible");
    CHECK_THAT(kinds["streak_at_risk"]["facts"].get<std::string>(),
               ContainsSubstring("learned yesterday: yes, today: no"));
    CHECK(kinds["review"]["facts"] == "3 items are due; at least 5 are needed");
    CHECK(kinds["review"]["verdict"] == "its window is over");
    CHECK(kinds["weekly_result"]["verdict"] == "not due");
    CHECK_THAT(json["wishes"].get<std::string>(), ContainsSubstring("reminders/sms off"));
    CHECK(json["run"]["reasons"] == Json{{"eligible", 1}, {"opted out", 1}});
    CHECK(it.server.asked().empty());
    CHECK(it.states().empty());
    CHECK(it.send(evening, {"--explain", "99"}).exit_code == 65);
    CHECK(it.send(evening, {"--only-user", "99"}).exit_code == 65);
}
