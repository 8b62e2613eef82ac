// What is done beside the client's loop, and told in it.
#include "base/error.hpp"
#include "http/client.hpp"
#include "support/catch.hpp"
#include "support/http_server.hpp"

#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace nightshift::http;
using namespace nightshift::test;
using nightshift::Error;

namespace {

std::string words_of(const std::exception_ptr& failure) {
    if (!failure) return "";
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("work is done beside the loop, told in it, and may ask for more") {
    HttpServer server{[](const HttpAsked& asked) { return HttpAnswer{.body = asked.body}; }};
    Client client;
    const auto loop = std::this_thread::get_id();
    std::thread::id worked;
    std::thread::id told;
    std::string body;
    std::string answer;
    client.work(
        [&] {
            worked = std::this_thread::get_id();
            body = "made beside the loop";
        },
        [&](const std::exception_ptr&) {
            told = std::this_thread::get_id();
            client.add({.method = "POST", .url = server.url("/"), .body = body},
                       [&](const Response& response) { answer = response.body; });
        });
    CHECK(client.open() == 1);
    client.run();
    CHECK(client.open() == 0);
    CHECK(worked != loop);
    CHECK(told == loop);
    CHECK(answer == "made beside the loop");
}

TEST_CASE("what work throws is told, and the rest goes on") {
    Client client;
    std::vector<std::string> told;
    for (const bool is_bad : {true, false}) {
        client.work(
            [is_bad] {
                if (is_bad) throw std::runtime_error{"no such file"};
            },
            [&](const std::exception_ptr& failure) { told.push_back(words_of(failure)); });
    }
    client.run();
    std::sort(told.begin(), told.end());
    CHECK(told == std::vector<std::string>{"", "no such file"});
}

TEST_CASE("at an end work that has begun is finished, and what has not is not done") {
    Client client;
    std::promise<void> go;
    std::atomic<int> begun = 0;
    std::vector<std::string> told;
    constexpr int all = 50;  // more than there are threads
    const std::shared_future<void> gone = go.get_future().share();
    for (int i = 0; i < all; ++i) {
        client.work(
            [&begun, gone] {
                ++begun;
                gone.wait();
            },
            [&](const std::exception_ptr& failure) { told.push_back(words_of(failure)); });
    }
    while (begun == 0) std::this_thread::yield();
    std::jthread later{[&] { go.set_value(); }};
    client.end_all("stopped");
    CHECK(told.size() == all);
    CHECK(std::count(told.begin(), told.end(), "") == begun);
    CHECK(std::count(told.begin(), told.end(), "stopped") == all - begun);
    CHECK(begun > 0);
    CHECK(client.open() == 0);
}
