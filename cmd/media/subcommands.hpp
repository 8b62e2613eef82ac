// What stands below `nightshift media`.
#pragma once

#include "commands.hpp"

namespace nightshift::cmd {

void add_media_look(CLI::App& media, Chosen& chosen);    // list, url and presign
void add_media_check(CLI::App& media, Chosen& chosen);   // verify and orphans
void add_media_change(CLI::App& media, Chosen& chosen);  // rebuild-variants and delete

}  // namespace nightshift::cmd
