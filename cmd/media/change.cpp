// nightshift media rebuild-variants, delete.
#include "base/text.hpp"
#include "media/subcommands.hpp"
#include "media/upkeep.hpp"
#include "media_store.hpp"
#include "progress.hpp"
#include "shared_options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t files_at_once = 100;

struct Options {
    MediaStoreOptions store;
    media::PublishRules rules;
    std::string begin;
    std::vector<std::string> paths;
};

// Sizes of files whose recipe is another one by now; what was made before stays, as an orphan.
ExitCode rebuild(Session& session, Options options) {
    options.rules.prefix = options.store.prefix;
    const auto store = open_media_store(session, options.store);
    const auto postgres = session.migrated_postgres();
    media::ImageWorker worker{{.program = image_program(session)}};
    Progress progress{session, "file"};
    std::int64_t looked_at = 0;
    std::int64_t rebuilt = 0;
    std::int64_t failed = 0;
    std::string after;
    while (!session.stop.stop_requested()) {
        const auto files =
            media::list_files(*postgres, store.store->name(), options.begin, after, files_at_once);
        if (files.empty()) break;
        for (const auto& file : files) {
            if (session.stop.stop_requested()) break;
            ++looked_at;
            try {
                rebuilt += media::rebuild_variants(
                               *store.store, [&] { store.client->run(session.stop); }, *postgres,
                               file, options.rules, worker, now(), session.run_id)
                               ? 1
                               : 0;
            } catch (const Error& error) {
                if (error.failure != Failure::data) throw;
                ++failed;
                progress.clear();
                session.output.explain(error);
            }
            progress.report("media rebuild-variants", looked_at);
        }
        after = files.back().source_path;
    }
    progress.clear();
    session.output.result(
        [&] {
            return fmt::format("{} of {} rebuilt, {} failed\n", grouped(rebuilt),
                               counted(looked_at, "file"), grouped(failed));
        },
        [&] {
            return Json{{"files", looked_at}, {"rebuilt", rebuilt}, {"failed", failed}};
        },
        failed == 0);
    if (session.stop.stop_requested()) return exit_code(Failure::interrupted, session.signal());
    return failed > 0 ? ExitCode::partial : ExitCode::done;
}

ExitCode erase(Session& session, const Options& options) {
    const auto store = open_media_store(session, options.store);
    const auto postgres = session.migrated_postgres();
    std::vector<std::string> deleted;
    std::vector<std::string> unknown;
    for (const auto& path : options.paths) {
        const bool was_there = media::delete_file(*store.store, *postgres, path, now());
        (was_there ? deleted : unknown).push_back(path);
    }
    session.output.result(
        [&] {
            auto text = fmt::format("{} deleted\n",
                                    counted(static_cast<std::int64_t>(deleted.size()), "file"));
            for (const auto& each : unknown)
                text += printable(each) + " was not uploaded to " + store.store->name() + "\n";
            return text;
        },
        [&] {
            return Json{{"deleted", deleted}, {"unknown", unknown}};
        },
        unknown.empty());
    return unknown.empty() ? ExitCode::done : ExitCode::data;
}

}  // namespace

void add_media_change(CLI::App& media, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* rebuilding = media.add_subcommand("rebuild-variants",
                                            "make smaller pictures anew where they are others");
    rebuilding->fallthrough();
    rebuilding->add_option("BEGIN", options->begin, "only files whose names begin so");
    rebuilding->add_option("--quality", options->rules.quality, "of these (default 80)")
        ->type_name("1..100")
        ->check(CLI::Range(1, 100));
    add_media_store_options(*rebuilding, options->store);
    rebuilding->footer(
        "They are made of the originals in the store. Old ones stay until 'media orphans' deletes\n"
        "them: pages may show them still.\n"
        "\n"
        "Examples:\n"
        "  nightshift media rebuild-variants --quality 70");
    rebuilding->callback([&chosen, options] {
        chosen = {"media rebuild-variants",
                  [options](Session& session) { return rebuild(session, *options); }};
    });

    auto* deleting = media.add_subcommand("delete", "delete files, and objects that no other has");
    deleting->fallthrough();
    deleting->add_option("PATH", options->paths, "files, as upload-media was given them")
        ->required()
        ->check(not_empty);
    add_media_store_options(*deleting, options->store);
    deleting->footer("Examples:\n  nightshift media delete photos/a.jpg");
    deleting->callback([&chosen, options] {
        chosen = {"media delete", [options](Session& session) { return erase(session, *options); }};
    });
}

}  // namespace nightshift::cmd
