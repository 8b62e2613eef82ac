#include "media/upload.hpp"

#include "base/text.hpp"
#include "media/workshop.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace nightshift::media {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t most_at_once = 100;  // in one statement
constexpr auto note_within = 500ms;
constexpr int most_failed_in_a_row = 5;

class Upload {
  public:
    Upload(ObjectStore& store, http::Client& client, postgres::Connection& postgres,
           const Next& next, const UploadRequest& request, const UploadWatch& watch)
        : store_{store},
          client_{client},
          postgres_{postgres},
          next_{next},
          request_{request},
          watch_{watch},
          workshop_{next, request, [&client] { client.wake(); }} {}

    // Where what was told threw, statements and requests may still be on their way.
    ~Upload() { client_.abandon(); }
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    UploadReport run(const std::stop_token& stop) {
        const std::stop_callback wake{stop, [this] { client_.wake(); }};
        while (true) {
            if (stop.stop_requested() || report_.ended_by) break;
            auto ready = workshop_.take();
            for (const auto& each : ready.skipped) skip(each);
            for (const auto& each : ready.failed) failed(each);
            std::move(ready.read.begin(), ready.read.end(), std::back_inserter(read_));
            for (const auto& each : ready.made) store(each);
            if (to_note_.size() >= most_at_once || Clock::now() >= note_at_) note();
            look_up();  // after it, so that what is stored does not wait for ever
            const bool is_idle =
                ready.is_last && read_.empty() && same_.empty() && looking_ == 0 && !is_index_busy_;
            if (is_idle && to_note_.empty()) break;
            if (is_idle) note();
            report_.bytes_taken = store_.bytes_taken();
            if (watch_.progress) watch_.progress(report_);
            client_.turn(Clock::now() + 50ms);
        }
        if (stop.stop_requested() || report_.ended_by) give_up();
        return std::move(report_);
    }

  private:
    void skip(const Found& found) {
        UploadedFile file{
            .path = found.path, .outcome = FileOutcome::skipped, .why = found.why_not};
        if (found.is_missing) {
            file.outcome = FileOutcome::failed;
            file.error = Error{Failure::data, "cannot read " + excerpt(found.path), found.why_not,
                               "name a file that this user may read"};
        }
        tell(file);
    }

    // Before it was looked up, or while its objects were made.
    void failed(const FilePtr& file) { file->sha256.empty() ? fail(*file) : stored(file); }

    void fail(const File& file) {
        if (file.error->failure == Failure::configuration) report_.ended_by = file.error;
        // What is wrong with a picture, or with an object, is said without the file's name; what is
        // wrong with all of them needs none.
        auto error = *file.error;
        const std::string what{error.what()};
        const bool is_its_own =
            error.failure != Failure::configuration && error.failure != Failure::unavailable;
        if (is_its_own && what.find(excerpt(file.path)) == std::string::npos)
            error = {error.failure, excerpt(file.path, 200) + ": " + what, error.cause, error.hint};
        tell({.path = file.path, .outcome = FileOutcome::failed, .error = error});
        report_.bytes_done += file.bytes;
        workshop_.release(file);
    }

    void tell(const UploadedFile& file) {
        ++report_.files[file.outcome];
        report_.bytes_done += file.file.source_bytes;
        if (watch_.done) watch_.done(file);
    }

    // In one statement for those that were read meanwhile, beside the loop.
    void look_up() {
        if (is_index_busy_ || read_.empty()) return;
        struct LookUp {
            std::vector<FilePtr> files;
            std::map<std::size_t, KnownFile> known = {};
        };
        const auto it = std::make_shared<LookUp>(LookUp{std::exchange(read_, {})});
        is_index_busy_ = true;
        client_.work(
            [this, it] {
                std::vector<ContentOf> contents;
                for (const auto& each : it->files)
                    contents.push_back({each->path, each->source.sha256});
                it->known = find_known(postgres_, store_.name(), contents,
                                       request_.publish.original, recipe_of(request_.publish));
            },
            [this, it](const std::exception_ptr& failure) {
                is_index_busy_ = false;
                if (failure) end_by(failure);
                if (failure || is_ending_) {
                    read_.insert(read_.end(), it->files.begin(), it->files.end());
                    return;
                }
                for (std::size_t i = 0; i < it->files.size(); ++i) {
                    const auto found = it->known.find(i);
                    found == it->known.end() ? is_new(it->files[i])
                    : request_.asks_store    ? ask_store(it->files[i], found->second)
                                             : there_is(it->files[i], found->second);
                }
            });
    }

    void end_by(const std::exception_ptr& failure) {
        if (const auto error = error_of(failure); !report_.ended_by && !is_ending_)
            report_.ended_by = error;
    }

    static Error error_of(const std::exception_ptr& failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const Error& error) {
            return error;
        } catch (const std::exception& error) {
            return {Failure::internal, "the index cannot be asked", error.what()};
        }
    }

    void is_new(const FilePtr& file) {
        file->sha256 = file->source.sha256;
        auto& same = same_[file->sha256];
        same.push_back(file);
        if (same.size() == 1) {
            workshop_.make(file);
        } else {  // it is on its way under another name
            file->source = {};
        }
    }

    // It is new where one of its objects is not as the index has it.
    void ask_store(const FilePtr& file, const KnownFile& known) {
        struct Asked {
            KnownFile known;
            std::size_t left = 0;
            bool is_there = true;
        };
        const auto objects = objects_of(known.file);
        if (objects.empty()) {  // neither an original nor variants are kept
            there_is(file, known);
            return;
        }
        const auto asked = std::make_shared<Asked>(Asked{known, objects.size()});
        looking_ += objects.size();
        for (const auto& each : objects) {
            store_.look(each.key, [this, file, asked, bytes = each.bytes](const Look& look) {
                --looking_;
                if (look.error && !file->error) file->error = look.error;
                asked->is_there = asked->is_there && look.object && look.object->bytes == bytes;
                if (--asked->left > 0) return;
                if (!file->error) count_failures({});
                file->error       ? could_not_look(file)
                : asked->is_there ? there_is(file, asked->known)
                                  : is_new(file);
            });
        }
    }

    void could_not_look(const FilePtr& file) {
        if (is_ending_) {
            tell({.path = file->path, .outcome = FileOutcome::not_attempted});
            return;
        }
        count_failures(file->error);
        fail(*file);
    }

    // One after the other: the store is gone.
    void count_failures(const std::optional<Error>& error) {
        failed_in_a_row_ = error ? failed_in_a_row_ + 1 : 0;
        if (error && !is_ending_ && failed_in_a_row_ >= most_failed_in_a_row &&
            error->failure == Failure::unavailable)
            report_.ended_by = error;
    }

    void there_is(const FilePtr& file, const KnownFile& known) {
        workshop_.release(*file);
        UploadedFile told{
            .path = file->path,
            .outcome = known.is_own ? FileOutcome::unchanged : FileOutcome::deduplicated,
            .file = known.file};
        told.file.source_path = file->path;
        if (known.is_own) {
            tell(told);
        } else {
            to_note_.push_back(std::move(told));
        }
    }

    void store(const FilePtr& file) {
        if (request_.dry_run || file->published.objects.empty()) {
            stored(file);
            return;
        }
        file->puts = file->published.objects.size();
        for (auto& each : std::exchange(file->published.objects, {})) {
            const auto bytes = each.content.size;
            store_.put(std::move(each), [this, file, bytes](const Put& put) {
                if (put.error && !file->error) file->error = put.error;
                if (!put.error && !put.was_there) {
                    ++report_.objects;
                    report_.bytes_sent += bytes;
                }
                if (--file->puts == 0) stored(file);
            });
        }
    }

    void stored(const FilePtr& file) {
        const auto others = std::move(same_.extract(file->sha256).mapped());
        count_failures(file->error);
        for (const auto& each : others) {
            if (file->error && is_ending_) {
                tell({.path = each->path, .outcome = FileOutcome::not_attempted});
                continue;
            }
            if (file->error) {
                each->error = file->error;
                fail(*each);
                continue;
            }
            workshop_.release(*each);
            UploadedFile told{
                .path = each->path,
                .outcome = each == file ? FileOutcome::uploaded : FileOutcome::deduplicated,
                .file = file->published.file};
            told.file.source_path = each->path;
            to_note_.push_back(std::move(told));
        }
    }

    // A file is told of when it is in the index, where it is noted beside the loop.
    void note() {
        if (is_index_busy_) return;
        note_at_ = Clock::now() + note_within;
        const auto noted = std::make_shared<std::vector<UploadedFile>>(std::exchange(to_note_, {}));
        if (noted->empty()) return;
        is_index_busy_ = true;
        client_.work([this, noted] { write_down(*noted); },
                     [this, noted](const std::exception_ptr& failure) {
                         is_index_busy_ = false;
                         if (failure && is_ending_) {  // it had not begun
                             to_note_.insert(to_note_.end(), noted->begin(), noted->end());
                         } else {
                             tell_noted(*noted, failure);
                         }
                     });
    }

    void write_down(const std::vector<UploadedFile>& noted) {
        if (request_.dry_run) return;
        std::map<std::string, StoredFile> by_path;  // one may be named twice
        for (const auto& each : noted) by_path[each.path] = each.file;
        std::vector<StoredFile> files;
        for (auto& [path, file] : by_path) files.push_back(std::move(file));
        note_stored(postgres_, store_.name(), files, request_.publish.original, request_.now,
                    request_.run_id);
    }

    void tell_noted(const std::vector<UploadedFile>& noted, const std::exception_ptr& failure) {
        std::optional<Error> error;
        if (failure) error = error_of(failure);
        if (error && !report_.ended_by) report_.ended_by = error;
        for (const auto& each : noted) {
            if (error)
                tell({.path = each.path, .outcome = FileOutcome::failed, .error = error});
            else
                tell(each);
        }
    }

    // What is stored is noted; the rest is not attempted.
    void give_up() {
        const auto leave = [this](const std::string& path) {
            tell({.path = path, .outcome = FileOutcome::not_attempted});
        };
        std::stop_source at_once;
        at_once.request_stop();
        auto next = workshop_.end();
        if (!next) next = next_(at_once.get_token());
        auto ready = workshop_.take();
        for (const auto& each : ready.skipped) skip(each);
        for (const auto& each : ready.failed) failed(each);
        is_ending_ = true;  // what is cut off was not attempted either
        client_.end_all("stopped");
        for (const auto* list : {&ready.read, &read_}) {
            for (const auto& each : *list) leave(each->path);
        }
        const auto noted = std::exchange(to_note_, {});
        std::exception_ptr failure;
        try {
            write_down(noted);
        } catch (const std::exception&) {
            failure = std::current_exception();
        }
        tell_noted(noted, failure);
        for (const auto& [sha256, files] : same_) {
            for (const auto& each : files) leave(each->path);
        }
        for (; next; next = next_(at_once.get_token())) {
            if (next->why_not.empty()) {
                leave(next->path);
            } else {
                skip(*next);
            }
        }
    }

    ObjectStore& store_;
    http::Client& client_;
    postgres::Connection& postgres_;
    const Next& next_;
    const UploadRequest& request_;
    const UploadWatch& watch_;
    UploadReport report_;
    std::vector<FilePtr> read_;                         // and not looked up
    std::map<std::string, std::vector<FilePtr>> same_;  // by their bytes, the first is on its way
    std::vector<UploadedFile> to_note_;
    std::size_t looking_ = 0;     // at objects in the store
    bool is_index_busy_ = false;  // one statement after the other
    int failed_in_a_row_ = 0;
    bool is_ending_ = false;
    Clock::time_point note_at_ = Clock::now() + note_within;
    Workshop workshop_;  // last: its threads end first
};

}  // namespace

std::string_view name(FileOutcome outcome) {
    static constexpr std::array<std::string_view, 6> names{
        "uploaded", "unchanged", "deduplicated", "skipped", "failed", "not attempted"};
    return names.at(static_cast<std::size_t>(outcome));
}

UploadReport upload(ObjectStore& store, http::Client& client, postgres::Connection& postgres,
                    const Next& next, const UploadRequest& request, const UploadWatch& watch,
                    const std::stop_token& stop) {
    return Upload{store, client, postgres, next, request, watch}.run(stop);
}

}  // namespace nightshift::media
