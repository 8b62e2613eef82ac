// One request over all its attempts, as libcurl has it: what is set before, what is read after. For
// the client alone.
#pragma once

#include "http/client.hpp"

#include <array>
#include <memory>
#include <set>

#include <curl/curl.h>

namespace nightshift::http {

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

// Connections to mail servers. At the end libcurl says QUIT on each that it has kept, one after the
// other, and waits for the answers: they are cut before.
class MailSockets {
  public:
    void use_for(const Easy& easy);
    void cut() const;

  private:
    static curl_socket_t open(void* data, curlsocktype purpose, curl_sockaddr* address);
    static int close(void* data, curl_socket_t socket);

    std::set<curl_socket_t> open_;
};

struct Exchange {
    Request request;
    Client::Done done;
    Response response;
    std::size_t sent = 0;   // of a mail
    bool was_sent = false;  // by this attempt, or was about to be
    std::size_t limit = 0;
    std::size_t head = 0;           // of the answer, in bytes
    bool may_be_processed = false;  // by an earlier attempt
    Easy easy;
    std::unique_ptr<curl_slist, FreeList> headers;
    std::unique_ptr<curl_slist, FreeList> recipients;
    std::array<char, CURL_ERROR_SIZE> words{};

    // Sets easy for the next attempt.
    void prepare(const ClientOptions& options, MailSockets& sockets);
    // Reads what came of it into response.
    void note_result(CURLcode code);
    // Cut off on the wire.
    void note_cut(const std::string& why);
    // Of a mail server: no command but QUIT comes after it, and that may be waited for shortly.
    bool is_last_answer(std::string_view line) const;
    void wait_for_goodbye() const;

  private:
    void prepare_http();
    void prepare_mail(MailSockets& sockets);
    bool is_on_the_wire() const;
};

bool may_be_repeated(const Response& response, const Retry& retry);

// Why these may not be sent; empty: they may.
std::string objection(const std::vector<std::string>& headers);

}  // namespace nightshift::http
