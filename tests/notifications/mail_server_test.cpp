// A real mail server takes what we send: Debian's exim, started for the test alone.
#include "notifications/provider_scene.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

using namespace nightshift;
using namespace nightshift::notifications;
using namespace nightshift::test;

namespace {

std::string content(const std::filesystem::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Takes mail for everybody but nobody-here, into one file.
struct Exim {
    TemporaryFolder folder;
    int port = free_port();
    std::string user = ::geteuid() == 0 ? "nobody" : ::getpwuid(::geteuid())->pw_name;
    std::unique_ptr<Background> server;

    Exim() {
        const auto in = folder.path().string();
        std::filesystem::create_directory(folder.path() / "spool");
        const auto group = run({.command = {"id", "-gn", user}}).out;
        const auto file = folder.file(
            "exim.conf",
            "primary_hostname = mail.app.test\ndaemon_smtp_ports = " + std::to_string(port) +
                "\nlocal_interfaces = 127.0.0.1\nspool_directory = " + in +
                "/spool\nlog_file_path = " + in + "/log-%slog\npid_file_path = " + in +
                "/pid\nexim_user = " + user + "\nexim_group = " + group +
                "deliver_drop_privilege = true\nkeep_environment =\ntls_advertise_hosts =\n"
                "acl_smtp_rcpt = recipients\nacl_smtp_data = everything\n"
                "begin acl\nrecipients:\n  deny local_parts = nobody-here\n"
                "       message = 5.1.1 no such user\n  accept\neverything:\n  accept\n"
                "begin routers\nall:\n  driver = accept\n  transport = file\n"
                "begin transports\nfile:\n  driver = appendfile\n  file = " +
                in + "/inbox\n  user = " + user + "\n  group = " + group);
        if (::geteuid() == 0) run({.command = {"chown", "-R", user, in}});
        server = std::make_unique<Background>(
            Spawn{.command = {"/usr/sbin/exim4", "-C", file, "-bdf", "-odf"},
                  .folder = "/",
                  .user = ::geteuid() == 0 ? user : ""});
        // "exim4: see ./bootstrap --tests", where it does not come up.
        REQUIRE(eventually([&] { return !content(folder.path() / "pid").empty(); }));
    }
    std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port); }
    std::string inbox() const { return content(folder.path() / "inbox"); }
};

}  // namespace

TEST_CASE("a real mail server takes our mails, and another parser reads them as they were meant") {
    const Exim exim;
    http::Client client;
    Smtp smtp{client,
              {.url = exim.url(),
               .from = "Coach Zoë <coach@app.test>",
               .unsubscribe = Unsubscribe{"https://app.test/u", "s3cret"}}};
    auto message = outgoing(Channel::email, "lea@example.test");
    message.message = {"Zoë, day 12 — 🔥", "Hello Zoë,\n.dot\nFrom here on\n",
                       "<p>Zoë &amp; 🔥</p>\n"};
    const auto taken = sent(client, smtp, message);
    CHECK(taken.outcome == Class::accepted);
    CHECK_FALSE(taken.provider_id.empty());
    const auto dead = sent(client, smtp, outgoing(Channel::email, "nobody-here@example.test"));
    CHECK(dead.outcome == Class::dead);
    CHECK(dead.code == "550 5.1.1");
    REQUIRE(eventually([&] { return exim.inbox().ends_with("--\n\n"); }));
    const std::string script =
        "import sys, json, mailbox, email.policy\n"
        "box = mailbox.mbox(sys.argv[1], factory=lambda f: email.message_from_binary_file(f, "
        "policy=email.policy.default), create=False)\n"
        "all = list(box)\nm = all[0]\np = list(m.iter_parts())\n"
        "print(json.dumps({'count': len(all), 'subject': m['subject'], 'from': str(m['from']),\n"
        "  'to': str(m['to']), 'id': m['message-id'], 'link': m['list-unsubscribe'],\n"
        "  'post': m['list-unsubscribe-post'], 'parts': [x.get_content() for x in p],\n"
        "  'defects': [str(d) for d in m.defects]}))\n";
    const auto read =
        run({.command = {"python3", "-c", script, (exim.folder.path() / "inbox").string()}});
    INFO(read.err);
    const auto json = nlohmann::json::parse(read.out);
    CHECK(json["count"] == 1);
    CHECK(json["defects"].empty());
    CHECK(json["subject"] == "Zoë, day 12 — 🔥");
    CHECK(json["from"] == "Coach Zoë <coach@app.test>");
    CHECK(json["to"] == "lea@example.test");
    CHECK(json["id"] == "<7.1@app.test>");
    CHECK(json["post"] == "List-Unsubscribe=One-Click");
    CHECK_THAT(json["link"].get<std::string>(), ContainsSubstring("<https://app.test/u/"));
    CHECK(json["parts"][0] == "Hello Zoë,\n.dot\nFrom here on\n");
    CHECK(json["parts"][1] == "<p>Zoë &amp; 🔥</p>\n");
}
