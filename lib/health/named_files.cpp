#include "base/error.hpp"
#include "base/file.hpp"
#include "costs/price_book.hpp"
#include "health/findings.hpp"
#include "health/mutes.hpp"
#include "jobs/schedule.hpp"
#include "media/image_worker.hpp"
#include "notifications/channels/service_account.hpp"

#include <unistd.h>

namespace nightshift::health {
namespace {

// A file that is not there is told by its setting.
void look_at_schedule(Findings& found) {
    const auto path = found.value("NIGHTSHIFT_SCHEDULE");
    if (path.empty()) return;
    try {
        if (const auto text = read_file(path)) jobs::parse_schedule(*text, path);
    } catch (const Error& error) {
        found.add("workers", "NIGHTSHIFT_SCHEDULE", error);
    }
}

void look_at_mutes(Findings& found) {
    const auto path = found.value("NIGHTSHIFT_MUTES");
    if (path.empty()) return;
    try {
        const auto text = read_file(path);
        for (const auto& each : text ? parse_mutes(*text, path) : std::vector<Mute>{}) {
            if (each.until <= now())
                found.add("monitoring", "NIGHTSHIFT_MUTES", false,
                          "the mute of " + each.check + " is over",
                          "it ended " + format_instant(each.until),
                          "take it out of " + path + ", or give it another end");
        }
    } catch (const Error& error) {
        found.add("monitoring", "NIGHTSHIFT_MUTES", error);
    }
}

void look_at_prices(Findings& found) {
    try {
        costs::read_price_book(found.value("NIGHTSHIFT_PRICES"));
    } catch (const Error& error) {
        found.add("services", "NIGHTSHIFT_PRICES", error);
    }
}

void look_at_service_account(Findings& found) {
    const auto path = found.value("FIREBASE_CREDENTIALS_PATH");
    if (path.empty() || ::access(path.c_str(), R_OK) != 0) return;
    try {
        notifications::read_service_account(path);
    } catch (const Error& error) {
        found.add("secrets", "FIREBASE_CREDENTIALS_PATH", error);
    }
}

void look_at_image_program(Findings& found) {
    if (found.settings().has("STORAGE_BACKEND") &&
        !found.settings().has("NIGHTSHIFT_IMAGE_PROGRAM") && !media::find_image_program())
        found.add(
            "workers", "NIGHTSHIFT_IMAGE_PROGRAM", false, "there is no nightshift-image",
            "upload-media needs it for smaller pictures",
            "build it where libvips-dev is installed, or name it in NIGHTSHIFT_IMAGE_PROGRAM");
}

}  // namespace

void look_at_named_files(Findings& found) {
    look_at_schedule(found);
    look_at_mutes(found);
    look_at_prices(found);
    look_at_service_account(found);
    look_at_image_program(found);
}

}  // namespace nightshift::health
