#include "health/services.hpp"

#include "base/error.hpp"
#include "config/catalog.hpp"
#include "health/certificate.hpp"
#include "health/providers.hpp"
#include "health/store.hpp"
#include "media_store.hpp"
#include "provider_settings.hpp"

#include <cstring>
#include <set>
#include <utility>

namespace nightshift::cmd {
namespace {

using health::Probe;
using health::Wanted;

// Nothing is looked at of a provider that is not chosen.
template <typename Options, typename Look>
void add_provider(const Session& session, const Wanted& wanted, std::vector<Probe>& probes,
                  const std::string& provider, std::optional<Options> (*options)(const Session&),
                  const Look& look, const std::string& otherwise) {
    const auto group = health::of_group(wanted, provider + ".");
    if (group.empty()) return;
    probes.push_back(health::begun(group, [&] {
        const auto chosen = options(session);
        return chosen ? look(*chosen, provider_client(session), wanted)
                      : health::not_configured(group, otherwise);
    }));
}

health::OpenStore open_store(const Session& session) {
    const auto opened = std::make_shared<MediaStore>(open_media_store(session, {.is_brief = true}));
    return {{opened, opened->client.get()}, {opened, opened->store.get()}};
}

void add_store(const Session& session, const Wanted& wanted, std::vector<Probe>& probes) {
    const auto group = health::of_group(wanted, "store.probe");
    if (group.empty()) return;
    probes.push_back(session.settings.has("STORAGE_BACKEND")
                         ? health::look_at_store([session] { return open_store(session); },
                                                 MediaStoreOptions{}.prefix, wanted)
                         : health::not_configured(group, "STORAGE_BACKEND is not set"));
}

// HEARTBEAT_URL, and those of one job, begin with the same.
std::vector<std::string> urls_of(const Session& session, const std::vector<std::string>& settings) {
    std::set<std::string> names{settings.begin(), settings.end()};
    for (auto name : session.settings.names()) {
        if (name.ends_with("_FILE")) name.resize(name.size() - std::strlen("_FILE"));
        if (names.contains("HEARTBEAT_URL") && name.starts_with("HEARTBEAT_URL_"))
            names.insert(name);
    }
    std::vector<std::string> urls;
    for (const auto& name : names) {
        const auto* known = config::find_known(name);
        const auto set = (known != nullptr && known->is_secret ? session.settings.find_secret(name)
                                                               : session.settings.find(name))
                             .value_or("");
        const auto url = set.find("://") != std::string::npos ? set : "https://" + set;
        if (!set.empty() && !http::origin(url).empty()) urls.push_back(url);  // else config tells
    }
    return urls;
}

void add_certificates(const Session& session, const Wanted& wanted, std::vector<Probe>& probes) {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> all{
        {"store.certificate", {"S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"}},
        {"cdn.certificate", {"S3_CDN_DOMAIN"}},
        {"heartbeat.certificate", {"HEARTBEAT_URL"}},
        {"sentry.certificate", {"SENTRY_DSN"}},
        {"unsubscribe.certificate", {"UNSUBSCRIBE_URL"}}};
    for (const auto& [id, settings] : all) {
        const auto group = health::of_group(wanted, id);
        if (group.empty()) continue;
        probes.push_back(health::begun(group, [&, &settings = settings] {
            const auto urls = urls_of(session, settings);
            return urls.empty()
                       ? health::not_configured(group, settings.front() + " is not set")
                       : health::look_at_certificate(
                             group.front(), urls,
                             {.user_agent = std::string{"nightshift/"} + NIGHTSHIFT_VERSION});
        }));
    }
}

}  // namespace

void add_service_probes(const Session& session, const Wanted& wanted, std::vector<Probe>& probes) {
    add_provider(session, wanted, probes, "fcm", fcm_settings, health::look_at_fcm,
                 "FIREBASE_CREDENTIALS_PATH is not set");
    add_provider(session, wanted, probes, "twilio", twilio_settings, health::look_at_twilio,
                 "SMS_PROVIDER is not twilio");
    add_provider(session, wanted, probes, "sendgrid", sendgrid_settings, health::look_at_sendgrid,
                 "EMAIL_PROVIDER is not sendgrid");
    add_provider(session, wanted, probes, "smtp", smtp_settings, health::look_at_smtp,
                 "EMAIL_PROVIDER is not smtp");
    add_store(session, wanted, probes);
    add_certificates(session, wanted, probes);
}

}  // namespace nightshift::cmd
