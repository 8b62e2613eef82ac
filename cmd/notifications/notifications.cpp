// nightshift notifications: look into the outbox, and hold it.
#include "notifications/subcommands.hpp"

namespace nightshift::cmd {

void add_notifications(CLI::App& app, Chosen& chosen) {
    auto* notifications = app.add_subcommand("notifications", "look into the outbox, and hold it");
    notifications->require_subcommand(0, 1);
    notifications->fallthrough();
    notifications->footer(
        "Examples:\n"
        "  nightshift notifications show 123\n"
        "  nightshift notifications pause twilio");
    add_notifications_look(*notifications, chosen);
    add_notifications_hold(*notifications, chosen);
    add_notifications_erase(*notifications, chosen);
    add_notifications_test(*notifications, chosen);
}

}  // namespace nightshift::cmd
