// Certificates of an authority of our own, made by openssl(1).
#pragma once

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/servers.hpp"

#include <string>
#include <vector>

namespace nightshift::test {

inline void must(const std::vector<std::string>& command) {
    const auto finished = run({.command = command});
    INFO(command[0] << ": " << finished.err);
    REQUIRE(finished.exit_code == 0);
}

struct Authority {
    TemporaryFolder folder;

    explicit Authority(const std::string& name = "nightshift test") {
        must({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path("ca.key"),
              "-out", path("ca.crt"), "-days", "3", "-subj", "/CN=" + name});
    }
    std::string path(const std::string& name) const { return (folder.path() / name).string(); }
    // For these names, from begin to end: 20200101000000Z.
    void issue(const std::string& name, const std::string& hosts, const std::string& begin,
               const std::string& end) const {
        must({"openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", path(name + ".key"),
              "-out", path(name + ".csr"), "-subj", "/CN=" + name});
        const auto extensions = folder.file("ext", "subjectAltName=" + hosts + "\n");
        folder.file("index.txt", "");
        folder.file("serial", "01\n");
        const auto config =
            folder.file("ca.cnf", "[ca]\ndefault_ca=it\n[it]\ndatabase=" + path("index.txt") +
                                      "\nserial=" + path("serial") +
                                      "\nnew_certs_dir=" + folder.path().string() +
                                      "\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\n"
                                      "commonName=supplied\n");
        must({"openssl",
              "ca",
              "-batch",
              "-config",
              config,
              "-cert",
              path("ca.crt"),
              "-keyfile",
              path("ca.key"),
              "-in",
              path(name + ".csr"),
              "-out",
              path(name + ".crt"),
              "-startdate",
              begin,
              "-enddate",
              end,
              "-extfile",
              extensions,
              "-notext"});
    }
    void issue_good(const std::string& name,
                    const std::string& hosts = "DNS:localhost,IP:127.0.0.1") const {
        issue(name, hosts, "20200101000000Z", "20400101000000Z");
    }
};

}  // namespace nightshift::test
