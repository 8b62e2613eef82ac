#include "notifications/templates.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "notifications/json.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>
#include <set>

#include <mustache.hpp>
#include <nlohmann/json.hpp>

namespace nightshift::notifications {
namespace {

namespace mustache = kainjow::mustache;
using Json = nlohmann::ordered_json;

constexpr const char* built_in = "the program";
constexpr std::size_t longest_text = 20'000;  // and so no deeper than the parser bears
constexpr std::array<std::string_view, 3> channel_names{"push", "sms", "email"};
const std::map<Channel, std::vector<std::string>> fields{
    {Channel::push, {"title", "body"}},
    {Channel::sms, {"text"}},
    {Channel::email, {"subject", "text", "html"}}};

// What a text asks for is looked up here; what is not there is remembered.
class Lookup : public mustache::context<std::string> {
  public:
    Lookup(const mustache::data& values, std::set<std::string>& missing)
        : context{&values}, missing_{missing} {}

    const mustache::data* get(const std::string& name) const override {
        const auto* found = context::get(name);
        if (found == nullptr) missing_.insert(name);
        return found;
    }
    const mustache::data* get_partial(const std::string& name) const override {
        missing_.insert("> " + name);
        return nullptr;
    }

  private:
    std::set<std::string>& missing_;
};

}  // namespace

class ParsedText {
  public:
    struct Rendered {
        std::string text;
        std::set<std::string> missing;
    };

    // Throws std::runtime_error for what is no Mustache.
    ParsedText(const std::string& text, bool is_html) : mustache_{text} {
        if (!mustache_.is_valid()) throw std::runtime_error{mustache_.error_message()};
        if (!is_html) mustache_.set_custom_escape([](const std::string& value) { return value; });
    }

    Rendered fill(const mustache::data& values) {
        Rendered rendered;
        Lookup lookup{values, rendered.missing};
        rendered.text = mustache_.render(lookup);
        return rendered;
    }

  private:
    mustache::mustache mustache_;
};

namespace {

// CLDR 42, supplemental/plurals.xml, of the languages whose numbers are one or other.
bool is_one(const std::string& locale, const std::string& number) {
    static const std::set<std::string> also_nought{"fr", "pt", "hy", "kab", "ff"};
    const auto language = locale.substr(0, locale.find('-'));
    return number == "1" || (number == "0" && also_nought.contains(language));
}

// One file, and where it stands, for the message.
class Reader {
  public:
    Reader(const Json& json, std::string origin) : json_{json}, origin_{std::move(origin)} {}

    std::string word(const std::string& field) const {
        const auto found = json_.find(field);
        if (found == json_.end() || !found->is_string() || found->get<std::string>().empty())
            fail(field + " must be a word in quotes");
        return found->get<std::string>();
    }

    Template::Text text(const Json& json, const std::string& field, bool is_html) const {
        std::string one;
        std::string other;
        if (json.is_string()) {
            other = json.get<std::string>();
        } else if (json.is_object() && json.contains("other") && json["other"].is_string() &&
                   json.size() == (json.contains("one") ? 2U : 1U)) {
            other = json["other"].get<std::string>();
            if (json.contains("one")) {
                if (!json["one"].is_string()) fail(field + ".one must be a text");
                one = json["one"];
            }
        } else {
            fail(field + R"( must be a text, or {"one": "...", "other": "..."})");
        }
        if (trimmed(other).empty()) fail(field + " is empty");
        Template::Text text{.one = nullptr, .other = good(other, field, is_html)};
        if (!one.empty()) text.one = good(one, field, is_html);
        return text;
    }

    void set_kind(const Kind& kind) { kind_ = &kind; }

    [[noreturn]] void fail(const std::string& why) const {
        throw Error{Failure::configuration, "the template in " + origin_ + " cannot be used", why,
                    "correct it; nightshift-templates(1) has the format"};
    }

  private:
    // Tried with and without values, so that each part of it is come by.
    std::shared_ptr<ParsedText> good(const std::string& text, const std::string& field,
                                     bool is_html) const {
        static const std::regex unescaped{R"(\{\{\s*[{&=])"};
        if (std::regex_search(text, unescaped))
            fail(field + " has {{{, {{& or {{=, which are not allowed");
        if (text.size() > longest_text)
            fail(field + " is longer than " + std::to_string(longest_text) + " bytes");
        std::shared_ptr<ParsedText> parsed;
        try {
            parsed = std::make_shared<ParsedText>(text, is_html);
        } catch (const std::runtime_error& error) {
            fail(field + " is no Mustache: " + error.what());
        }
        bool says_something = false;
        for (const bool has_values : {true, false}) {
            mustache::data values;
            for (const auto& each : kind_->variables)
                values[each.name] =
                    has_values ? mustache::data{each.example} : mustache::data{false};
            const auto filled = parsed->fill(values);
            const auto& missing = filled.missing;
            if (!missing.empty()) fail(field + " asks for " + *missing.begin() + ", " + known());
            says_something = says_something || !trimmed(filled.text).empty();
        }
        if (!says_something) fail(field + " says nothing");
        return parsed;
    }

    std::string known() const {
        std::string names;
        for (const auto& each : kind_->variables) names += (names.empty() ? "" : ", ") + each.name;
        return "and " + kind_->name + " has " + names;
    }

    const Json& json_;
    std::string origin_;
    const Kind* kind_ = nullptr;
};

bool is_locale(const std::string& text) {
    const auto dash = text.find('-');
    const auto letters = [](std::string_view part) {
        return std::all_of(part.begin(), part.end(),
                           [](unsigned char c) { return std::isalnum(c); });
    };
    return dash != 0 && letters(text.substr(0, dash)) && text.size() >= 2 && text.size() <= 20 &&
           (dash == std::string::npos || letters(text.substr(dash + 1)));
}

std::string on_one_line(std::string value) {
    std::replace_if(
        value.begin(), value.end(), [](unsigned char c) { return c < ' ' || c == 127; }, ' ');
    return value;
}

}  // namespace

std::string_view name(Channel channel) { return channel_names[static_cast<std::size_t>(channel)]; }

std::optional<Channel> find_channel(std::string_view name) {
    const auto found = std::find(channel_names.begin(), channel_names.end(), name);
    if (found == channel_names.end()) return std::nullopt;
    return static_cast<Channel>(found - channel_names.begin());
}

Template parse_template(std::string_view text, const std::string& origin) {
    const auto json = Json::parse(text, nullptr, false);
    Reader reader{json, origin};
    if (!json.is_object()) reader.fail("it is no JSON object");
    if (json.value("schema_version", Json{}) != 1) reader.fail("schema_version must be 1");
    Template it{.kind = reader.word("kind"),
                .locale = reader.word("locale"),
                .version = sha256_hex(text).substr(0, 12),
                .origin = origin,
                .source = std::string{text},
                .texts = {}};
    const auto* kind = find_kind(it.kind);
    if (kind == nullptr) reader.fail("there is no kind " + excerpt(it.kind));
    reader.set_kind(*kind);
    if (!is_locale(it.locale)) reader.fail("locale must be as en or pt-BR");
    for (const auto& [field, value] : json.items()) {
        if (field == "schema_version" || field == "kind" || field == "locale") continue;
        const auto channel = find_channel(field);
        if (!channel) reader.fail("no field is called " + excerpt(field));
        if (!value.is_object()) reader.fail(field + " must be an object");
        for (const auto& wanted : fields.at(*channel)) {
            if (!value.contains(wanted)) reader.fail(field + " has no " + wanted);
            it.texts[*channel][wanted] =
                reader.text(value[wanted], field + "." + wanted, wanted == "html");
        }
        if (value.size() != fields.at(*channel).size())
            reader.fail(field + " has a field that is none of " + fields.at(*channel).front() +
                        " and so on");
    }
    for (const auto channel : {Channel::push, Channel::email, Channel::sms}) {
        const bool may_lack = channel == Channel::sms && kind->priority != Priority::high;
        if (!may_lack && !it.texts.contains(channel))
            reader.fail("it has no " + std::string{name(channel)});
    }
    return it;
}

Message render(const Template& it, Channel channel, const Values& values) {
    const auto& kind = *find_kind(it.kind);
    const auto texts = it.texts.find(channel);
    if (texts == it.texts.end()) {
        throw Error{Failure::data,
                    it.kind + " in " + it.locale + " has no text for " + std::string{name(channel)},
                    "", "give its template one"};
    }
    mustache::data data;
    for (const auto& [key, value] : values) data[key] = mustache::data{on_one_line(value)};
    const auto counted = values.find(kind.counted);
    const bool one = counted != values.end() && is_one(it.locale, counted->second);
    const auto made = [&](const std::string& field) {
        const auto& text = texts->second.at(field);
        auto rendered = (one && text.one ? text.one : text.other)->fill(data);
        if (rendered.missing.empty()) return rendered.text;
        throw Error{Failure::data, it.kind + " cannot be said",
                    "there is no " + *rendered.missing.begin() + " for " +
                        std::string{name(channel)} + "." + field,
                    "this is a bug, or the template asks for too much"};
    };
    switch (channel) {
        case Channel::push:
            return {on_one_line(made("title")), made("body"), ""};
        case Channel::sms:
            return {"", made("text"), ""};
        case Channel::email:
            return {on_one_line(made("subject")), made("text"), made("html")};
    }
    return {};
}

std::vector<std::string> template_files(const std::string& folder) {
    std::error_code error;
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
        if (entry.path().extension() == ".json") files.push_back(entry.path().string());
    }
    if (error) {
        throw Error{Failure::configuration, "cannot read the templates in " + folder,
                    error.message(), "name a folder that this user may read"};
    }
    std::sort(files.begin(), files.end());
    return files;
}

Templates::Templates(const std::string& folder) {
    for (const auto& kind : kinds()) put(parse_template(kind.texts, built_in));
    if (folder.empty()) return;
    for (const auto& file : template_files(folder))
        put(parse_template(read_file(file).value_or(""), file));
}

void Templates::put(Template it) {
    const auto same = std::find_if(all_.begin(), all_.end(), [&it](const Template& each) {
        return each.kind == it.kind && lowered(each.locale) == lowered(it.locale);
    });
    if (same == all_.end()) {
        all_.push_back(std::move(it));
    } else if (same->origin == built_in) {
        *same = std::move(it);
    } else {
        throw Error{Failure::configuration, it.kind + " in " + it.locale + " stands twice",
                    same->origin + " and " + it.origin, "take one of them away"};
    }
}

// As users write it, pt_BR.UTF-8 or PT-br: pt-BR, else pt, else English (as find_texts.sql does).
const Template& Templates::find(const std::string& kind, const std::string& locale) const {
    auto wanted = lowered(locale.substr(0, locale.find('.')));
    std::replace(wanted.begin(), wanted.end(), '_', '-');
    while (true) {
        for (const auto& each : all_) {
            if (each.kind == kind && lowered(each.locale) == wanted) return each;
        }
        if (wanted == "en") break;
        const auto dash = wanted.rfind('-');
        wanted = dash == std::string::npos ? "en" : wanted.substr(0, dash);
    }
    throw Error{Failure::data, "there is no kind " + excerpt(kind), "",
                "see 'nightshift templates list'"};
}

}  // namespace nightshift::notifications
