#include "broker/hooks/hook_failure.h"

#include "absl/strings/cord.h"

namespace hookcast::hooks {
namespace {

constexpr char kNeverSent[] = "hookcast/never-sent";

}  // namespace

absl::Status NeverSent(std::string_view why) {
  absl::Status status = absl::UnavailableError(absl::string_view(why.data(), why.size()));
  status.SetPayload(kNeverSent, absl::Cord());
  return status;
}

bool WasNeverSent(const absl::Status& status) { return status.GetPayload(kNeverSent).has_value(); }

}  // namespace hookcast::hooks
