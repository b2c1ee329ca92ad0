#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace hookcast::hooks {

// UNAVAILABLE for an event that surely never reached the application: nobody was there, or nobody
// was asked. Any other failure leaves it open whether the application acted.
absl::Status NeverSent(std::string_view why);
bool WasNeverSent(const absl::Status& status);

}  // namespace hookcast::hooks
