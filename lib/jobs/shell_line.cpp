// What a crontab's line starts, behind a shell.
#include "jobs/crontab_check.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace nightshift::jobs {
namespace {

using Words = std::vector<std::string>;

// One pass over a line; what it has found so far.
class Splitter {
  public:
    explicit Splitter(std::string_view line) : line_{line} {}

    std::vector<Words> split() {
        while (at_ < line_.size()) take();
        end_command();
        return std::move(commands_);
    }

  private:
    void take() {
        const char letter = line_[at_++];
        if (letter == '\'' || letter == '"') {
            in_word_ = true;
            quoted(letter);
        } else if (letter == '\\' && at_ < line_.size()) {
            in_word_ = true;
            word_ += line_[at_++];
        } else if (letter == '$' && at_ < line_.size() && line_[at_] == '(') {
            in_word_ = true;
            substitution();
        } else if (letter == ' ' || letter == '\t') {
            end_word();
        } else if (letter == '<' || letter == '>') {
            redirection();
        } else if (letter == '#' && !in_word_) {
            at_ = line_.size();
        } else if (std::string_view{";&|()\n"}.find(letter) != std::string_view::npos) {
            end_command();
        } else {
            in_word_ = true;
            word_ += letter;
        }
    }

    void quoted(char quote) {
        while (at_ < line_.size() && line_[at_] != quote) {
            if (line_[at_] == '\\' && quote == '"' && at_ + 1 < line_.size()) ++at_;
            word_ += line_[at_++];
        }
        ++at_;
    }

    // $(...) stays in its word as it is.
    void substitution() {
        int open = 0;
        word_ += '$';
        do {
            open += line_[at_] == '(' ? 1 : line_[at_] == ')' ? -1 : 0;
            word_ += line_[at_++];
        } while (open > 0 && at_ < line_.size());
    }

    // 2>&1, >> FILE: neither the number before nor the word behind is an argument.
    void redirection() {
        if (std::all_of(word_.begin(), word_.end(),
                        [](unsigned char c) { return c >= '0' && c <= '9'; })) {
            word_.clear();
            in_word_ = false;
        }
        end_word();
        at_ = std::min(line_.find_first_not_of("<>&| ", at_), line_.size());
        is_file_ = true;
    }

    void end_word() {
        if (in_word_ && !std::exchange(is_file_, false)) words_.push_back(word_);
        word_.clear();
        in_word_ = false;
    }

    void end_command() {
        end_word();
        if (!words_.empty()) commands_.push_back(std::exchange(words_, {}));
    }

    std::string_view line_;
    std::size_t at_ = 0;
    std::string word_;
    bool in_word_ = false;
    bool is_file_ = false;  // the word that is begun, or comes
    Words words_;
    std::vector<Words> commands_;
};

bool is_nightshift(const std::string& word) {
    return word == "nightshift" || word.ends_with("/nightshift");
}

bool is_expanded(const std::string& word) {
    return word.find_first_of("$`") != std::string::npos || word.starts_with('~');
}

bool is_one_of(const std::string& word, const std::set<std::string_view>& names) {
    return names.contains(std::string_view{word}.substr(word.rfind('/') + 1));
}

// Before a command, without meaning for it.
const std::set<std::string_view> reserved{"!",  "{",    "if",    "then",  "elif",
                                          "do", "else", "while", "until", "exec"};
// What these do is there for all that comes after them.
const std::set<std::string_view> changes_shell{"cd",     "pushd", ".",   "source",
                                               "export", "eval",  "set", "unset"};
// Programs that start the one that their arguments name.
struct Wrapper {
    std::string_view short_with_value = "";  // letters of options whose value is the next word
    int positional = 0;                      // words before the command: a lock, a duration
    bool as_another = false;                 // it changes the user
    bool takes_line = false;                 // -c LINE alone
};

const std::map<std::string_view, Wrapper>& wrappers() {
    static const std::map<std::string_view, Wrapper> all{
        {"bash", {.takes_line = true}},
        {"chronic", {}},
        {"chrt", {.short_with_value = "TPD", .positional = 1}},
        {"cronic", {}},
        {"dash", {.takes_line = true}},
        {"doas", {.short_with_value = "uC", .as_another = true}},
        {"env", {.short_with_value = "uCS"}},
        {"flock", {.short_with_value = "wE", .positional = 1}},
        {"ionice", {.short_with_value = "cnp"}},
        {"nice", {.short_with_value = "n"}},
        {"nohup", {}},
        {"runuser", {.short_with_value = "ugG", .as_another = true}},
        {"setsid", {}},
        {"sh", {.takes_line = true}},
        {"stdbuf", {.short_with_value = "ioe"}},
        {"su", {.as_another = true, .takes_line = true}},
        {"sudo", {.short_with_value = "ughpCrtTUDR", .as_another = true}},
        {"systemd-cat", {.short_with_value = "tp"}},
        {"taskset", {.positional = 1}},
        {"time", {.short_with_value = "fo"}},
        {"timeout", {.short_with_value = "ks", .positional = 1}}};
    return all;
}

const Wrapper* wrapper_of(const std::string& word) {
    const auto found = wrappers().find(std::string_view{word}.substr(word.rfind('/') + 1));
    return found != wrappers().end() ? &found->second : nullptr;
}

// NAME=value: where its = stands.
std::optional<std::size_t> assignment(const std::string& word) {
    const auto equals = word.find('=');
    if (equals == 0 || equals == std::string::npos) return std::nullopt;
    for (std::size_t i = 0; i < equals; ++i) {
        const auto letter = static_cast<unsigned char>(word[i]);
        if (letter != '_' && std::isalpha(letter) == 0 && (i == 0 || std::isdigit(letter) == 0))
            return std::nullopt;
    }
    return equals;
}

void find_in_line(std::string_view line, const Started& around, std::vector<Started>& found);

// NAME=value goes among its settings.
bool takes_setting(Started& it, const std::string& word) {
    const auto equals = assignment(word);
    if (!equals) return false;
    it.environment[word.substr(0, *equals)] = word.substr(*equals + 1);
    it.is_plain = it.is_plain && !is_expanded(word);
    return true;
}

using Word = Words::const_iterator;

// A shell's option c, and the line behind it.
Word line_behind(Word word, Word end) {
    for (; word != end; ++word) {
        const bool is_c =
            word->size() > 1 && word->starts_with('-') && (*word)[1] != '-' && word->ends_with('c');
        if (is_c) return word + 1 != end ? word + 1 : end;
    }
    return end;
}

// Past a wrapper's own options and words.
Word past_options(const Wrapper& wrapper, Word word, Word end) {
    while (word != end && word->size() > 1 && word->starts_with('-')) {
        const bool is_end = *word == "--";
        const bool takes_next =
            (*word)[1] != '-' && wrapper.short_with_value.find(word->back()) != std::string::npos;
        std::advance(word, std::min<std::ptrdiff_t>(takes_next ? 2 : 1, end - word));
        if (is_end) break;
    }
    return word + std::min<std::ptrdiff_t>(wrapper.positional, end - word);
}

// around: what holds for the command; false is_plain there stays for what comes after it.
void find_in_command(const Words& command, Started& around, std::vector<Started>& found) {
    auto it = around;
    const auto end = command.end();
    for (auto word = command.begin(); word != end;) {
        if (is_one_of(*word, reserved) || takes_setting(it, *word)) {
            ++word;
            continue;
        }
        if (is_nightshift(*word)) {
            it.words.assign(word, end);
            found.push_back(std::move(it));
            return;
        }
        const auto* wrapper = wrapper_of(*word);
        if (wrapper == nullptr) {
            if (is_one_of(*word, changes_shell)) around.is_plain = false;
            return;
        }
        const bool has_option = word + 1 != end && (word + 1)->starts_with('-');
        if (wrapper->as_another || (wrapper == wrapper_of("env") && has_option))
            it.is_plain = false;
        const auto line = line_behind(word + 1, end);
        if (line != end &&
            (wrapper->takes_line || wrapper == wrapper_of("flock") || wrapper->as_another)) {
            find_in_line(*line, it, found);
            return;
        }
        if (wrapper->takes_line) return;
        word = past_options(*wrapper, word + 1, end);
    }
    // Settings alone are the shell's own, for all that comes.
    if (!command.empty() && std::all_of(command.begin(), end, assignment)) around.is_plain = false;
}

void find_in_line(std::string_view line, const Started& around, std::vector<Started>& found) {
    auto it = around;
    for (const auto& command : Splitter{line}.split()) find_in_command(command, it, found);
}

}  // namespace

std::vector<Started> started_by(std::string_view command) {
    std::vector<Started> found;
    find_in_line(command, {}, found);
    return found;
}

}  // namespace nightshift::jobs
