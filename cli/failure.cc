#include "cli/failure.h"

#include <utility>

#include "absl/strings/cord.h"

namespace hookcast::cli {
namespace {

constexpr char kExitCode[] = "hookcast.cli/exit-code";
constexpr char kHint[] = "hookcast.cli/hint";
constexpr char kPublishFailure[] = "hookcast.cli/publish-failure";

absl::Status Failure(absl::StatusCode code, ExitCode exit_code, const std::string& what,
                     std::string hint) {
  absl::Status status(code, what);
  status.SetPayload(kExitCode, absl::Cord(std::string(1, static_cast<char>(exit_code))));
  return WithHint(std::move(status), std::move(hint));
}

}  // namespace

absl::Status UsageFailure(const std::string& what, std::string hint) {
  return Failure(absl::StatusCode::kInvalidArgument, ExitCode::kUsage, what, std::move(hint));
}

absl::Status UnreachableFailure(const std::string& what, std::string hint) {
  return Failure(absl::StatusCode::kUnavailable, ExitCode::kUnreachable, what, std::move(hint));
}

absl::Status TimeoutFailure(const std::string& what, std::string hint) {
  return Failure(absl::StatusCode::kDeadlineExceeded, ExitCode::kUnreachable, what,
                 std::move(hint));
}

absl::Status RefusedFailure(absl::StatusCode code, const std::string& what, std::string hint) {
  return Failure(code, ExitCode::kRefused, what, std::move(hint));
}

absl::Status WithHint(absl::Status failure, std::string hint) {
  if (!hint.empty() && !failure.GetPayload(kHint)) {
    failure.SetPayload(kHint, absl::Cord(std::move(hint)));
  }
  return failure;
}

absl::Status WithPublishFailure(absl::Status failure, const v1::PublishFailure& how_far) {
  failure.SetPayload(kPublishFailure, absl::Cord(how_far.SerializeAsString()));
  return failure;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kDone;
  const auto payload = status.GetPayload(kExitCode);
  return payload ? static_cast<ExitCode>(std::string(*payload).at(0)) : ExitCode::kRefused;
}

std::string HintOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kHint);
  return payload ? std::string(*payload) : std::string();
}

std::optional<v1::PublishFailure> PublishFailureOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPublishFailure);
  v1::PublishFailure how_far;
  if (!payload || !how_far.ParseFromString(std::string(*payload))) return std::nullopt;
  return how_far;
}

}  // namespace hookcast::cli
