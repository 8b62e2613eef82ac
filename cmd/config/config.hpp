// The commands of nightshift config.
#pragma once

#include "commands.hpp"

namespace nightshift::cmd {

void add_config_show(CLI::App& parent, Chosen& chosen);
void add_config_init(CLI::App& parent, Chosen& chosen);

}  // namespace nightshift::cmd
