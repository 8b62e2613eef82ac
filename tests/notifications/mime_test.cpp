// What we write, read back by another parser: Python's.
#include "notifications/mime.hpp"

#include "notifications/unsubscribe.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/process.hpp"

#include <sstream>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::notifications;
using namespace nightshift::test;

namespace {

// Its headers and both parts.
nlohmann::json read_back(const std::string& message) {
    static const std::string script =
        "import sys, json, email, email.policy\n"
        "m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)\n"
        "p = [x for x in m.iter_parts()]\n"
        "print(json.dumps({'headers': {k.lower(): str(v) for k, v in m.items()},\n"
        "  'types': [x.get_content_type() for x in p],\n"
        "  'parts': [x.get_content().replace('\\r\\n', '\\n') for x in p], 'defects': [str(d) for "
        "d in m.defects]}))\n";
    const auto finished = run({.command = {"python3", "-c", script}, .input = message});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return nlohmann::json::parse(finished.out);
}

Email email() {
    return {.from = parse_mailbox("Coach \"C.\" Zoë <coach@app.test>"),
            .to = {"", "lea@example.test"},
            .subject = "Day 12 — für Zoë, " + std::string(200, 'x') + " 🔥🔥🔥",
            .text = "Hello Zoë,\n\n.a line that begins with a dot\n" + std::string(300, 'y') +
                    "=\ntrailing blank \n",
            .html = "<p>Zoë &amp; 🔥</p>\n",
            .id = "123.1",
            .date = parse_instant("2026-11-23T08:00:00Z").value()};
}

}  // namespace

TEST_CASE("another parser reads an e-mail as it was meant") {
    const auto message = mime(email());
    const auto read = read_back(message);
    CHECK(read["defects"].empty());
    CHECK(read["headers"]["subject"] == email().subject);
    CHECK(read["headers"]["message-id"] == "<123.1@app.test>");
    CHECK(read["headers"]["date"] == "Mon, 23 Nov 2026 08:00:00 +0000");
    CHECK(read["headers"]["to"] == "lea@example.test");
    CHECK_THAT(read["headers"]["from"].get<std::string>(), ContainsSubstring("coach@app.test"));
    CHECK(read["types"] == nlohmann::json{"text/plain", "text/html"});
    CHECK(read["parts"][0] == email().text);
    CHECK(read["parts"][1] == email().html);
    std::istringstream lines{message};
    for (std::string line; std::getline(lines, line);) {
        CHECK(line.size() <= 79);
        CHECK(line.back() == '\r');
    }
    CHECK(mime(email()) == message);  // the same whenever it is sent again
}

TEST_CASE("nothing can be put into a header by what stands in it") {
    auto it = email();
    it.subject = "a\r\nBcc: all@example.test";
    it.headers = {{"List-Unsubscribe", "<https://x>\r\nX-Mine: 1"}};
    const auto read = read_back(mime(it));
    CHECK_FALSE(read["headers"].contains("bcc"));
    CHECK_FALSE(read["headers"].contains("x-mine"));
    CHECK(read["headers"]["subject"] == "a  Bcc: all@example.test");
}

TEST_CASE("what is no mailbox is refused") {
    for (const auto* text : {"", "coach", "@app.test", "coach@", "Coach <coach>", "a b@app.test",
                             "coach@app.test\r\nBcc: x@y.z", "Coach <coach@app.test"}) {
        INFO(text);
        CHECK(error_of([&] { parse_mailbox(text); }).failure == Failure::configuration);
    }
    CHECK(parse_mailbox("\"Coach, C.\" <coach@app.test>").name == "Coach, C.");
}

TEST_CASE("an unsubscribe link names learner and category, and cannot be made without the secret") {
    const Unsubscribe it{"https://app.test/u", "s3cret"};
    // printf '42|reminders|v1' | openssl dgst -sha256 -hmac s3cret -binary | basenc --base64url
    const auto made =
        run({.command = {"sh", "-c",
                         "printf '42|reminders|v1' | openssl dgst -sha256 -hmac s3cret "
                         "-binary | basenc --base64url | tr -d '=\\n'"}});
    CHECK(it.link("42", "reminders") == "https://app.test/u/NDJ8cmVtaW5kZXJzfHYx." + made.out);
    CHECK(it.link("42", "reminders") != it.link("42", "results"));
}
