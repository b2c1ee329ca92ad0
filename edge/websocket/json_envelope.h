#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookcast::websocket {

// The subprotocol in which each of the server's messages is a JSON object, so that a client learns
// a message's topic and id. docs/protocol.md is its contract.
inline constexpr std::string_view kJsonSubprotocol = "hookcast.v1.json";

// What is said of one message. Empty names are left out, as they are of no meaning.
struct MessageEnvelope {
  bool text = true;          // else binary, which goes as base64
  std::string_view payload;  // text is UTF-8
  std::string_view topic;    // empty where it was sent to this peer alone
  std::string_view id;
  std::string_view position;  // what a client comes back with once it has this
  std::string_view event_id;
  std::string_view event;
  std::optional<int64_t> retry_ms;
};

// Compact JSON, always UTF-8. Thread: any, as for all here.
std::string WriteMessageEnvelope(const MessageEnvelope& message);

// The first that a peer gets: its own id.
std::string WriteOpenEnvelope(std::string_view peer);

// Messages of its topics were dropped, as the client did not read fast enough; or nobody knows how
// many, as what it came back for is not held any more.
std::string WriteGapEnvelope(std::optional<uint64_t> lost);

// What the client comes back with from here on, which moved without a message.
std::string WritePositionEnvelope(std::string_view position);

}  // namespace hookcast::websocket
