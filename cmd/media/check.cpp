// nightshift media verify, orphans: the store against the index.
#include "base/text.hpp"
#include "media/subcommands.hpp"
#include "media/upkeep.hpp"
#include "media_store.hpp"
#include "progress.hpp"
#include "shared_options.hpp"

#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    MediaStoreOptions store;
    std::string begin;
    std::string references;
    std::optional<int> days;
    bool is_deleting = false;
    bool yes = false;
};

ExitCode verify(Session& session, const Options& options) {
    const auto store = open_media_store(session, options.store);
    const auto postgres = session.migrated_postgres();
    Progress progress{session, "file"};
    const auto verified = media::verify(
        *store.store, *postgres, options.begin,
        [&](std::int64_t files) { progress.report("media verify", files); }, session.stop);
    progress.clear();
    const bool is_good = verified.troubles.empty();
    session.output.result(
        [&] {
            std::string text;
            if (!is_good) {
                Table table{{"file", "object", "trouble"}};
                for (const auto& each : verified.troubles)
                    table.add({printable(each.path), each.key, each.what});
                text = table.text();
            }
            return text + fmt::format("{} of {} looked at, {} wrong\n",
                                      counted(verified.objects, "object"),
                                      counted(verified.files, "file"), verified.troubles.size());
        },
        [&] {
            Json troubles = Json::array();
            for (const auto& each : verified.troubles)
                troubles.push_back({{"path", each.path}, {"key", each.key}, {"what", each.what}});
            return Json{{"store", store.store->name()},
                        {"files", verified.files},
                        {"objects", verified.objects},
                        {"troubles", std::move(troubles)}};
        },
        is_good);
    return is_good ? ExitCode::done : ExitCode::negative;
}

// Keys, one a line.
std::set<std::string> references_of(const Options& options) {
    std::set<std::string> references;
    if (options.references.empty()) return references;
    std::ifstream file{options.references};
    for (std::string line; std::getline(file, line);) {
        if (const auto key = trimmed(line); !key.empty()) references.emplace(key);
    }
    if (file.bad() || references.empty()) {
        throw Error{Failure::refused, excerpt(options.references, 200) + " has no key in it",
                    "everything would be an orphan", "write a key on each line"};
    }
    return references;
}

void refuse_deletion(const Session& session, const Options& options, const MediaStore& store) {
    if (!options.is_deleting) return;
    if (!options.days || !options.yes) {
        throw Error{Failure::refused, "orphans are deleted with --older-than DAYS and --yes alone",
                    "what is being uploaded right now is not in the index yet",
                    "see them without --delete first"};
    }
    if (media::list_files(*session.migrated_postgres(), store.store->name(), "", "", 1).empty()) {
        throw Error{Failure::refused, "the index has no file in " + store.store->name(),
                    "everything would be an orphan",
                    "see that DATABASE_URL and the store belong "
                    "together"};
    }
}

ExitCode orphans(Session& session, const Options& options) {
    const auto references = references_of(options);
    const auto store = open_media_store(session, options.store);
    refuse_deletion(session, options, store);
    const auto postgres = session.migrated_postgres();
    std::vector<media::Orphan> found;
    std::uint64_t bytes = 0;
    const auto older_than = now() - std::chrono::days{options.days.value_or(0)};
    media::find_orphans(*store.store, *postgres, options.store.prefix, references, older_than,
                        [&](const media::Orphan& each) {
                            found.push_back(each);
                            bytes += each.bytes;
                        });
    std::int64_t deleted = 0;
    for (const auto& each : found) {
        if (!options.is_deleting || session.stop.stop_requested()) break;
        store.store->remove(each.key);
        ++deleted;
    }
    // Their parts are billed, and no list of objects shows them.
    const auto given_up = options.is_deleting && store.s3 != nullptr
                              ? store.s3->abort_uploads(options.store.prefix + "/", older_than)
                              : 0;
    session.output.result(
        [&] {
            std::string text;
            if (!found.empty()) {
                Table table{{"object", "bytes", "since"}};
                for (const auto& each : found)
                    table.add({printable(each.key), grouped(static_cast<std::int64_t>(each.bytes)),
                               format_instant(each.changed_at)});
                text = table.text();
            }
            return text +
                   fmt::format("{} of {} that no file of the index has{}\n",
                               counted(static_cast<std::int64_t>(found.size()), "object"),
                               counted(static_cast<std::int64_t>(bytes), "byte"),
                               options.is_deleting
                                   ? fmt::format("; {} deleted, {} given up", grouped(deleted),
                                                 counted(given_up, "unfinished upload"))
                                   : "");
        },
        [&] {
            Json list = Json::array();
            for (const auto& each : found)
                list.push_back({{"key", each.key},
                                {"bytes", each.bytes},
                                {"changed_at", format_instant(each.changed_at)}});
            return Json{{"store", store.store->name()}, {"prefix", options.store.prefix},
                        {"orphans", std::move(list)},   {"bytes", bytes},
                        {"deleted", deleted},           {"uploads_given_up", given_up}};
        });
    return ExitCode::done;
}

}  // namespace

void add_media_check(CLI::App& media, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* verifying = media.add_subcommand("verify", "whether the store has what the index says");
    verifying->fallthrough();
    verifying->add_option("BEGIN", options->begin, "only files whose names begin so");
    add_media_store_options(*verifying, options->store);
    verifying->footer(
        "Each object is read and hashed. Exits with 1 where one is missing or another.\n"
        "\n"
        "Examples:\n"
        "  nightshift media verify");
    verifying->callback([&chosen, options] {
        chosen = {"media verify",
                  [options](Session& session) { return verify(session, *options); }};
    });

    auto* finding = media.add_subcommand("orphans", "objects that belong to no file of the index");
    finding->fallthrough();
    finding
        ->add_option("--references", options->references,
                     "keys that are in use all the same, one a line")
        ->type_name("FILE")
        ->check(not_empty);
    finding->add_option("--older-than", options->days, "stored more than so many days ago")
        ->type_name("DAYS")
        ->check(CLI::Range(1, 36'500));
    finding->add_flag("--delete", options->is_deleting, "delete them; with --older-than and --yes");
    finding->add_flag("-y,--yes", options->yes, "confirm it");
    add_media_store_options(*finding, options->store);
    finding->footer(
        "Nothing outside the prefix is looked at.\n"
        "\n"
        "Examples:\n"
        "  nightshift media orphans --older-than 7\n"
        "  nightshift media orphans --older-than 7 --references used.txt --delete --yes");
    finding->callback([&chosen, options] {
        chosen = {"media orphans",
                  [options](Session& session) { return orphans(session, *options); }};
    });
}

}  // namespace nightshift::cmd
