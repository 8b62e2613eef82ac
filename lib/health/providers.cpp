#include "health/providers.hpp"

#include "base/redaction.hpp"
#include "base/text.hpp"
#include "health/answer.hpp"
#include "health/certificate.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::health {
namespace {

using Json = nlohmann::json;

using Judge = std::function<std::optional<Result>(const Check&, const std::string& where,
                                                  const http::Response&)>;

// What is asked of one provider: first for its certificate and our credentials, then for what hangs
// on them.
class Inquiry {
  public:
    Inquiry(std::string provider, const http::ClientOptions& options, const Wanted& wanted,
            const Tell& tell)
        : provider_{std::move(provider)}, client_{options}, wanted_{wanted}, tell_{tell} {}

    // Nothing: it was told why, and that nothing else can be asked.
    std::optional<http::Response> begin(http::Request request, const Judge& judge = objection_to) {
        const auto where = http::origin(request.url);
        auto response = client_.fetch(std::move(request));
        if (response.outcome == http::Outcome::untrusted) {
            tell_of("certificate",
                    [&](auto& check) { return unreachable(check, where, response); });
            leave_out("certificate", Status::unknown);
            return std::nullopt;
        }
        const auto objection = judge({.id = provider_, .category = "services"}, where, response);
        tell_of("credentials", [&](auto& check) {
            if (auto its = judge(check, where, response)) return *its;
            return Result{.id = check.id,
                          .said = fmt::format("{} takes them, in {:.0f} ms", where,
                                              static_cast<double>(response.took.count()) / 1e3)};
        });
        if (response.outcome == http::Outcome::answered)
            tell_of("certificate",
                    [&](auto& check) { return certificate_of(check, where, response); });
        if (!objection) return response;
        // Trouble that passes leaves no doubt behind.
        leave_out("credentials",
                  objection->status == Status::degraded ? Status::skipped : Status::unknown);
        return std::nullopt;
    }

    // Of one check alone; nothing: it was told what stands against the answer.
    std::optional<http::Response> ask(const std::string& what, http::Request request,
                                      const Judge& judge = objection_to) {
        if (find(what) == nullptr) return std::nullopt;
        const auto where = http::origin(request.url);
        auto response = client_.fetch(std::move(request));
        const auto objection = judge(*find(what), where, response);
        if (!objection) return response;
        say(*objection);
        return std::nullopt;
    }

    // Where it is wanted.
    template <typename Make>
    void tell_of(const std::string& what, const Make& make) {
        if (const auto* check = find(what)) say(make(*check));
    }

  private:
    const Check* find(const std::string& what) const {
        const auto id = provider_ + "." + what;
        const auto found = std::find_if(wanted_.begin(), wanted_.end(),
                                        [&](const Check& each) { return each.id == id; });
        return found == wanted_.end() ? nullptr : &*found;
    }
    // What hangs on what did not come about.
    void leave_out(const std::string& first, Status status) {
        for (const auto& each : wanted_) {
            if (is_told(each.id)) continue;
            auto result = not_made(each.id, provider_ + "." + first);
            result.status = status;
            say(result);
        }
    }
    bool is_told(const std::string& id) const {
        return std::find(told_.begin(), told_.end(), id) != told_.end();
    }
    void say(const Result& result) {
        told_.push_back(result.id);
        tell_(result);
    }

    std::string provider_;
    http::Client client_;
    const Wanted& wanted_;
    const Tell& tell_;
    std::vector<std::string> told_;
};

Json json_of(const http::Response& response) {
    auto json = Json::parse(response.body, nullptr, false);
    return json.is_object() ? json : Json::object();
}

std::string text_in(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// An answer that is none of theirs, as of a proxy's page.
Result unreadable(const Check& check, const std::string& missing) {
    return {.id = check.id,
            .status = Status::unhealthy,
            .said = "its answer says no " + missing,
            .why = "something else may have answered in its place",
            .fix = check.fix};
}

Probe probe(const std::string& provider, const Wanted& wanted, const http::ClientOptions& options,
            std::function<void(Inquiry&)> look) {
    const auto mine = of_group(wanted, provider + ".");
    return {mine, [provider, mine, options, look = std::move(look)](const Tell& tell) {
                Inquiry inquiry{provider, options, mine, tell};
                look(inquiry);
            }};
}

http::Request with_headers(http::Request request, std::vector<std::string> headers) {
    request.headers = std::move(headers);
    return request;
}

// What hangs on a right of its own, as money does: credentials were taken before.
std::optional<Result> objection_or_no_right(const Check& check, const std::string& where,
                                            const http::Response& response) {
    auto objection = objection_to(check, where, response);
    if (objection && (response.status == 401 || response.status == 403)) {
        objection->status = Status::unknown;
        objection->said = "not permitted";
        objection->fix = "let the credentials read it, or --skip " + check.id;
    }
    return objection;
}

// A mail server has codes of its own: 535 is a refusal, 421 and 454 pass.
std::optional<Result> objection_of_mail(const Check& check, const std::string& where,
                                        const http::Response& response) {
    if (response.outcome != http::Outcome::answered) return unreachable(check, where, response);
    if (response.status / 100 == 2) return std::nullopt;
    const bool is_refusal = response.status / 100 == 5;
    return Result{.id = check.id,
                  .status = is_refusal ? Status::unhealthy : Status::degraded,
                  .said = where + (is_refusal ? " refuses our login" : " is busy"),
                  .why = excerpt(one_line(redacted(response.last_line)), 200),
                  .fix = is_refusal ? check.fix : "look again later"};
}

}  // namespace

Probe look_at_fcm(const notifications::FcmOptions& fcm, const http::ClientOptions& client,
                  const Wanted& wanted) {
    return probe("fcm", wanted, client, [fcm](Inquiry& inquiry) {
        auto request = notifications::token_request(fcm.account, notifications::fcm_scope, now());
        const auto limits = short_request(request.url);
        request.connect_timeout = limits.connect_timeout;
        request.timeout = limits.timeout;
        request.retry = {};
        request.wants_certificate = true;
        const auto answer = inquiry.begin(std::move(request));
        if (!answer) return;
        const auto token = notifications::parse_token(*answer);
        if (!token) {
            inquiry.tell_of("scope",
                            [&](auto& check) { return unreadable(check, "access token"); });
            return;
        }
        auto validate = with_headers(
            short_request(fcm.base_url + "/v1/projects/" + percent_encoded(fcm.account.project_id) +
                          "/messages:send"),
            {"Authorization: Bearer " + token->value, "Content-Type: application/json"});
        validate.method = "POST";
        validate.body = Json{{"validate_only", true},
                             {"message",
                              {{"topic", "nightshift-health"},
                               {"notification", {{"title", "health"}, {"body", "health"}}}}}}
                            .dump();
        if (inquiry.ask("scope", std::move(validate)))
            inquiry.tell_of("scope", [&](auto& check) {
                return Result{.id = check.id,
                              .said = "it may send for project " + excerpt(fcm.account.project_id)};
            });
    });
}

Probe look_at_twilio(const notifications::TwilioOptions& twilio, const http::ClientOptions& client,
                     const Wanted& wanted) {
    return probe("twilio", wanted, client, [twilio](Inquiry& inquiry) {
        const auto account = notifications::account_url(twilio);
        const std::vector<std::string> headers{notifications::authorization_of(twilio)};
        const auto answer = inquiry.begin(with_headers(short_request(account + ".json"), headers));
        if (!answer) return;
        inquiry.tell_of("scope", [&](auto& check) {
            const auto json = json_of(*answer);
            const auto status = text_in(json, "status");
            if (status.empty()) return unreadable(check, "status of the account");
            const auto type = text_in(json, "type");
            Result result{.id = check.id, .said = "the account is " + excerpt(status)};
            if (type == "Trial") {
                result.status = Status::degraded;
                result.said += ", on trial";
                result.why = "it sends to verified numbers alone";
                result.fix = "upgrade the account";
            }
            if (status != "active") {
                result.status = Status::unhealthy;
                result.why = "it sends nothing";
                result.fix = check.fix;
            }
            return result;
        });
        const auto answer_of_balance =
            inquiry.ask("balance", with_headers(short_request(account + "/Balance.json"), headers),
                        objection_or_no_right);
        if (!answer_of_balance) return;
        inquiry.tell_of("balance", [&](auto& check) {
            const auto json = json_of(*answer_of_balance);
            const auto amount = text_in(json, "balance");
            const auto number = Json::parse(amount, nullptr, false);  // "12.34"
            if (!number.is_number()) return unreadable(check, "balance");
            return judged(check, number, excerpt(amount + " " + text_in(json, "currency")));
        });
    });
}

Probe look_at_sendgrid(const notifications::SendGridOptions& sendgrid,
                       const http::ClientOptions& client, const Wanted& wanted) {
    return probe("sendgrid", wanted, client, [sendgrid](Inquiry& inquiry) {
        const std::vector<std::string> headers{"Authorization: Bearer " + sendgrid.api_key};
        const auto answer =
            inquiry.begin(with_headers(short_request(sendgrid.base_url + "/v3/scopes"), headers));
        if (!answer) return;
        inquiry.tell_of("scope", [&](auto& check) {
            const auto scopes = json_of(*answer).value("scopes", Json{});
            if (!scopes.is_array()) return unreadable(check, "scopes");
            Result result{.id = check.id, .said = "mail.send is among its scopes"};
            if (std::find(scopes.begin(), scopes.end(), "mail.send") != scopes.end()) return result;
            result.status = Status::unhealthy;
            result.said = "mail.send is not among its scopes";
            result.why = "it refuses every e-mail";
            result.fix = check.fix;
            return result;
        });
        const auto answer_of_credits = inquiry.ask(
            "balance", with_headers(short_request(sendgrid.base_url + "/v3/user/credits"), headers),
            objection_or_no_right);
        if (!answer_of_credits) return;
        inquiry.tell_of("balance", [&](auto& check) {
            const auto left = json_of(*answer_of_credits).value("remain", Json{});
            if (!left.is_number()) return unreadable(check, "credits");
            return judged(check, left, fmt::format("{} e-mails are left", left.dump()));
        });
    });
}

Probe look_at_smtp(const notifications::SmtpOptions& smtp, const http::ClientOptions& client,
                   const Wanted& wanted) {
    return probe("smtp", wanted, client, [smtp](Inquiry& inquiry) {
        const auto server =
            notifications::parse_smtp_url(smtp.url, notifications::parse_mailbox(smtp.from));
        auto request = short_request(server.url);
        request.mail = http::Mail{.user = server.user, .password = server.password};
        const bool has_login = !server.user.empty();
        inquiry.begin(std::move(request), [has_login](const Check& check, const auto& where,
                                                      const auto& response) {
            auto objection = objection_of_mail(check, where, response);
            if (!objection && has_login && !response.was_logged_in)
                objection = {.id = check.id,
                             .status = Status::unhealthy,
                             .said = where + " offers no login",
                             .why = "it did not ask for the user and password of SMTP_URL",
                             .fix = check.fix};
            return objection;
        });
    });
}

}  // namespace nightshift::health
