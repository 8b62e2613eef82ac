// A folder in place of every provider: each message becomes a file of its own, in JSON.
#pragma once

#include "notifications/provider.hpp"

namespace nightshift::notifications {

class Folder : public Provider {
  public:
    // Throws Error (configuration) where it is no folder.
    explicit Folder(std::string path);
    std::string name() const override { return "folder"; }
    // 000000123.1-push.json
    void send(const Outgoing& message, Done done) override;

  private:
    std::string path_;
};

}  // namespace nightshift::notifications
