#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/base/bytes.h"
#include "broker/pubsub/message.h"

namespace hookcast::edge {

inline constexpr std::string_view kDefaultBinaryEvent = "hookcast.binary";

// How the messages to one peer look on its event stream.
struct SseForm {
  // Each event is a chunk of its own (RFC 9112, section 7.1); else it stands bare, as for HTTP/1.0.
  bool chunked = true;
  // The route's name for events with binary payloads, in base64; it outlives the peer. Not empty
  // where there are any.
  std::string_view binary_event;
};

// Whole events for the outbound queue, each in one allocation. Thread: any, as for all here.

// A topic's message: built by the first who asks for it in this form, and shared by all. Labelled
// with the topic. Where the message has a position, that is its id.
Bytes EventOf(const pubsub::Message& message, const SseForm& form);
// A topic's message that leaves the client's position where `resume_id` says it is. Shared by
// nobody.
Bytes EventRecalling(const pubsub::Message& message, std::string_view resume_id,
                     const SseForm& form);
// What is sent to peers one by one; they share it where the data has forms. An id of the
// application's stands behind the position, where the client has one.
Bytes EventOf(const pubsub::Data& data, std::string_view resume_id, const SseForm& form);

// What the node says itself.
// First of all: who the peer is, and the secret with which it posts messages; empty for none.
Bytes OpenEvent(std::string_view peer, std::string_view secret, int64_t retry_ms,
                const SseForm& form);
// Last of all. `retry_ms`: how long the client shall wait before it comes back.
Bytes CloseEvent(uint16_t code, std::string_view reason, std::optional<int64_t> retry_ms,
                 const SseForm& form);
// Messages were missed, and how many if that is known.
Bytes GapEvent(std::optional<uint64_t> lost, const SseForm& form);
// Moves the client's position without an event.
Bytes PositionBlock(std::string_view resume_id, const SseForm& form);
// Shows that the stream is alive. One for all.
const Bytes& KeepaliveComment(const SseForm& form);
// The end of the body. REQUIRES: chunked.
const Bytes& LastChunk();

}  // namespace hookcast::edge
