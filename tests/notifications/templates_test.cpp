#include "notifications/templates.hpp"

#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::notifications;
using namespace nightshift::test;
using Json = nlohmann::ordered_json;

namespace {

// The product's own of a kind, to be changed.
Json own(const std::string& kind) { return Json::parse(Templates{}.find(kind, "en").source); }

std::string complaint(const Json& json) {
    const auto error = error_of([&] { parse_template(json.dump(), "mine.json"); });
    CHECK(error.failure == Failure::configuration);
    CHECK_THAT(error.what(), ContainsSubstring("mine.json"));
    return error.cause;
}

}  // namespace

TEST_CASE("every kind has texts in English for each channel that it may take") {
    const Templates templates;
    for (const auto& kind : kinds()) {
        INFO(kind.name);
        const auto& it = templates.find(kind.name, "en");
        Values values;
        for (const auto& each : kind.variables) values[each.name] = each.example;
        for (const auto& [channel, texts] : it.texts) {
            const auto message = render(it, channel, values);
            CHECK_FALSE(message.text.empty());
            CHECK(message.title.empty() == (channel == Channel::sms));
            CHECK(message.html.empty() == (channel != Channel::email));
        }
        CHECK(it.texts.contains(Channel::sms) ==
              (kind.priority == Priority::high || kind.name == "review"));
    }
}

TEST_CASE("one and several are told apart as the language does") {
    auto json = own("review");
    const auto& english = parse_template(json.dump(), "en");
    CHECK(render(english, Channel::push, {{"name", "Awa"}, {"due", "1"}}).text ==
          "1 question is waiting for you.");
    CHECK(render(english, Channel::push, {{"name", "Awa"}, {"due", "0"}}).text ==
          "0 questions are waiting for you.");
    json["locale"] = "fr-CA";
    json["push"]["body"] = {{"one", "{{due}} question"}, {"other", "{{due}} questions"}};
    const auto& french = parse_template(json.dump(), "fr");
    CHECK(render(french, Channel::push, {{"name", "Awa"}, {"due", "0"}}).text == "0 question");
    CHECK(render(french, Channel::push, {{"name", "Awa"}, {"due", "2"}}).text == "2 questions");
}

TEST_CASE("a name is escaped in HTML, and nowhere else, and breaks no line") {
    const Templates templates;
    const Values values{{"name", "A<b> & \"B\"\r\nBcc: all@example.test"}, {"due", "2"}};
    const auto message = render(templates.find("review", "en"), Channel::email, values);
    CHECK_THAT(message.html, ContainsSubstring("A&lt;b&gt; &amp; &quot;B&quot;  Bcc:"));
    CHECK_THAT(message.text, ContainsSubstring("A<b> & \"B\"  Bcc:"));
    auto json = own("review");
    json["email"]["subject"] = "For {{name}}";
    const auto subject = render(parse_template(json.dump(), "mine"), Channel::email, values).title;
    CHECK(subject.find_first_of("\r\n") == std::string::npos);
}

TEST_CASE("a value that is missing is an error, and no empty word") {
    const auto error = error_of([] {
        render(Templates{}.find("review", "en"), Channel::email, {{"name", "Awa"}});
    });
    CHECK(error.failure == Failure::data);
    CHECK_THAT(words_of(error), ContainsSubstring("there is no due"));
}

TEST_CASE("what cannot be a template is told with its file and field") {
    auto json = own("review");
    SECTION("a variable that the kind has not") {
        json["push"]["body"] = "{{#due}}{{streak}}{{/due}}";
        CHECK(complaint(json) == "push.body asks for streak, and review has name, due");
    }
    SECTION("one in a part that is shown without a value") {
        json["push"]["body"] = "{{^due}}{{streak}}{{/due}}";
        CHECK(complaint(json) == "push.body asks for streak, and review has name, due");
    }
    SECTION("an escape that is switched off") {
        json["email"]["html"] = "<p>{{{name}}}</p>";
        CHECK_THAT(complaint(json), ContainsSubstring("{{{"));
    }
    SECTION("an escape that is switched off behind a blank") {
        for (const auto* text :
             {"<p>{{ &name}}</p>", "<p>{{\n& name}}</p>", "{{ =<% %>= }}<%& name %>"}) {
            json["email"]["html"] = text;
            CHECK_THAT(complaint(json), ContainsSubstring("{{&"));
        }
    }
    SECTION("a text that never says anything") {
        json["push"]["title"] = "{{! nothing }}";
        CHECK(complaint(json) == "push.title says nothing");
    }
    SECTION("one that is no text") {
        json["push"]["body"] = {{"one", 5}, {"other", "{{due}}"}};
        CHECK(complaint(json) == "push.body.one must be a text");
    }
    SECTION("a version that is a word") {
        json["schema_version"] = "1";
        CHECK(complaint(json) == "schema_version must be 1");
    }
    SECTION("a text that is nested without end") {
        std::string text;
        for (int i = 0; i < 20'000; ++i) text += "{{#due}}";
        json["push"]["body"] = text;
        CHECK_THAT(complaint(json), ContainsSubstring("push.body is longer than"));
    }
    SECTION("a partial") {
        json["push"]["body"] = "{{> footer}}";
        CHECK_THAT(complaint(json), ContainsSubstring("asks for > footer"));
    }
    SECTION("half a Mustache") {
        json["push"]["body"] = "{{#due}}";
        CHECK_THAT(complaint(json), ContainsSubstring("push.body is no Mustache"));
    }
    SECTION("no text") {
        json["sms"]["text"] = " \n";
        CHECK(complaint(json) == "sms.text is empty");
    }
    SECTION("a number of texts that no language has") {
        json["sms"]["text"] = {{"few", "a"}, {"other", "b"}};
        CHECK_THAT(complaint(json), ContainsSubstring("sms.text must be a text"));
    }
    SECTION("no e-mail") {
        json.erase("email");
        CHECK(complaint(json) == "it has no email");
    }
    SECTION("no SMS, of a kind that may need one") {
        auto urgent = own("streak_at_risk");
        urgent.erase("sms");
        CHECK(complaint(urgent) == "it has no sms");
    }
    SECTION("half an e-mail") {
        json["email"].erase("html");
        CHECK(complaint(json) == "email has no html");
    }
    SECTION("a field of another channel") {
        json["sms"]["title"] = "a";
        CHECK_THAT(complaint(json), ContainsSubstring("sms has a field"));
    }
    SECTION("a misspelt channel") {
        json["mail"] = json["email"];
        CHECK(complaint(json) == "no field is called mail");
    }
    SECTION("a kind that is none") {
        json["kind"] = "revue";
        CHECK(complaint(json) == "there is no kind revue");
    }
    SECTION("a locale that is none") {
        json["locale"] = "en_US.UTF-8";
        CHECK(complaint(json) == "locale must be as en or pt-BR");
    }
    SECTION("of another time") {
        json["schema_version"] = 2;
        CHECK(complaint(json) == "schema_version must be 1");
    }
}

TEST_CASE("a folder's templates stand before the program's, by the learner's language") {
    TemporaryFolder folder;
    auto json = own("review");
    json["push"]["title"] = "Ours";
    folder.file("en.json", json.dump());
    json["locale"] = "pt";
    folder.file("pt.json", json.dump());
    const Templates templates{folder.path().string()};
    CHECK(templates.find("review", "pt-BR").locale == "pt");
    CHECK(templates.find("review", "pt").locale == "pt");
    CHECK(templates.find("review", "sw").locale == "en");
    CHECK_THAT(templates.find("review", "sw").origin, ContainsSubstring("en.json"));
    CHECK(templates.find("milestone", "pt").origin == "the program");
    CHECK(templates.find("review", "en").version != Templates{}.find("review", "en").version);
    folder.file("other.json", json.dump());
    CHECK_THAT(words_of(error_of([&] { Templates{folder.path().string()}; })),
               ContainsSubstring("review in pt stands twice"));
}

TEST_CASE("the command lists, shows, checks and renders") {
    TemporaryFolder folder;
    const auto templates = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "templates");
        return run(program(words, {{"LOG_FORMAT", "plain"}}));
    };
    CHECK_THAT(templates({"list"}).out, ContainsSubstring("monthly_report  en"));
    const auto shown = templates({"show", "review"});
    CHECK(Json::parse(shown.out) == own("review"));
    auto json = own("review");
    json["locale"] = "fr";
    json["push"]["title"] = "Bonjour {{name}}";
    folder.file("fr.json", json.dump());
    const auto in = folder.path().string();
    CHECK(templates({"check", "--folder", in}).exit_code == 0);
    const auto rendered = templates({"render", "review", "--folder", in, "--locale", "fr", "--set",
                                     "name=\x1b[31mZoé", "--set", "due=0"});
    CHECK_THAT(rendered.out, ContainsSubstring("Bonjour  [31mZoé\n0 question is"));
    folder.file("bad.json", "{");
    folder.file("worse.json", "[]");
    const auto checked = templates({"check", "--folder", in});
    CHECK(checked.exit_code == 1);
    CHECK_THAT(checked.out, ContainsSubstring("bad.json"));
    CHECK_THAT(checked.out, ContainsSubstring("worse.json"));
    CHECK(templates({"show", "nothing"}).exit_code == 65);
    CHECK(templates({"render", "review", "--set", "x=1"}).exit_code == 64);
    CHECK(templates({"list", "--folder", in + "/none"}).exit_code == 78);
}
