#include "broker/hooks/upgrade_verdict.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "broker/pubsub/limits.h"

namespace hookcast::hooks {
namespace {

// RFC 9110 section 5.6.2.
bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool BelongsToTheNode(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "connection",          "keep-alive", "proxy-authenticate",
      "proxy-authorization", "te",         "trailer",
      "transfer-encoding",   "upgrade",    "proxy-connection",
      "content-length"};
  const std::string lower = absl::AsciiStrToLower({name.data(), name.size()});
  return std::find(std::begin(kNames), std::end(kNames), lower) != std::end(kNames) ||
         absl::StartsWith(lower, "sec-websocket-");
}

}  // namespace

absl::Status CheckResponseHeaders(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (!IsToken(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the response header name \"", absl::CHexEscape(name), "\" is not a token"));
    }
    if (BelongsToTheNode(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the response header ", name, " is the node's own and cannot be set"));
    }
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("the value of the response header ", name, " holds CR, LF or NUL"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckContext(const std::string& context, size_t max_bytes) {
  if (context.size() <= max_bytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the context has ", context.size(), " bytes; the route allows ", max_bytes));
}

absl::Status CheckVerdict(const UpgradeVerdict& verdict, size_t max_context_bytes) {
  if (const auto* reject = std::get_if<Reject>(&verdict)) {
    if (reject->status < 300 || reject->status > 599) {
      return absl::InvalidArgumentError(
          absl::StrCat("a reject has status ", reject->status, "; it needs one from 300 to 599"));
    }
    return CheckResponseHeaders(reject->headers);
  }
  const auto& accept = std::get<Accept>(verdict);
  if (absl::Status status = CheckContext(accept.context, max_context_bytes); !status.ok()) {
    return status;
  }
  if (accept.ns) {
    if (absl::Status status = pubsub::CheckNamespace(*accept.ns); !status.ok()) return status;
  }
  return CheckResponseHeaders(accept.headers);
}

}  // namespace hookcast::hooks
