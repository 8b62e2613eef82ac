// nightshift health --level deep: providers, and the object store.
#include "health/deep_scene.hpp"
#include "support/s3_server.hpp"
#include "support/smtp_server.hpp"

#include <algorithm>
#include <filesystem>

using namespace nightshift::test;
namespace fs = std::filesystem;

TEST_CASE("providers that take our credentials are healthy, and nothing is sent to anybody") {
    const Deep it;
    const auto looked = it.deep();
    CHECK(not_well(looked).empty());
    for (const auto* id :
         {"fcm.credentials", "fcm.scope", "twilio.credentials", "twilio.scope", "twilio.balance",
          "sendgrid.credentials", "sendgrid.scope", "sendgrid.balance"}) {
        INFO(id);
        CHECK(status(looked, id) == "healthy");
    }
    CHECK(message(looked, "twilio.balance") == "123.45 USD");
    CHECK(looked.at("twilio.balance").at("value") == 123.45);
    CHECK(status(looked, "twilio.certificate") == "skipped");  // plain http, on loopback
    CHECK(status(looked, "smtp.credentials") == "skipped");
    const auto service = Json::parse(
        it.health({"--only", "twilio", "--only", "store", "--format", "json"}, it.settings()).out);
    CHECK(service.at("services").at("twilio").at("status") == "connected");
    CHECK_FALSE(service.at("services").contains("store"));
    for (const auto& asked : it.providers.asked()) {
        INFO(asked.target);
        CHECK((asked.method == "GET" || asked.target == "/token" ||
               Json::parse(asked.body).at("validate_only") == true));
    }
}

TEST_CASE("what is beyond Postgres and Redis is asked at the deep level alone") {
    const Deep it;
    CHECK_FALSE(it.looked({}, it.settings()).contains("twilio.credentials"));
    CHECK(it.providers.asked().empty());
    CHECK(status(it.looked({"--only", "twilio"}, it.settings()), "twilio.credentials") ==
          "healthy");
}

TEST_CASE("each refusal of a provider turns its own check") {
    struct Case {
        std::string asked;
        HttpAnswer answer;
        NotWell expected;
        std::string words;  // of the first of them that is not unknown
    };
    const auto of_first = [](const std::string& provider, const std::string& is,
                             const std::vector<std::string>& others) {
        NotWell all{{provider + ".credentials", is}};
        for (const auto& each : others) all[provider + "." + each] = "unknown";
        return all;
    };
    const std::string account = "GET /2010-04-01/Accounts/AC1.json";
    const std::vector<std::string> others{"scope", "balance"};
    for (const auto& [asked, answer, expected, words] : std::vector<Case>{
             {account,
              {.status = 401, .body = R"({"code":20003,"message":"Authenticate"})"},
              of_first("twilio", "unhealthy", others),
              "refuses our credentials (401)"},
             {account, {.status = 429}, {{"twilio.credentials", "degraded"}}, "too much to do"},
             {account, {.status = 500}, {{"twilio.credentials", "degraded"}}, "of its own (500)"},
             {account,
              {.then = HttpAnswer::Then::hang, .says_nothing = true},
              of_first("twilio", "unhealthy", others),
              "does not answer"},
             {account,
              {.body = R"({"status":"suspended","type":"Full"})"},
              {{"twilio.scope", "unhealthy"}},
              "the account is suspended"},
             {account,
              {.body = R"({"status":"active","type":"Trial"})"},
              {{"twilio.scope", "degraded"}},
              "on trial"},
             {"GET /2010-04-01/Accounts/AC1/Balance.json",
              {.body = R"({"balance":"-1.50","currency":"USD"})"},
              {{"twilio.balance", "unhealthy"}},
              "-1.50 USD"},
             {"GET /2010-04-01/Accounts/AC1/Balance.json",
              {.body = R"({"balance":"5.00","currency":"USD"})"},
              {{"twilio.balance", "degraded"}},
              "5.00 USD"},
             {"GET /v3/scopes",
              {.status = 403},
              of_first("sendgrid", "unhealthy", others),
              "refuses our credentials (403)"},
             {"GET /v3/scopes",
              {.body = R"({"scopes":["alerts.read"]})"},
              {{"sendgrid.scope", "unhealthy"}},
              "mail.send is not among"},
             {"GET /v3/scopes",
              {.body = "<html>log in</html>"},
              {{"sendgrid.scope", "unhealthy"}},
              "says no scopes"},
             {"GET /v3/user/credits",
              {.status = 403},
              {{"sendgrid.balance", "unknown"}},
              "not permitted"},
             {"GET /v3/user/credits",
              {.body = R"({"remain":0})"},
              {{"sendgrid.balance", "unhealthy"}},
              "0 e-mails are left"},
             {"POST /token",
              {.status = 400, .body = R"({"error":"invalid_grant"})"},
              of_first("fcm", "unhealthy", {"scope"}),
              "takes no such question (400)"},
             {"POST /v1/projects/demo/messages:send",
              {.status = 403, .body = R"({"error":{"status":"PERMISSION_DENIED"}})"},
              {{"fcm.scope", "unhealthy"}},
              "refuses our credentials (403)"}}) {
        INFO(asked << " " << answer.status << " " << answer.body);
        auto changed = answer;
        if (asked == account && answer.status == 429) changed.headers = {"Retry-After: 3600"};
        const Deep it{Answers{{asked, changed}}};
        const auto looked = it.deep();
        auto found = not_well(looked);
        for (const auto& [id, is] : expected) {
            INFO(id << ": " << looked.at(id));
            // Not over TLS, so nothing hangs on it.
            CHECK(found[id] == is);
            if (is != "unknown") CHECK_FALSE(looked.at(id).at("fix").is_null());
            found.erase(id);
        }
        std::erase_if(found, [](const auto& each) { return each.first.ends_with(".certificate"); });
        CHECK(found.empty());
        if (answer.status == 429 || answer.status == 500) CHECK(status(looked, "") == "degraded");
        const auto first = std::find_if(expected.begin(), expected.end(),
                                        [](const auto& each) { return each.second != "unknown"; });
        const auto& id = first == expected.end() ? expected.begin()->first : first->first;
        CHECK_THAT(message(looked, id), ContainsSubstring(words));
        for (const auto* secret : {"s3cr3t", "t0ken"})
            CHECK(looked.at("").dump().find(secret) == std::string::npos);
    }
}

TEST_CASE("a mail server is logged in to, and given no mail") {
    const Deep it;
    const SmtpServer well{[](const std::string& command) -> std::string {
        if (command.starts_with("EHLO")) return "250-here\r\n250 AUTH PLAIN";
        if (command == "AUTH PLAIN") return "334 ";
        if (command.size() > 20) return "235 welcome";  // user and password
        return "";
    }};
    const auto with = [&](const SmtpServer& server) {
        auto url = server.url();
        url.insert(url.find("//") + 2, "me:s3cr3t-of-mail@");
        return it.deep(
            {{"EMAIL_PROVIDER", "smtp"}, {"SMTP_URL", url}, {"EMAIL_FROM", "coach@example.test"}});
    };
    const auto looked = with(well);
    INFO(looked.at("smtp.credentials"));
    CHECK(status(looked, "smtp.credentials") == "healthy");
    CHECK(status(looked, "sendgrid.credentials") == "skipped");
    const auto commands = well.commands();
    CHECK(std::count(commands.begin(), commands.end(), "NOOP") == 1);
    for (const auto& command : commands) {
        CHECK_FALSE(command.starts_with("MAIL"));
        CHECK_FALSE(command.starts_with("RCPT"));
    }
    const SmtpServer open_to_all{[](const std::string& command) -> std::string {
        return command.starts_with("EHLO") ? "250 here" : "";
    }};
    const auto no_login = with(open_to_all);
    CHECK(status(no_login, "smtp.credentials") == "unhealthy");
    CHECK_THAT(message(no_login, "smtp.credentials"), ContainsSubstring("offers no login"));
    const SmtpServer refusing{[](const std::string& command) -> std::string {
        if (command.starts_with("EHLO")) return "250-here\r\n250 AUTH PLAIN";
        if (command == "AUTH PLAIN") return "334 ";
        if (command.size() > 20) return "535 5.7.8 no such login";
        return "";
    }};
    const auto refused = with(refusing);
    CHECK(status(refused, "smtp.credentials") == "unhealthy");
    CHECK_THAT(message(refused, "smtp.credentials"), ContainsSubstring("refuses our login"));
    CHECK(refused.at("").dump().find("s3cr3t") == std::string::npos);
}

TEST_CASE("an object is written to the store, read and deleted, and one that does not is told") {
    const Deep it;
    const S3Server s3;
    const auto of = [&](const S3Server& server, const Values& more = {}) {
        Values settings{{"STORAGE_BACKEND", "s3"},
                        {"S3_BUCKET_NAME", S3Server::bucket},
                        {"S3_ENDPOINT_URL", server.url()},
                        {"AWS_REGION", S3Server::region},
                        {"AWS_ACCESS_KEY_ID", S3Server::access_key},
                        {"AWS_SECRET_ACCESS_KEY", S3Server::secret}};
        for (const auto& [name, value] : more) settings[name] = value;
        return it.looked({"--only", "store"}, settings);
    };
    const auto well = of(s3);
    INFO(well.at("store.probe"));
    CHECK(status(well, "store.probe") == "healthy");
    CHECK(status(well, "store.certificate") == "skipped");
    CHECK(s3.asked("PUT") == 1);
    CHECK(s3.objects().empty());

    const auto wrong_key = of(s3, {{"AWS_SECRET_ACCESS_KEY", "wr0ng-wr0ng"}});
    CHECK(status(wrong_key, "store.probe") == "unhealthy");
    CHECK(wrong_key.at("").dump().find("wr0ng") == std::string::npos);
    CHECK(status(of(s3, {{"S3_BUCKET_NAME", "another"}}), "store.probe") == "unhealthy");
    CHECK(status(of(s3, {{"S3_ENDPOINT_URL", "http://127.0.0.1:1"}}), "store.probe") ==
          "unhealthy");
    CHECK(status(it.looked({"--only", "store"}), "store.probe") == "skipped");

    const S3Server keeps{[](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        if (asked.method != "DELETE") return std::nullopt;
        return HttpAnswer{.status = 403};
    }};
    const auto kept = of(keeps);
    CHECK(status(kept, "store.probe") == "degraded");
    CHECK_THAT(kept.at("store.probe").at("fix").get<std::string>(),
               ContainsSubstring(keeps.objects().begin()->first));

    const S3Server unread{[](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        if (asked.method != "GET") return std::nullopt;
        return HttpAnswer{.status = 403};
    }};
    const auto not_read = of(unread);
    CHECK(status(not_read, "store.probe") == "unhealthy");
    CHECK_THAT(message(not_read, "store.probe"), ContainsSubstring("lets nothing be read"));
    CHECK(unread.objects().empty());

    const auto folder = it.folder.path() / "media";
    fs::create_directory(folder);
    const Values local{{"STORAGE_BACKEND", "local"}, {"LOCAL_STORAGE_PATH", folder.string()}};
    CHECK(status(it.looked({"--only", "store"}, local), "store.probe") == "healthy");
    fs::remove_all(folder);
    const auto gone = it.looked({"--only", "store"}, local);
    CHECK(status(gone, "store.probe") == "unhealthy");
    CHECK_THAT(gone.at("store.probe").at("fix").get<std::string>(),
               ContainsSubstring("LOCAL_STORAGE_PATH"));
}
