#include "cli/call_failure.h"

#include "absl/strings/str_cat.h"
#include "cli/failure.h"
#include "cli/text.h"
#include "cli/transport_words.h"

namespace hookcast::cli {
namespace {

constexpr char kUnknownOutcome[] = "whether it was carried out is not known";

absl::Status ExplainPublishFailure(const CallOutcome& outcome, const std::string& said) {
  const v1::PublishFailure& failure = *outcome.publish_failure;
  const bool unknown = failure.outcome() != v1::PublishFailure::OUTCOME_NOT_TAKEN;
  return WithPublishFailure(
      UnreachableFailure(
          absl::StrCat("not published to the whole cluster: ", said),
          absl::StrCat(Count(failure.local_count(), "peer"), " of this node got it, other nodes ",
                       unknown ? "may have" : "did not",
                       "; with --key a second try reaches nobody twice")),
      failure);
}

}  // namespace

absl::Status ExplainCall(const CallOutcome& outcome, const GlobalOptions& options) {
  const absl::StatusCode code = outcome.status.code();
  const std::string node = absl::StrCat("the node at ", outcome.server.ToString());
  std::string said = PlainTransportWords(std::string(outcome.status.message()));
  if (said.empty()) said = absl::StrCat("the node answered ", absl::StatusCodeToString(code));

  if (outcome.publish_failure) return ExplainPublishFailure(outcome, said);
  if (outcome.link_broken && code == absl::StatusCode::kUnavailable) {
    return UnreachableFailure(
        absl::StrCat("the connection to ", node, " broke before it answered: ", said),
        kUnknownOutcome);
  }
  switch (code) {
    case absl::StatusCode::kDeadlineExceeded:
      if (!outcome.time_is_up) return TimeoutFailure(said);
      return TimeoutFailure(
          absl::StrCat(node, " did not answer within ", absl::FormatDuration(options.timeout)),
          absl::StrCat(kUnknownOutcome, "; wait longer with --timeout"));
    case absl::StatusCode::kCancelled:  // by a node that stops
      return UnreachableFailure(absl::StrCat(node, " gave the call up: ", said), kUnknownOutcome);
    case absl::StatusCode::kUnimplemented:
      return RefusedFailure(
          code, absl::StrCat(node, " does not support ", std::string(outcome.method), ": ", said),
          "it is older than this hookcast, or not a node's control port (8082 by default)");
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return RefusedFailure(
          code, absl::StrCat(node, " refused: ", said),
          options.token.empty()
              ? "give its control token with --token, --token-file or HOOKCAST_TOKEN"
              : "check the control token in --token, --token-file or HOOKCAST_TOKEN");
    case absl::StatusCode::kUnavailable:
      return UnreachableFailure(said);
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kFailedPrecondition:
      return RefusedFailure(code, said);
    default:
      break;
  }
  return RefusedFailure(code, absl::StrCat(said, " (", absl::StatusCodeToString(code), ")"));
}

}  // namespace hookcast::cli
