// Objects as files below a folder.
//
// A file is whole from its first moment: it is written beside the others, in .nightshift, brought
// to the disk, and then linked to its name. No path leaves the folder, and no symbolic link on the
// way is followed (openat2; Linux 5.6). What a crash has left in .nightshift is taken away after an
// hour.
#pragma once

#include "media/object_store.hpp"

namespace nightshift::media {

class FolderStore : public ObjectStore {
  public:
    // Throws Error (configuration) where it is no folder that may be written to.
    explicit FolderStore(std::string root);
    ~FolderStore() override;
    FolderStore(const FolderStore&) = delete;
    FolderStore& operator=(const FolderStore&) = delete;

    std::string name() const override { return "folder:" + root_; }
    std::uint64_t bytes_taken() const override { return bytes_taken_; }
    void put(NewObject object, Done done) override;
    void look(const std::string& key, Looked done) override;
    std::optional<ObjectInfo> find(const std::string& key) override;
    std::optional<std::string> read(const std::string& key, std::uint64_t most,
                                    std::uint64_t from) override;
    void list(const std::string& prefix,
              const std::function<void(const ObjectInfo&)>& each) override;
    void remove(const std::string& key) override;

  private:
    bool store(const NewObject& object);  // false: it was there

    std::string root_;
    std::uint64_t bytes_taken_ = 0;
    int folder_ = -1;
    int begun_ = -1;  // .nightshift
};

}  // namespace nightshift::media
