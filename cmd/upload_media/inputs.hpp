// Which files an upload is of: those that were named, those below folders, those of a list, or
// standard input.
#pragma once

#include "media/walk.hpp"

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::cmd {

struct InputOptions {
    std::vector<std::string> paths;
    std::string files_from;
    bool ends_with_null = false;
    std::string name;  // of standard input
};

class Inputs {
  public:
    // Throws Error: usage where nothing is named, or standard input twice; data for a list that is
    // not there; output where standard input cannot be kept.
    explicit Inputs(const InputOptions& options);
    ~Inputs();
    Inputs(const Inputs&) = delete;
    Inputs& operator=(const Inputs&) = delete;

    std::optional<media::Found> next();

  private:
    void keep_standard_input();

    media::Walk walk_;
    std::unique_ptr<std::ifstream> list_;  // what is still to be read of --files-from
    std::istream* lines_ = nullptr;
    char end_ = '\n';
    std::optional<media::Walk> of_list_;
    std::string kept_;  // standard input, as a file of ours
    std::string name_;
    bool has_standard_input_ = false;
};

}  // namespace nightshift::cmd
