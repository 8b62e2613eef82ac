#include "media_store.hpp"

#include "base/text.hpp"
#include "http/aws_credentials.hpp"
#include "media/folder_store.hpp"
#include "media/image_worker.hpp"
#include "shared_options.hpp"

#include <algorithm>
#include <filesystem>

namespace nightshift::cmd {
namespace {

constexpr std::string_view folder_scheme = "folder:";
constexpr std::string_view s3_scheme = "s3:";

std::string require(const Session& session, const std::string& name, const std::string& example) {
    const auto value = session.settings.find(name);
    if (value) return *value;
    throw Error{Failure::configuration, name + " is not set", "", "set it, as in " + example};
}

// As --store would say it.
std::string store_of_settings(const Session& session) {
    const auto backend = lowered(session.settings.find("STORAGE_BACKEND").value_or(""));
    if (backend == "local" || backend == "folder")
        return std::string{folder_scheme} +
               require(session, "LOCAL_STORAGE_PATH", "LOCAL_STORAGE_PATH=/srv/media");
    if (backend == "s3" || backend == "minio")
        return std::string{s3_scheme} +
               require(session, "S3_BUCKET_NAME", "S3_BUCKET_NAME=my-app-media");
    throw Error{Failure::configuration,
                backend.empty() ? "no store is set"
                                : "STORAGE_BACKEND=" + excerpt(backend) + " is no store",
                "it is local, s3 or minio",
                "set STORAGE_BACKEND, or give --store folder:/srv/media or --store s3:BUCKET"};
}

std::string first_of(const Session& session, const std::vector<std::string>& names) {
    for (const auto& name : names) {
        if (const auto value = session.settings.find(name)) return *value;
    }
    return {};
}

std::string without_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

// The distribution in front of it, else the bucket's own address.
std::string public_base(const Session& session, const media::S3Options* s3) {
    if (auto domain = session.settings.find("S3_CDN_DOMAIN")) {
        const bool has_scheme = domain->find("://") != std::string::npos;
        return without_slash(has_scheme ? *domain : "https://" + *domain);
    }
    if (s3 == nullptr) return {};
    if (!s3->endpoint.empty()) return without_slash(s3->endpoint) + "/" + s3->bucket;
    return "https://" + s3->bucket + ".s3." + s3->region + ".amazonaws.com";
}

http::AwsCredentials credentials_of(const Session& session, const std::string& endpoint) {
    const auto id = session.settings.find("AWS_ACCESS_KEY_ID");  // it stands in every signed url
    const auto secret = session.settings.find_secret("AWS_SECRET_ACCESS_KEY");
    if (id && secret)
        return {*id, *secret, session.settings.find_secret("AWS_SESSION_TOKEN").value_or("")};
    const auto setting = [&session](const std::string& name) {
        return session.settings.find(name).value_or("");
    };
    if (auto found = http::find_aws_credentials(
            {.file = setting("AWS_SHARED_CREDENTIALS_FILE"),
             .profile = setting("AWS_PROFILE"),
             .container_path = setting("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
             .container_url = setting("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
             .container_token = setting("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
             .container_token_file = setting("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
             .asks_instance = endpoint.empty()}))
        return *found;
    throw Error{Failure::configuration, "there are no credentials for S3",
                "neither AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, nor a file, nor the machine "
                "has any",
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"};
}

}  // namespace

std::optional<std::string> MediaStore::url_of(const std::string& key) const {
    if (public_base.empty() || key.empty()) return std::nullopt;
    std::string url = public_base;
    for (std::size_t from = 0; from <= key.size();) {
        const auto slash = std::min(key.find('/', from), key.size());
        url += "/" + percent_encoded(std::string_view{key}.substr(from, slash - from));
        from = slash + 1;
    }
    return url;
}

std::string image_program(const Session& session) {
    if (const auto named = session.settings.find("NIGHTSHIFT_IMAGE_PROGRAM")) return *named;
    return media::find_image_program().value_or("nightshift-image");
}

void add_media_store_options(CLI::App& command, MediaStoreOptions& options) {
    command
        .add_option("--store", options.store,
                    "folder:PATH or s3:BUCKET (default: what STORAGE_BACKEND says)")
        ->type_name("STORE")
        ->check(not_empty);
    command.add_option("--prefix", options.prefix, "where keys begin (default media)")
        ->type_name("PREFIX")
        ->check([](const std::string& prefix) -> std::string {
            try {
                media::require_key(prefix);
            } catch (const Error& error) {
                return std::string{error.what()} + ": " + error.cause;
            }
            return "";
        });
}

MediaStore open_media_store(const Session& session, const MediaStoreOptions& options) {
    const auto name = options.store.empty() ? store_of_settings(session) : options.store;
    // Of a limit each request has its share: few at once, so that none starves.
    const bool is_limited = options.most_mib_per_second > 0;
    const std::size_t concurrency = is_limited ? 4 : 64;
    MediaStore opened;
    opened.client = std::make_unique<http::Client>(http::ClientOptions{.concurrency = concurrency});
    if (name.starts_with(folder_scheme)) {
        // The index knows it by its whole name, wherever we stand.
        auto folder =
            std::filesystem::absolute(name.substr(folder_scheme.size())).lexically_normal();
        if (!folder.has_filename()) folder = folder.parent_path();
        opened.store = std::make_unique<media::FolderStore>(folder.string());
        opened.public_base = public_base(session, nullptr);
        return opened;
    }
    if (!name.starts_with(s3_scheme)) {
        throw Error{Failure::usage, "--store " + excerpt(name) + " is no store", "",
                    "give folder:PATH or s3:BUCKET"};
    }
    media::S3Options s3{.endpoint = first_of(session, {"S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"}),
                        .bucket = name.substr(s3_scheme.size()),
                        .credentials = {}};
    if (auto region = first_of(session, {"AWS_REGION", "AWS_DEFAULT_REGION"}); !region.empty())
        s3.region = std::move(region);
    if (is_limited) {
        constexpr double mib = 1 << 20;
        s3.most_per_second = std::max<std::uint64_t>(
            static_cast<std::uint64_t>(options.most_mib_per_second * mib) / concurrency, 1024);
    }
    if (options.is_brief) {
        s3.retry.most = 0;
        s3.timeout = std::chrono::seconds{2};
    }
    s3.credentials = credentials_of(session, s3.endpoint);
    opened.public_base = public_base(session, &s3);
    auto store = std::make_unique<media::S3Store>(*opened.client, s3);
    opened.s3 = store.get();
    opened.store = std::move(store);
    return opened;
}

}  // namespace nightshift::cmd
