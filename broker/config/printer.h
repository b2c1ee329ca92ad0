#pragma once

#include <string>

#include "broker/config/config.h"

namespace hookcast::config {

// Every key with its value as YAML that loads back to the same Config, except that secrets read
// `***`.
std::string PrintConfig(const Config& config);

// A Markdown table of all keys: type, default, unit, help.
std::string ConfigReference();

}  // namespace hookcast::config
