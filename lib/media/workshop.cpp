#include "media/workshop.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>

#include <sys/stat.h>

namespace nightshift::media {
namespace {

constexpr std::size_t longest_name = 2048;  // an index of Postgres takes no more than 2,704

std::uint64_t size_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

Workshop::Workshop(const Next& next, const UploadRequest& request, std::function<void()> wake)
    : next_{next}, request_{request}, wake_{std::move(wake)} {
    // One may be waiting for the next name.
    for (unsigned i = 0; i < std::max(request.workers, 2U); ++i)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

Workshop::Ready Workshop::take() {
    const std::scoped_lock lock{mutex_};
    auto ready = std::exchange(ready_, {});
    ready.is_last = is_exhausted_ && !found_ && busy_ == 0 && to_make_.empty();
    return ready;
}

void Workshop::make(FilePtr file) {
    const std::scoped_lock lock{mutex_};
    to_make_.push_back(std::move(file));
    changed_.notify_all();
}

void Workshop::release(const File& file) {
    const std::scoped_lock lock{mutex_};
    held_ -= file.memory;
    --files_held_;
    changed_.notify_all();
}

std::optional<Found> Workshop::end() {
    {
        const std::scoped_lock lock{mutex_};
        has_ended_ = true;
        changed_.notify_all();
    }
    for (auto& each : threads_) each.request_stop();
    threads_.clear();
    return std::exchange(found_, std::nullopt);
}

void Workshop::work(const std::stop_token& stop) {
    ImageWorker worker{request_.decoder};
    Lock lock{mutex_};
    while (true) {
        const auto must_look = [this] { return !found_ && !is_exhausted_ && !is_looking_ahead_; };
        changed_.wait(lock, [&] {
            return has_ended_ || !to_make_.empty() || must_look() || (found_ && has_room()) ||
                   is_exhausted_;
        });
        if (has_ended_) return;
        if (!to_make_.empty()) {
            auto file = std::move(to_make_.front());
            to_make_.pop_front();
            do_unlocked(
                lock, file, [&] { make_one(*file, worker); }, ready_.made);
        } else if (found_ && has_room()) {
            auto file = std::make_shared<File>();
            file->path = found_->called.empty() ? found_->path : found_->called;
            file->place = found_->path;
            file->memory = need_;
            file->bytes = bytes_;
            held_ += need_;
            ++files_held_;
            found_.reset();
            do_unlocked(
                lock, file, [&] { read_one(*file); }, ready_.read);
        } else if (must_look()) {
            look_ahead(lock, stop);
        } else if (is_exhausted_) {
            // What others read may still be to be made.
            changed_.wait(lock);
        }
    }
}

// Which file is the next, and what it needs. A list may be slow to name it.
void Workshop::look_ahead(Lock& lock, const std::stop_token& stop) {
    is_looking_ahead_ = true;
    lock.unlock();
    auto next = next_(stop);
    const auto bytes = next ? size_of(next->path) : 0;
    lock.lock();
    is_looking_ahead_ = false;
    if (!next) {
        is_exhausted_ = true;
        wake_();
    } else if (next->why_not.empty()) {
        bytes_ = bytes;
        need_ = std::min(memory_of_source(bytes, request_.source), for_files());
        found_ = std::move(next);
    } else {
        ready_.skipped.push_back(std::move(*next));
        wake_();
    }
    changed_.notify_all();
}

void Workshop::do_unlocked(Lock& lock, const FilePtr& file, const std::function<void()>& work,
                           std::vector<FilePtr>& done) {
    ++busy_;
    lock.unlock();
    try {
        work();
    } catch (const Error& error) {
        file->error = error;
    } catch (const std::exception& error) {  // no memory, perhaps; the others go on
        file->error = Error{Failure::data, excerpt(file->path) + " cannot be uploaded",
                            error.what(), "make it smaller"};
    }
    lock.lock();
    --busy_;
    (file->error ? ready_.failed : done).push_back(file);
    wake_();
}

void Workshop::read_one(File& file) const {
    if (!is_database_text(file.path)) {
        throw Error{Failure::data, excerpt(file.path) + " cannot be noted", "its name is no UTF-8",
                    "rename it"};
    }
    if (file.path.size() > longest_name) {
        throw Error{Failure::data, excerpt(file.path) + " cannot be noted",
                    "its name is longer than 2,048 bytes", "move it up"};
    }
    file.source = read_source(file.place, request_.source);
}

void Workshop::make_one(File& file, ImageWorker& worker) {
    auto image = look_at_image(file.source, request_.publish);
    const auto memory = image ? memory_to_decode(*image, request_.publish) : 0;
    if (memory > for_decoders()) {
        throw Error{Failure::data, "this picture takes too much memory to decode",
                    "some " + counted(static_cast<std::int64_t>(memory >> 20), "MiB") +
                        ", and there are " + std::to_string(for_decoders() >> 20),
                    "make it smaller, or raise --memory"};
    }
    Lock lock{mutex_};
    changed_.wait(lock, [&] { return decoding_ + memory <= for_decoders(); });
    decoding_ += memory;
    lock.unlock();
    std::exception_ptr failure;
    try {
        file.published =
            publish(file.path, std::move(file.source), std::move(image), request_.publish, worker);
    } catch (const Error&) {
        failure = std::current_exception();
    }
    file.source = {};
    lock.lock();
    decoding_ -= memory;
    changed_.notify_all();
    lock.unlock();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace nightshift::media
