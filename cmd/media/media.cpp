// nightshift media: look after what was uploaded.
#include "media/subcommands.hpp"

namespace nightshift::cmd {

void add_media(CLI::App& app, Chosen& chosen) {
    auto* media = app.add_subcommand("media", "look after what was uploaded");
    media->require_subcommand(0, 1);
    media->fallthrough();
    media->footer(
        "Examples:\n"
        "  nightshift media url photos/a.jpg --size small\n"
        "  nightshift media verify\n"
        "  nightshift media orphans --older-than 7");
    add_media_look(*media, chosen);
    add_media_check(*media, chosen);
    add_media_change(*media, chosen);
}

}  // namespace nightshift::cmd
