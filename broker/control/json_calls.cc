#include "broker/control/json_calls.h"

#include <google/protobuf/util/json_util.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "broker/control/methods.h"

namespace hookcast::control {
namespace {

using config::Scope;
using Json = nlohmann::ordered_json;
using Done = absl::AnyInvocable<void(JsonAnswer)>;

// Names and HTTP status of the Connect protocol ("Error codes").
struct Code {
  const char* name;
  int http;
};
Code CodeOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kCancelled:
      return {"canceled", 499};
    case absl::StatusCode::kInvalidArgument:
      return {"invalid_argument", 400};
    case absl::StatusCode::kDeadlineExceeded:
      return {"deadline_exceeded", 504};
    case absl::StatusCode::kNotFound:
      return {"not_found", 404};
    case absl::StatusCode::kAlreadyExists:
      return {"already_exists", 409};
    case absl::StatusCode::kPermissionDenied:
      return {"permission_denied", 403};
    case absl::StatusCode::kResourceExhausted:
      return {"resource_exhausted", 429};
    case absl::StatusCode::kFailedPrecondition:
      return {"failed_precondition", 400};
    case absl::StatusCode::kAborted:
      return {"aborted", 409};
    case absl::StatusCode::kOutOfRange:
      return {"out_of_range", 400};
    case absl::StatusCode::kUnimplemented:
      return {"unimplemented", 501};
    case absl::StatusCode::kInternal:
      return {"internal", 500};
    case absl::StatusCode::kUnavailable:
      return {"unavailable", 503};
    case absl::StatusCode::kDataLoss:
      return {"data_loss", 500};
    case absl::StatusCode::kUnauthenticated:
      return {"unauthenticated", 401};
    default:
      return {"unknown", 500};
  }
}

JsonAnswer Written(const google::protobuf::Message& response) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;  // a script finds "matched": "0"
  JsonAnswer answer;
  const auto status = google::protobuf::util::MessageToJsonString(response, &answer.body, options);
  if (status.ok()) return answer;
  return ToJson(absl::InternalError(
      absl::StrCat("the answer cannot be written as JSON: ", std::string(status.message()))));
}

// Reading a value costs about a microsecond of the loop that also answers /livez, and a hundred
// bytes: 16 MiB of "{}," would take seconds and half a gigabyte.
constexpr size_t kMostValues = 500'000;

// About how many values the body holds, where it is JSON.
size_t CountValues(std::string_view body) {
  size_t values = 0;
  bool in_string = false;
  for (size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == ',' || c == '{' || c == '[')) {
      ++values;
    }
  }
  return values;
}

template <typename Request, typename Response>
void Run(ClusterHandlers* handlers,
         void (ClusterHandlers::*method)(const Request&, Answer<Response>), std::string_view body,
         Done done) {
  if (absl::StripAsciiWhitespace({body.data(), body.size()}).empty()) {
    return done(ToJson(absl::InvalidArgumentError(
        "the body is empty; send a JSON object, {} for a request without fields")));
  }
  if (CountValues(body) > kMostValues) {
    return done(ToJson(absl::ResourceExhaustedError(absl::StrCat(
        "the body holds more than ", kMostValues, " values; send fewer messages in a call"))));
  }
  Request request;
  const auto status =
      google::protobuf::util::JsonStringToMessage({body.data(), body.size()}, &request);
  if (!status.ok()) {
    return done(ToJson(
        absl::InvalidArgumentError(absl::StrCat("the body is not a ", Request::descriptor()->name(),
                                                " in JSON: ", std::string(status.message())))));
  }
  (handlers->*method)(request, [done = std::move(done)](absl::StatusOr<Response> response) mutable {
    done(response.ok() ? Written(*response) : ToJson(response.status()));
  });
}

struct Method {
  std::string_view name;
  Scope scope;
  void (*run)(ClusterHandlers*, std::string_view body, Done done);
};

#define HOOKCAST_UNARY(Method, scope)                                                       \
  {#Method, Scope::scope, [](ClusterHandlers* handlers, std::string_view body, Done done) { \
     Run(handlers, &ClusterHandlers::Method, body, std::move(done));                        \
   }},
#define HOOKCAST_STREAM(Method, scope) {#Method, Scope::scope, nullptr},
constexpr Method kMethods[] = {HOOKCAST_UNARY_METHODS(HOOKCAST_UNARY)
                                   HOOKCAST_STREAM_METHODS(HOOKCAST_STREAM)};
#undef HOOKCAST_UNARY
#undef HOOKCAST_STREAM

const Method* Find(std::string_view name) {
  for (const Method& method : kMethods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

}  // namespace

JsonAnswer ToJson(const absl::Status& status) {
  const Code code = CodeOf(status.code());
  Json json = {{"code", code.name}, {"message", std::string(status.message())}};
  if (const auto payload = status.GetPayload(kPublishFailure)) {
    v1::PublishFailure failure;
    std::string debug;
    const std::string bytes(*payload);
    if (failure.ParseFromString(bytes) &&
        google::protobuf::util::MessageToJsonString(failure, &debug).ok()) {
      std::string value = absl::Base64Escape(bytes);
      while (!value.empty() && value.back() == '=') value.pop_back();
      json["details"] = Json::array({{{"type", v1::PublishFailure::descriptor()->full_name()},
                                      {"value", value},
                                      {"debug", Json::parse(debug)}}});
    }
  }
  return {code.http, json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

absl::Status JsonCalls::Check(std::string_view method, std::string_view authorization) {
  const Method* const found = Find(method);
  if (found == nullptr) return absl::NotFoundError("BrokerService has no such method");
  if (absl::Status status = tokens_->Check(authorization, found->scope); !status.ok()) {
    return status;
  }
  if (found->run == nullptr) {
    return absl::UnimplementedError(
        absl::StrCat(std::string(method), " streams; call it over gRPC, at the control port"));
  }
  return absl::OkStatus();
}

void JsonCalls::Call(std::string_view method, std::string_view body, Done answer) {
  Find(method)->run(handlers_, body, std::move(answer));
}

}  // namespace hookcast::control
