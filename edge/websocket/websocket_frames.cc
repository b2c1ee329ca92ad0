#include "edge/websocket/websocket_frames.h"

#include <cstring>
#include <string>

#include "edge/websocket/deflate_offer.h"
#include "edge/websocket/json_envelope.h"

namespace hookcast::edge {
namespace {

using pubsub::Data;
using pubsub::DataKind;
using pubsub::Message;
using pubsub::WireFormat;
using websocket::Opcode;

Bytes BareFrame(const Data& data, std::string_view topic) {
  return BuildFrame(data.kind == DataKind::kText ? Opcode::kText : Opcode::kBinary,
                    data.payload.view(), topic);
}

std::string EnvelopeOf(const Data& data, std::string_view topic, std::string_view id,
                       std::string_view position) {
  websocket::MessageEnvelope envelope{.text = data.kind == DataKind::kText,
                                      .payload = data.payload.view(),
                                      .topic = topic,
                                      .id = id,
                                      .position = position};
  if (data.event != nullptr) {
    envelope.event_id = data.event->id;
    envelope.event = data.event->event;
    if (data.event->retry) envelope.retry_ms = data.event->retry->count();
  }
  return websocket::WriteMessageEnvelope(envelope);
}

Bytes BareFrameOf(const Message& message) { return BareFrame(message.data, message.topic); }

Bytes JsonFrame(const Message& message, std::string_view position) {
  return BuildFrame(Opcode::kText,
                    EnvelopeOf(message.data, message.topic, message.id.ToString(), position),
                    message.topic);
}

Bytes JsonFrameOf(const Message& message) {
  return JsonFrame(message, message.position ? pubsub::ResumeId(message.ns, *message.position)
                                             : std::string());
}

WireFormat PlainFormat(WebSocketForm form) {
  return form.json ? WireFormat::kWebSocketJson : WireFormat::kWebSocket;
}

Bytes PlainFrameOf(const Message& message, WebSocketForm form) {
  return message.EncodedAs(PlainFormat(form), form.json ? JsonFrameOf : BareFrameOf);
}

WireFormat CompressedFormat(WebSocketForm form) {
  const bool large = form.window_bits == websocket::kLargeWindow;
  if (form.json) {
    return large ? WireFormat::kWebSocketJsonDeflated15 : WireFormat::kWebSocketJsonDeflated9;
  }
  return large ? WireFormat::kWebSocketDeflated15 : WireFormat::kWebSocketDeflated9;
}

}  // namespace

Bytes BuildFrame(Opcode opcode, std::string_view payload, std::string_view label) {
  const auto fill = [&](char* out) {
    const size_t header = websocket::WriteFrameHeader(opcode, payload.size(), out);
    if (!payload.empty()) std::memcpy(out + header, payload.data(), payload.size());
  };
  return Bytes::Build(websocket::FrameHeaderSize(payload.size()) + payload.size(), fill, label);
}

Bytes FrameOf(const Message& message, WebSocketForm form, Compression& compression) {
  if (!form.Compresses(message.data)) return PlainFrameOf(message, form);
  return message.EncodedAs(CompressedFormat(form), [&](const Message& of) {
    return compression.Compress(PlainFrameOf(of, form), form.window_bits);
  });
}

Bytes RecalledFrameOf(const Message& message, WebSocketForm form, Compression& compression) {
  if (!form.json) return FrameOf(message, form, compression);
  Bytes plain = JsonFrame(message, "");
  return form.Compresses(message.data) ? compression.Compress(plain, form.window_bits) : plain;
}

Bytes FrameOf(const Data& data, WebSocketForm form, Compression& compression) {
  const bool compresses = form.Compresses(data);
  const auto build = [&] {
    Bytes plain =
        form.json ? BuildFrame(Opcode::kText, EnvelopeOf(data, "", "", "")) : BareFrame(data, "");
    return compresses ? compression.Compress(plain, form.window_bits) : plain;
  };
  if (data.forms == nullptr) return build();
  return data.forms->Get(compresses ? CompressedFormat(form) : PlainFormat(form), build);
}

}  // namespace hookcast::edge
