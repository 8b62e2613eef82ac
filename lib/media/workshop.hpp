// The threads of an upload: files are read and hashed, and what is published of them is made.
// For upload alone.
#pragma once

#include "media/publish.hpp"
#include "media/upload.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace nightshift::media {

// A file on its way.
struct File {
    std::string path;          // as it is called
    std::string place;         // where it is read
    std::uint64_t bytes = 0;   // that it had when it was found
    std::uint64_t memory = 0;  // that it has of what is given to files
    SourceFile source{};
    std::string sha256{};  // of the source, once it is looked up
    Published published{};
    std::size_t puts = 0;  // that are not done
    std::optional<Error> error{};
};
using FilePtr = std::shared_ptr<File>;

// A quarter of the memory is for files, from when they are read until they are stored, the rest for
// decoders.
class Workshop {
  public:
    // next is asked by one thread at a time. wake: when there is something to take.
    Workshop(const Next& next, const UploadRequest& request, std::function<void()> wake);
    ~Workshop() { end(); }
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;

    struct Ready {
        std::vector<FilePtr> read;
        std::vector<FilePtr> made;
        std::vector<FilePtr> failed;
        std::vector<Found> skipped;
        bool is_last = false;  // nothing more comes but what is still to be made
    };

    Ready take();
    void make(FilePtr file);
    // It is stored, or failed: another may be read.
    void release(const File& file);
    // What is being done is finished, and nothing more begun. Returns the file that was the next.
    std::optional<Found> end();

  private:
    using Lock = std::unique_lock<std::mutex>;
    static constexpr int most_files = 256;

    std::uint64_t for_files() const { return request_.memory / 4; }
    std::uint64_t for_decoders() const { return request_.memory - for_files(); }
    bool has_room() const {
        return files_held_ == 0 || (files_held_ < most_files && held_ + need_ <= for_files());
    }
    void work(const std::stop_token& stop);
    void look_ahead(Lock& lock, const std::stop_token& stop);
    void do_unlocked(Lock& lock, const FilePtr& file, const std::function<void()>& work,
                     std::vector<FilePtr>& done);
    void read_one(File& file) const;
    void make_one(File& file, ImageWorker& worker);

    const Next& next_;
    const UploadRequest& request_;
    std::function<void()> wake_;
    std::mutex mutex_;
    std::condition_variable changed_;  // each waits for something else: notify_all
    std::optional<Found> found_;       // the next one
    std::uint64_t bytes_ = 0;          // of that
    std::uint64_t need_ = 0;           // of memory, for that
    std::deque<FilePtr> to_make_;
    Ready ready_;
    std::uint64_t held_ = 0;      // by files that are read and not stored
    int files_held_ = 0;          // each of which may be open
    std::uint64_t decoding_ = 0;  // by decoders
    int busy_ = 0;
    bool is_looking_ahead_ = false;
    bool is_exhausted_ = false;
    bool has_ended_ = false;
    std::vector<std::jthread> threads_;  // last: they use the rest
};

}  // namespace nightshift::media
