// Smaller pictures of one that nobody trusts, by a program of its own (libexec/image_worker.cpp):
// what breaks a decoder ends that program, and not ours.
//
// Spoken over a socket: a line of JSON (bytes, frames, whole, quality, sizes: name, edge), and
// the picture's bytes; back comes a line of JSON (outputs: name, width, height, bytes; or error),
// and the bytes of each output.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace nightshift::media {

struct VariantSize {
    std::string name;
    int edge = 0;  // the longer one, in pixels
};

struct PictureRequest {
    std::uint32_t frames = 1;  // of the source
    std::string whole = {};    // that too, upright, as jpg, png or webp; empty: not
    int quality = 80;
    std::vector<VariantSize> sizes = {};
};

struct Picture {
    std::string name;  // original, or a size's
    int width = 0;
    int height = 0;
    std::string bytes;  // WebP; original: as asked for. Without EXIF and its like
};

// nightshift-image as it was built or installed with this program, else in PATH; nothing: nowhere.
std::optional<std::string> find_image_program();

struct ImageWorkerOptions {
    std::string program;
    std::uint64_t memory = std::uint64_t{768} << 20;  // bytes of address space
    std::chrono::milliseconds longest{30'000};        // for one picture
};

// One picture at a time. The program is started by the first, and again after it has died.
class ImageWorker {
  public:
    explicit ImageWorker(ImageWorkerOptions options);
    ~ImageWorker();
    ImageWorker(const ImageWorker&) = delete;
    ImageWorker& operator=(const ImageWorker&) = delete;

    // The largest first; upright, in sRGB, and none larger than the source: of a small one several
    // sizes would be the same, and the smallest name has it. Throws Error: data for a picture that
    // cannot be decoded, takes too much memory or too long; configuration where there is no
    // program.
    std::vector<Picture> make(const std::string& bytes, const PictureRequest& request);

  private:
    using Deadline = std::chrono::steady_clock::time_point;

    void start();
    bool has_ended() const;
    int stop();  // how it ended: its exit code, 128 + n where a signal did it
    void send(std::string_view bytes, Deadline deadline);
    std::string receive_line(Deadline deadline);
    std::string receive(std::size_t count, Deadline deadline);
    void receive_more(Deadline deadline);
    void wait(short events, Deadline deadline);
    [[noreturn]] void died();

    ImageWorkerOptions options_;
    int socket_ = -1;
    pid_t pid_ = 0;
    std::string received_;  // and not asked for yet
};

}  // namespace nightshift::media
