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
constexpr int most_failed_puts = 5;  // one after the other: the store is gone

class Upload {
  public:
    Upload(ObjectStore& store, http::Client& client, postgres::Connection& postgres,
           const std::function<std::optional<Found>()>& next, const UploadRequest& request,
           const UploadWatch& watch)
        : store_{store},
          client_{client},
          postgres_{postgres},
          next_{next},
          request_{request},
          watch_{watch},
          workshop_{next, request, [&client] { client.wake(); }} {}

    UploadReport run(const std::stop_token& stop) {
        const std::stop_callback wake{stop, [this] { client_.wake(); }};
        while (true) {
            if (stop.stop_requested() || report_.ended_by) break;
            auto ready = workshop_.take();
            for (const auto& each : ready.skipped) skip(each);
            for (const auto& each : ready.failed) failed(each);
            std::move(ready.read.begin(), ready.read.end(), std::back_inserter(read_));
            look_up();
            for (const auto& each : ready.made) store(each);
            const bool is_idle = ready.is_last && read_.empty() && same_.empty();
            if (is_idle || to_note_.size() >= most_at_once || Clock::now() >= note_at_) note();
            if (is_idle) break;
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
        workshop_.release(file);
    }

    void tell(const UploadedFile& file) {
        ++report_.files[file.outcome];
        if (watch_.done) watch_.done(file);
    }

    // In one statement for those that were read meanwhile.
    void look_up() {
        if (read_.empty()) return;
        std::vector<ContentOf> asked;
        for (const auto& each : read_) asked.push_back({each->path, each->source.sha256});
        std::map<std::size_t, KnownFile> known;
        try {
            known = find_known(postgres_, store_.name(), asked, request_.publish.original,
                               recipe_of(request_.publish));
            std::erase_if(known, [this](const auto& each) {
                return request_.asks_store && !is_there(each.second.file);
            });
        } catch (const Error& error) {
            report_.ended_by = error;
            return;
        }
        const auto read = std::exchange(read_, {});
        for (std::size_t i = 0; i < read.size(); ++i) {
            const auto& file = read[i];
            if (const auto found = known.find(i); found != known.end()) {
                there_is(file, found->second.file, found->second.is_own);
                continue;
            }
            file->sha256 = file->source.sha256;
            auto& same = same_[file->sha256];
            same.push_back(file);
            if (same.size() == 1) {
                workshop_.make(file);
            } else {  // it is on its way under another name
                file->source = {};
            }
        }
    }

    bool is_there(const StoredFile& file) {
        return std::ranges::all_of(objects_of(file), [this](const Named& each) {
            const auto found = store_.find(each.key);
            return found && found->bytes == each.bytes;
        });
    }

    void there_is(const FilePtr& file, const StoredFile& stored, bool is_own) {
        workshop_.release(*file);
        UploadedFile told{.path = file->path,
                          .outcome = is_own ? FileOutcome::unchanged : FileOutcome::deduplicated,
                          .file = stored};
        told.file.source_path = file->path;
        if (is_own) {
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
        failed_in_a_row_ = file->error ? failed_in_a_row_ + 1 : 0;
        if (file->error && !is_ending_ && failed_in_a_row_ >= most_failed_puts &&
            file->error->failure == Failure::unavailable)
            report_.ended_by = file->error;
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

    // A file is told of when it is in the index.
    void note() {
        note_at_ = Clock::now() + note_within;
        const auto noted = std::exchange(to_note_, {});
        std::map<std::string, StoredFile> by_path;  // one may be named twice
        for (const auto& each : noted) by_path[each.path] = each.file;
        std::vector<StoredFile> files;
        for (auto& [path, file] : by_path) files.push_back(std::move(file));
        if (!request_.dry_run) {
            try {
                note_stored(postgres_, store_.name(), files, request_.publish.original,
                            request_.now, request_.run_id);
            } catch (const Error& error) {
                report_.ended_by = error;
                for (const auto& each : noted)
                    tell({.path = each.path, .outcome = FileOutcome::failed, .error = error});
                return;
            }
        }
        for (const auto& each : noted) tell(each);
    }

    // What is stored is noted; the rest is not attempted.
    void give_up() {
        const auto leave = [this](const std::string& path) {
            tell({.path = path, .outcome = FileOutcome::not_attempted});
        };
        auto next = workshop_.end();
        auto ready = workshop_.take();
        for (const auto& each : ready.skipped) skip(each);
        for (const auto& each : ready.failed) failed(each);
        for (const auto* list : {&ready.read, &read_}) {
            for (const auto& each : *list) leave(each->path);
        }
        is_ending_ = true;  // what is cut off was not attempted either
        client_.end_all("stopped");
        note();
        for (const auto& [sha256, files] : same_) {
            for (const auto& each : files) leave(each->path);
        }
        for (; next; next = next_()) {
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
    const std::function<std::optional<Found>()>& next_;
    const UploadRequest& request_;
    const UploadWatch& watch_;
    UploadReport report_;
    std::vector<FilePtr> read_;                         // and not looked up
    std::map<std::string, std::vector<FilePtr>> same_;  // by their bytes, the first is on its way
    std::vector<UploadedFile> to_note_;
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
                    const std::function<std::optional<Found>()>& next, const UploadRequest& request,
                    const UploadWatch& watch, const std::stop_token& stop) {
    return Upload{store, client, postgres, next, request, watch}.run(stop);
}

}  // namespace nightshift::media
