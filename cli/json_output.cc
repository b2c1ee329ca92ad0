#include "cli/json_output.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "cli/failure.h"
#include "google/protobuf/util/json_util.h"

namespace hookcast::cli {

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (status.ok()) return json;
  return RefusedFailure(
      absl::StatusCode::kInternal,
      absl::StrCat("the answer cannot be shown as JSON: ", status.message().ToString()));
}

absl::Status PrintJson(const google::protobuf::Message& message, std::ostream& out) {
  const auto json = ToJson(message);
  if (!json.ok()) return json.status();
  out << *json << '\n';
  return absl::OkStatus();
}

}  // namespace hookcast::cli
