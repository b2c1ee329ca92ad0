#include "broker/pubsub/published.h"

#include "absl/strings/cord.h"

namespace hookcast::pubsub {
namespace {

constexpr char kNotTaken[] = "hookcast/publish-not-taken";

}  // namespace

absl::Status NotTaken(std::string_view message) {
  absl::Status status = absl::UnavailableError({message.data(), message.size()});
  status.SetPayload(kNotTaken, absl::Cord());
  return status;
}

absl::Status MaybeTaken(std::string_view message) {
  return absl::UnavailableError({message.data(), message.size()});
}

bool OthersMayHaveIt(const absl::Status& status) { return !status.GetPayload(kNotTaken); }

}  // namespace hookcast::pubsub
