// What a crontab's line starts, behind a shell.
#include "jobs/crontab_check.hpp"

#include <algorithm>
#include <cctype>
#include <regex>
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

// Programs that start the one that their arguments name.
bool starts_others(const std::string& word) {
    static const std::set<std::string> names{
        "chronic", "cronic", "chrt", "command", "dash", "env",         "exec", "flock",
        "ionice",  "logger", "nice", "nohup",   "bash", "runuser",     "sem",  "setpriv",
        "setsid",  "sh",     "solo", "stdbuf",  "sudo", "systemd-cat", "time", "timeout"};
    return names.contains(word.substr(word.rfind('/') + 1));
}

void find_in(std::string_view line, CronEntry& entry);

void find_in(const Words& command, CronEntry& entry) {
    static const std::regex assignment{"([A-Za-z_][A-Za-z_0-9]*)=([\\s\\S]*)"};
    std::map<std::string, std::string> environment;
    bool behind_another = false;
    for (auto word = command.begin(); word != command.end(); ++word) {
        std::smatch parts;
        // Of two that are called so the first is a lock, as flock's.
        const bool is_last = word + 1 == command.end() || !is_nightshift(*(word + 1));
        if (is_nightshift(*word) && is_last) {
            entry.nightshift.assign(word, command.end());
            for (auto& [name, value] : environment) entry.environment[name] = value;
            return;
        }
        if (std::regex_match(*word, parts, assignment)) {
            environment[parts[1]] = parts[2];
        } else if (behind_another && word + 1 != command.end() && word->starts_with('-') &&
                   word->ends_with('c') && (word + 1)->find(' ') != std::string::npos) {
            return find_in(std::string_view{*(word + 1)}, entry);  // sh -c 'nightshift ...'
        } else if (!behind_another && !(behind_another = starts_others(*word))) {
            return;
        }
    }
}

void find_in(std::string_view line, CronEntry& entry) {
    for (const auto& command : shell_commands(line)) {
        if (entry.nightshift.empty()) find_in(command, entry);
    }
}

}  // namespace

std::vector<std::vector<std::string>> shell_commands(std::string_view command) {
    return Splitter{command}.split();
}

void find_nightshift(CronEntry& entry) { find_in(entry.command, entry); }

}  // namespace nightshift::jobs
