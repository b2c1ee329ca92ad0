#pragma once

#include "broker/config/config.h"
#include "broker/config/mistakes.h"

namespace hookcast::config {

// Checks what no key can check alone: keys that need or exclude each other, routes that match the
// same paths, templates, what this build does not have. Expects that each value lies in its own
// range. A rule is passed over where a key it looks at is among `*mistakes` already, so that one
// slip is told once.
void Validate(const Config& config, const Origins& origins, Mistakes* mistakes);

}  // namespace hookcast::config
