// Which files an upload is of: those that were named, those below folders, those of a list, or
// standard input.
#pragma once

#include "media/walk.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace nightshift::cmd {

struct InputOptions {
    std::vector<std::string> paths;
    std::string files_from;
    bool ends_with_null = false;
    std::string name;  // of standard input
};

// The names in a file, or in standard input.
class NameList {
  public:
    NameList(const std::string& path, char end);
    ~NameList();
    NameList(const NameList&) = delete;
    NameList& operator=(const NameList&) = delete;

    // Nothing at the end. Where a stop is requested a pipe is read no further: it may have no end.
    std::optional<std::string> next(const std::stop_token& stop);

  private:
    int descriptor_;
    char end_;
    bool is_file_ = false;
    std::string text_;  // read, and not given yet
    bool is_at_end_ = false;
};

class Inputs {
  public:
    // Throws Error: usage where nothing is named, or standard input twice; data for a list that is
    // not there; output where standard input cannot be kept; interrupted.
    Inputs(const InputOptions& options, const std::stop_token& stop);
    ~Inputs();
    Inputs(const Inputs&) = delete;
    Inputs& operator=(const Inputs&) = delete;

    // Nothing at the end; where a stop is requested no name is waited for.
    std::optional<media::Found> next(const std::stop_token& stop);

  private:
    void keep_standard_input(const std::stop_token& stop);

    media::Walk walk_;
    std::optional<NameList> list_;
    std::optional<media::Walk> of_list_;
    std::string kept_;  // standard input, as a file of ours
    std::string name_;
    bool has_standard_input_ = false;
};

}  // namespace nightshift::cmd
