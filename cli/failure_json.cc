#include "cli/failure_json.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "cli/failure.h"
#include "cli/json_output.h"
#include "cli/text.h"
#include "nlohmann/json.hpp"

namespace hookcast::cli {
namespace {

using Json = nlohmann::ordered_json;

// "not_found": the Connect protocol's name.
std::string CodeName(absl::StatusCode code) {
  if (code == absl::StatusCode::kCancelled) return "canceled";
  return absl::AsciiStrToLower(absl::StatusCodeToString(code));
}

Json DetailOf(const v1::PublishFailure& how_far) {
  std::string value = absl::Base64Escape(how_far.SerializeAsString());
  value.erase(value.find_last_not_of('=') + 1);
  return {{"type", v1::PublishFailure::descriptor()->full_name()},
          {"value", value},
          {"debug", Json::parse(ToJson(how_far).value_or("{}"), nullptr, false)}};
}

}  // namespace

std::string FailureJson(const absl::Status& failure) {
  Json json = {{"code", CodeName(failure.code())},
               {"message", Shown(std::string(failure.message()))}};
  if (const std::string hint = HintOf(failure); !hint.empty()) json["hint"] = Shown(hint);
  if (const auto how_far = PublishFailureOf(failure)) {
    json["details"] = Json::array({DetailOf(*how_far)});
  }
  return json.dump();
}

}  // namespace hookcast::cli
