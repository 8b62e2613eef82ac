// nightshift upload-media: files into an object store, with smaller pictures of images.
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "media/upload.hpp"
#include "media_store.hpp"
#include "progress.hpp"
#include "shared_options.hpp"
#include "upload_media/inputs.hpp"
#include "upload_media/pace.hpp"
#include "upload_media/report.hpp"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using media::FileOutcome;
using media::Original;

const std::map<std::string, Original> originals{
    {"public", Original::is_public}, {"private", Original::is_private}, {"none", Original::none}};

struct Options {
    MediaStoreOptions store;
    media::UploadRequest request;
    InputOptions inputs;
    bool no_variants = false;
    bool json_lines = false;
    std::string manifest;
    std::uint64_t memory_mib = 256;
    std::uint64_t most_mib = 50;
};

void refuse_types(const std::set<std::string>& types) {
    for (const auto& type : types) {
        const auto never = media::why_never(type);
        if (never.empty()) continue;
        throw Error{Failure::usage, "--allow-type " + excerpt(type) + " is not possible", never,
                    "leave it out"};
    }
}

media::UploadRequest request_of(const Session& session, const Options& options) {
    auto request = options.request;
    request.publish.prefix = options.store.prefix;
    if (options.no_variants) request.publish.sizes.clear();
    request.memory = options.memory_mib << 20;
    request.source.most_image_bytes = options.most_mib << 20;
    request.source.most_bytes =
        std::max(request.source.most_bytes, request.source.most_image_bytes);
    request.workers = std::max(std::thread::hardware_concurrency(), 1U);
    request.decoder.program = image_program(session);
    request.run_id = session.run_id;
    request.now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    return request;
}

// A store or a database that is gone fails many files by the same words: they are said once.
void tell_trouble(const Session& session, const media::UploadedFile& file, std::string& said) {
    if (file.error) {
        const auto words = file.error->what() + file.error->cause;
        if (std::exchange(said, words) != words) session.output.explain(*file.error);
    } else if (!file.why.empty()) {
        log::warning("left alone: " + file.why, {{"file", excerpt(file.path, 200)}});
    }
}

ExitCode code_of(const Session& session, const media::UploadReport& report) {
    if (report.ended_by) return exit_code(report.ended_by->failure, session.signal());
    if (session.stop.stop_requested()) return exit_code(Failure::interrupted, session.signal());
    return report.count(FileOutcome::failed) > 0 ? ExitCode::partial : ExitCode::done;
}

ExitCode run(Session& session, const Options& options) {
    refuse_types(options.request.source.more_types);
    const auto request = request_of(session, options);
    Inputs inputs{options.inputs, session.stop};
    const auto store = open_media_store(session, options.store);
    session.migrated_postgres();
    const auto postgres = session.unstoppable_postgres();  // what is stored is noted after a stop
    const auto original = request.publish.original;
    std::vector<media::UploadedFile> files;
    Progress progress{session, "file"};
    Pace pace{options.inputs, progress.on_terminal()};
    std::string said;
    const auto report = media::upload(
        *store.store, *store.client, *postgres,
        [&](const std::stop_token& stop) { return inputs.next(stop); }, request,
        {.done =
             [&](const media::UploadedFile& file) {
                 progress.clear();
                 tell_trouble(session, file, said);
                 if (options.json_lines) {
                     session.output.line(to_json(file, store, original));
                 } else {
                     files.push_back(file);
                 }
             },
         .progress =
             [&](const media::UploadReport& so_far) {
                 std::int64_t done = 0;
                 for (const auto& [outcome, count] : so_far.files) done += count;
                 progress.report("upload-media", done,
                                 progress.on_terminal() ? pace.told(so_far) : std::string{});
             }},
        session.stop);
    progress.clear();
    const auto code = code_of(session, report);
    if (report.ended_by) session.output.explain(*report.ended_by);
    if (options.json_lines) {
        session.output.line(to_json(report));
        return code;
    }
    std::sort(files.begin(), files.end(),
              [](const auto& one, const auto& other) { return one.path < other.path; });
    const auto document = [&] {
        auto json = to_json(report);
        json["dry_run"] = request.dry_run;
        json["store"] = store.store->name();
        json["manifest"] = Json::array();
        for (const auto& each : files) json["manifest"].push_back(to_json(each, store, original));
        return json;
    };
    if (!options.manifest.empty()) {
        auto json = document();
        json["schema_version"] = 1;
        write_file(options.manifest, text_of(std::move(json), 2), 0644);
    }
    session.output.result([&] { return to_text(files, report, store, original, request.dry_run); },
                          document, code == ExitCode::done);
    return code;
}

}  // namespace

void add_upload_media(CLI::App& app, Chosen& chosen) {
    auto* command =
        app.add_subcommand("upload-media", "upload images and files, with smaller pictures, once");
    auto options = std::make_shared<Options>();
    command->fallthrough();
    command->add_option("PATH", options->inputs.paths,
                        "files and folders; - is standard input, one file");
    command
        ->add_option("--files-from", options->inputs.files_from,
                     "read names from this file, one a line; - is standard input")
        ->type_name("FILE");
    command->add_flag("-0,--null", options->inputs.ends_with_null,
                      "names in --files-from end with a zero byte");
    command->add_option("--name", options->inputs.name, "what - is called in the index")
        ->type_name("NAME")
        ->check(not_empty);
    add_media_store_options(*command, options->store);
    command
        ->add_option("--original", options->request.publish.original,
                     "what becomes of the file itself: public (default), private or none")
        ->type_name("WHAT")
        ->transform(CLI::Transformer(originals))
        ->option_text("public|private|none");
    command->add_flag("--no-variants", options->no_variants, "make no smaller pictures");
    command
        ->add_option("--quality", options->request.publish.quality,
                     "of smaller pictures (default 80)")
        ->type_name("1..100")
        ->check(CLI::Range(1, 100));
    command
        ->add_option("--allow-type", options->request.source.more_types,
                     "take files of this type too, such as application/pdf")
        ->type_name("TYPE")
        ->check(not_empty);
    command->add_option("--max-bytes", options->most_mib, "of an image, in MiB (default 50)")
        ->type_name("MIB")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 20));
    command
        ->add_option("--max-pixels", options->request.publish.most_pixels,
                     "of all frames of an image (default 100000000)")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    command
        ->add_option("--max-frames", options->request.publish.most_frames,
                     "of an animation (default 300)")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    command->add_option("--memory", options->memory_mib, "to work in, in MiB (default 256)")
        ->type_name("MIB")
        ->check(CLI::Range(std::uint64_t{64}, std::uint64_t{1} << 20));
    command
        ->add_option("--bwlimit", options->store.most_mib_per_second,
                     "send no more than so many MiB a second to S3")
        ->type_name("MIB")
        ->check(CLI::Range(0.004, 100'000.0));
    command->add_flag("--verify", options->request.asks_store,
                      "ask the store whether it has what the index knows");
    command->add_flag("-n,--dry-run", options->request.dry_run, "do everything but store and note");
    command->add_flag("--json-lines", options->json_lines,
                      "print a line of JSON for each file, and the counts last");
    command->add_option("--manifest", options->manifest, "write the JSON document to this file too")
        ->type_name("FILE")
        ->check(not_empty);
    command->footer(
        "An object is named by what is in it, so the same command again uploads nothing.\n"
        "What leaves has no EXIF, GPS or XMP in it.\n"
        "\n"
        "Examples:\n"
        "  nightshift upload-media photos/\n"
        "  nightshift upload-media --store folder:/srv/media --json diagram.png\n"
        "  find new -name '*.jpg' -print0 | nightshift upload-media --files-from - -0");
    command->callback([&chosen, options] {
        chosen = {"upload-media", [options](Session& session) { return run(session, *options); }};
    });
}

}  // namespace nightshift::cmd
