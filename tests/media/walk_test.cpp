// Which files are found below what an operator names, and what is left alone, and why.
#include "media/walk.hpp"

#include "support/catch.hpp"
#include "support/servers.hpp"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

using namespace nightshift::media;
using namespace nightshift::test;
namespace fs = std::filesystem;

namespace {

// From inside the folder's parent, so that paths are as an operator types them.
struct Tree {
    TemporaryFolder folder;

    void file(const std::string& name) const {
        const auto path = folder.path() / name;
        fs::create_directories(path.parent_path());
        std::ofstream{path} << "x";
    }
    // Each path below the folder, and why it is left alone.
    std::string found(const std::vector<std::string>& names) const {
        std::vector<std::string> paths;
        for (const auto& each : names) paths.push_back((folder.path() / each).string());
        Walk walk{paths};
        std::string all;
        while (const auto each = walk.next()) {
            const auto path = fs::path{each->path}.lexically_relative(folder.path()).string();
            all += (all.empty() ? "" : ", ") + path + (each->is_missing ? "!" : "") +
                   (each->why_not.empty() ? "" : " (" + each->why_not + ")");
        }
        return all;
    }
};

}  // namespace

TEST_CASE("files are found by name, folders where they stand among them") {
    const Tree tree;
    for (const auto* name : {"p/b.jpg", "p/a/2.jpg", "p/a/1.jpg", "p/c/d/e.png", "q.jpg"})
        tree.file(name);
    CHECK(tree.found({"p"}) == "p/a/1.jpg, p/a/2.jpg, p/b.jpg, p/c/d/e.png");
    CHECK(tree.found({"q.jpg", "p/a"}) == "q.jpg, p/a/1.jpg, p/a/2.jpg");
    CHECK(tree.found({"p/a/../a//1.jpg", "p/a/"}) == "p/a/1.jpg, p/a/1.jpg, p/a/2.jpg");
    fs::create_directories(tree.folder.path() / "empty");
    CHECK(tree.found({"empty"}).empty());
}

TEST_CASE("what is no file is told, and neither followed nor opened") {
    const Tree tree;
    tree.file("outside/secret.jpg");
    tree.file("p/a.jpg");
    const auto p = tree.folder.path() / "p";
    fs::create_symlink("/etc/hostname", p / "link.jpg");
    fs::create_directory_symlink(tree.folder.path() / "outside", p / "folder");
    fs::create_directory_symlink(p, p / "loop");
    fs::create_symlink("nowhere", p / "nowhere.jpg");
    REQUIRE(::mkfifo((p / "pipe.jpg").c_str(), 0600) == 0);
    CHECK(tree.found({"p"}) ==
          "p/a.jpg, p/folder (a symbolic link), p/link.jpg (a symbolic link), p/loop (a symbolic "
          "link), p/nowhere.jpg (a symbolic link), p/pipe.jpg (a pipe)");
    CHECK(tree.found({"p/link.jpg"}) == "p/link.jpg (a symbolic link)");
    CHECK(tree.found({"none"}) == "none! (No such file or directory)");
}

TEST_CASE("hidden files, and what systems leave behind, are taken only where they are named") {
    const Tree tree;
    for (const auto* name :
         {"p/.hidden.jpg", "p/.git/x.jpg", "p/Thumbs.db", "p/__MACOSX/x.jpg", "p/a.jpg"})
        tree.file(name);
    CHECK(tree.found({"p"}) == "p/a.jpg");
    CHECK(tree.found({"p/.hidden.jpg", "p/.git"}) == "p/.hidden.jpg, p/.git/x.jpg");
}

TEST_CASE("a folder that cannot be read is told") {
    const Tree tree;
    tree.file("p/closed/a.jpg");
    tree.file("p/open.jpg");
    fs::permissions(tree.folder.path(), fs::perms{0755});
    fs::permissions(tree.folder.path() / "p/closed", fs::perms::none);
    const auto us = ::geteuid();
    if (us == 0) REQUIRE(::seteuid(65534) == 0);  // root may read everything
    const auto found = tree.found({"p"});
    REQUIRE(::seteuid(us) == 0);
    CHECK(found == "p/closed! (Permission denied), p/open.jpg");
    fs::permissions(tree.folder.path() / "p/closed", fs::perms::owner_all);
}
