#pragma once

#include "broker/config/config.h"
#include "broker/config/key.h"
#include "broker/config/mistakes.h"

namespace hookcast::config {

// What carries messages between nodes.
void AddBackplaneKeys(KeyTable<Config>* keys);

// What is wrong with it, and what of the rest does not go with it.
void CheckBackplane(const Config& config, const Origins& origins, Mistakes* mistakes);

}  // namespace hookcast::config
