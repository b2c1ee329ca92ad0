#pragma once

#include <cstdint>
#include <string_view>

#include "broker/base/bytes.h"
#include "broker/pubsub/message.h"
#include "edge/compression.h"
#include "edge/websocket/frame_writer.h"

namespace hookcast::edge {

// How the messages to one peer look on the wire.
struct WebSocketForm {
  bool json = false;  // envelopes of hookcast.v1.json; else the payload as it is
  // Of permessage-deflate, where it was agreed on. 0: nothing is compressed.
  uint8_t window_bits = 0;
  // What is not asked for is compressed from so many payload bytes on.
  uint32_t compress_from = UINT32_MAX;

  bool Compresses(const pubsub::Data& data) const {
    return window_bits != 0 && (data.compress || data.payload.size() >= compress_from);
  }
};

// Whole frames for the outbound queue, each in one allocation. What the form compresses is so where
// that makes it smaller; that is found once for all who share a frame. Thread: the compression's.

// A topic's message: built by the first who asks for it in this form, and shared by all. Labelled
// with the topic.
Bytes FrameOf(const pubsub::Message& message, WebSocketForm form, Compression& compression);
// The same, for a client that has later ones already: without its position. Shared by nobody.
Bytes RecalledFrameOf(const pubsub::Message& message, WebSocketForm form, Compression& compression);
// What is sent to peers one by one; they share it where the data has forms.
Bytes FrameOf(const pubsub::Data& data, WebSocketForm form, Compression& compression);

// Thread: any. REQUIRES: as WriteFrameHeader.
Bytes BuildFrame(websocket::Opcode opcode, std::string_view payload, std::string_view label = {});

}  // namespace hookcast::edge
