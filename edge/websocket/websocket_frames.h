#pragma once

#include <cstdint>
#include <string_view>

#include "broker/base/bytes.h"
#include "broker/pubsub/message.h"
#include "edge/websocket/frame_writer.h"

namespace hookcast::edge {

// How the messages to one peer look on the wire.
struct WebSocketForm {
  bool json = false;  // envelopes of hookcast.v1.json; else the payload as it is
};

// Whole frames for the outbound queue, each in one allocation. Thread: any, as for all here.

// A topic's message: built by the first who asks for it in this form, and shared by all. Labelled
// with the topic.
Bytes FrameOf(const pubsub::Message& message, WebSocketForm form);
// What is sent to one peer.
Bytes FrameOf(const pubsub::Data& data, WebSocketForm form);

// REQUIRES: as WriteFrameHeader.
Bytes BuildFrame(websocket::Opcode opcode, std::string_view payload, std::string_view label = {});

}  // namespace hookcast::edge
