#pragma once

#include <string>
#include <vector>

#include "broker/config/config.h"

namespace hookcast::app {

// Of the files with a token or a password that a configuration names, those with which a node would
// not start now: a sentence for each, with its key and what is wrong; nothing of what is in them.
std::vector<std::string> UnusableSecretFiles(const config::Config& config);

}  // namespace hookcast::app
