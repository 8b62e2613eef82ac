// What a crontab's line starts, behind a shell.
#include "jobs/crontab_check.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <utility>

#include <unistd.h>

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
// Programs that start the one that their arguments name; the second sort as somebody else.
const std::set<std::string_view> starters{
    "bash", "chronic", "chrt",   "command", "cronic", "dash",        "env",     "flock", "ionice",
    "nice", "nohup",   "setsid", "sh",      "stdbuf", "systemd-cat", "taskset", "time",  "timeout"};
const std::set<std::string_view> starters_as_another{"doas", "runuser", "setpriv", "su", "sudo"};

bool is_program(const std::string& path) {
    std::error_code unknown;
    return path.ends_with("bin/nightshift") ||
           (std::filesystem::is_regular_file(path, unknown) && ::access(path.c_str(), X_OK) == 0);
}

// Which of a wrapper's words is the program; it may be a lock, a user or a tag that is called so.
Words::const_iterator wrapped_program(Words::const_iterator begin, Words::const_iterator end) {
    auto behind_option = end;
    for (auto word = begin; word != end; ++word) {
        if (!is_nightshift(*word)) continue;
        const bool is_path = *word != "nightshift";
        if (is_path && !is_program(*word)) continue;
        const auto& before = *(word - 1);
        if (is_path || !before.starts_with('-') || before == "--") return word;
        if (word + 1 != end && !(word + 1)->starts_with('-')) behind_option = word;
    }
    return behind_option;
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

// around: what holds for the command; false is_plain there stays for what comes after it.
void find_in_command(const Words& command, Started& around, std::vector<Started>& found) {
    auto it = around;
    auto word = command.begin();
    while (word != command.end() && (is_one_of(*word, reserved) || takes_setting(it, *word)))
        ++word;
    if (word == command.end()) return;
    if (is_one_of(*word, changes_shell)) around.is_plain = false;
    const bool is_wrapper = is_one_of(*word, starters) || is_one_of(*word, starters_as_another);
    if (!is_wrapper && !is_nightshift(*word)) return;
    const auto program = is_wrapper ? wrapped_program(word + 1, command.end()) : word;
    for (; word != program; ++word) {
        const auto next = word + 1;
        const bool has_option = next != command.end() && next->starts_with('-');
        if (is_one_of(*word, starters_as_another) || (is_one_of(*word, {"env"}) && has_option))
            it.is_plain = false;
        takes_setting(it, *word);
        if (word->starts_with('-') && word->ends_with('c') && next != command.end() &&
            next->find(' ') != std::string::npos) {
            return find_in_line(*next, it, found);  // sh -c 'nightshift ...'
        }
    }
    if (program == command.end()) return;
    it.words.assign(program, command.end());
    found.push_back(std::move(it));
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
