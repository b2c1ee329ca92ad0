#include "edge/websocket/json_envelope.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"

namespace hookcast::websocket {
namespace {

using Json = nlohmann::ordered_json;

// Names come from applications, through checks of their own; no byte of theirs may throw here.
std::string Compact(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace

std::string WriteMessageEnvelope(const MessageEnvelope& message) {
  Json json = {{"type", "message"}};
  if (!message.topic.empty()) json["topic"] = message.topic;
  if (!message.id.empty()) json["id"] = message.id;
  if (!message.position.empty()) json["position"] = message.position;
  if (!message.event.empty()) json["event"] = message.event;
  if (!message.event_id.empty()) json["event_id"] = message.event_id;
  if (message.retry_ms) json["retry"] = *message.retry_ms;
  if (message.text) {
    json["data"] = message.payload;
  } else {
    json["base64"] = absl::Base64Escape({message.payload.data(), message.payload.size()});
  }
  return Compact(json);
}

std::string WriteOpenEnvelope(std::string_view peer) {
  return Compact({{"type", "open"}, {"peer", peer}});
}

std::string WriteGapEnvelope(std::optional<uint64_t> lost) {
  Json json = {{"type", "gap"}};
  if (lost) json["lost"] = *lost;
  return Compact(json);
}

std::string WritePositionEnvelope(std::string_view position) {
  return Compact({{"type", "position"}, {"position", position}});
}

}  // namespace hookcast::websocket
