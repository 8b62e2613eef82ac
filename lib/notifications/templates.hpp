// What notifications say: a JSON file for each kind and language.
//
//   {"schema_version": 1, "kind": "review", "locale": "en",
//    "push": {"title": "Time to review",
//             "body": {"one": "{{due}} question is waiting.", "other": "{{due}} questions are."}},
//    "sms": {"text": "..."},
//    "email": {"subject": "...", "text": "...", "html": "..."}}
//
// Texts are Mustache (mustache.github.io): {{name}}, and {{#name}}...{{/name}} where there is such
// a value. In html values are escaped, which nothing can switch off. one and other are told apart
// by the number that the kind counts, as the language does (CLDR, plural rules); languages with
// more forms have other alone. push and email must be there, of kinds with a high priority sms too.
// Values that the kind does not have are an error, as are values that are missing.
#pragma once

#include "notifications/kinds.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::notifications {

enum class Channel { push, sms, email };

// As they are written in templates, preferences and settings.
std::string_view name(Channel channel);
std::optional<Channel> find_channel(std::string_view name);

using Values = std::map<std::string, std::string>;

struct Message {
    std::string title;  // of push and e-mail: one line
    std::string text;
    std::string html;  // of e-mail
};

class ParsedText;  // Mustache, parsed once

// To be rendered by one thread at a time.
struct Template {
    struct Text {
        std::shared_ptr<ParsedText> one;  // none: the same as other
        std::shared_ptr<ParsedText> other;
    };

    std::string kind;
    std::string locale;                                    // en, pt-BR
    std::string version;                                   // 12 hexadecimal digits, of its content
    std::string origin;                                    // the program, or the file
    std::string source;                                    // as it stands there
    std::map<Channel, std::map<std::string, Text>> texts;  // push: title, body
};

// Throws Error (configuration) naming the file and the field.
Template parse_template(std::string_view json, const std::string& origin);

// Throws Error (data) for a value that is missing, and for a channel that the template has not.
// Line ends and other control characters in values become blanks.
Message render(const Template& it, Channel channel, const Values& values);

// The files of a folder that are templates, by name. Throws Error (configuration).
std::vector<std::string> template_files(const std::string& folder);

class Templates {
  public:
    // The product's own, and those of the files FOLDER/*.json, each of which replaces the one of
    // its kind and locale. Throws Error (configuration).
    explicit Templates(const std::string& folder = {});

    // By kind and locale.
    const std::vector<Template>& all() const { return all_; }

    // That of the locale, else of its language, else of en: pt-BR, pt, en.
    const Template& find(const std::string& kind, const std::string& locale) const;

  private:
    void put(Template it);

    std::vector<Template> all_;
};

}  // namespace nightshift::notifications
