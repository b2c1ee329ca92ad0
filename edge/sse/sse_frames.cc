#include "edge/sse/sse_frames.h"

#include <cstring>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "edge/sse/event_encoder.h"

namespace hookcast::edge {
namespace {

using pubsub::Data;
using pubsub::DataKind;
using pubsub::Message;
using pubsub::WireFormat;
using sse::Event;

Bytes Build(const Event& event, const SseForm& form, std::string_view label = {}) {
  const size_t size = sse::EventSize(event);
  if (!form.chunked) {
    return Bytes::Build(
        size, [&](char* out) { sse::WriteEvent(event, out); }, label);
  }
  const size_t head = sse::ChunkHeadSize(size);
  const auto fill = [&](char* out) {
    sse::WriteChunkHead(size, out);
    sse::WriteEvent(event, out + head);
    std::memcpy(out + head + size, sse::kChunkTail.data(), sse::kChunkTail.size());
  };
  return Bytes::Build(head + size + sse::kChunkTail.size(), fill, label);
}

Bytes BuildComment(const SseForm& form) {
  std::string text(sse::kComment);
  if (form.chunked) {
    std::string head(sse::ChunkHeadSize(text.size()), '\0');
    sse::WriteChunkHead(text.size(), head.data());
    text = head.append(text).append(sse::kChunkTail);
  }
  return Bytes::Copy(text);
}

// The position first; an application's own id behind it.
std::string JoinId(std::string_view position, const Data& data) {
  std::string id(position);
  if (data.event == nullptr || data.event->id.empty()) return id;
  if (!id.empty()) id.push_back(';');
  return id.append(data.event->id);
}

Bytes BuildData(const Data& data, std::string_view id, std::string_view topic,
                const SseForm& form) {
  Event event{.id = id};
  if (data.event != nullptr) {
    event.event = data.event->event;
    if (data.event->retry) event.retry_ms = data.event->retry->count();
  }
  std::string base64;
  if (data.kind == DataKind::kText) {
    event.data = data.payload.view();
  } else {
    base64 = absl::Base64Escape({data.payload.data(), data.payload.size()});
    event.event = form.binary_event;
    event.data = base64;
  }
  return Build(event, form, topic);
}

Bytes BuildMessage(const Message& message, const SseForm& form) {
  const std::string position =
      message.position ? pubsub::ResumeId(message.ns, *message.position) : std::string();
  return BuildData(message.data, JoinId(position, message.data), message.topic, form);
}

WireFormat FormatOf(const SseForm& form) {
  return form.chunked ? WireFormat::kEventChunk : WireFormat::kEventBare;
}

// Names of routes differ, and a shared form is of the message alone: those of the default share.
bool IsShared(const Data& data, const SseForm& form) {
  return data.kind == DataKind::kText || form.binary_event == kDefaultBinaryEvent;
}

std::string Compact(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Bytes EventOf(const Message& message, const SseForm& form) {
  if (!IsShared(message.data, form)) return BuildMessage(message, form);
  return message.EncodedAs(FormatOf(form),
                           [&](const Message& of) { return BuildMessage(of, form); });
}

Bytes EventRecalling(const Message& message, std::string_view resume_id, const SseForm& form) {
  return BuildData(message.data, JoinId(resume_id, message.data), message.topic, form);
}

Bytes EventOf(const Data& data, std::string_view resume_id, const SseForm& form) {
  const bool has_id = data.event != nullptr && !data.event->id.empty();
  // A position is the peer's own.
  const bool own = has_id && !resume_id.empty();
  const auto build = [&] {
    return BuildData(data, has_id ? JoinId(resume_id, data) : std::string(), "", form);
  };
  if (own || data.forms == nullptr || !IsShared(data, form)) return build();
  return data.forms->Get(FormatOf(form), build);
}

Bytes OpenEvent(std::string_view peer, std::string_view secret, int64_t retry_ms,
                const SseForm& form) {
  nlohmann::ordered_json json = {{"peer", peer}};
  if (!secret.empty()) json["secret"] = secret;
  const std::string data = Compact(json);
  return Build({.event = "hookcast.open", .retry_ms = retry_ms, .data = data}, form);
}

Bytes CloseEvent(uint16_t code, std::string_view reason, std::optional<int64_t> retry_ms,
                 const SseForm& form) {
  const std::string data = Compact({{"code", code}, {"reason", reason}});
  return Build({.event = "hookcast.close", .retry_ms = retry_ms, .data = data}, form);
}

Bytes GapEvent(std::optional<uint64_t> lost, const SseForm& form) {
  const std::string data = lost ? absl::StrCat("{\"lost\":", *lost, "}") : "{}";
  return Build({.event = "hookcast.gap", .data = data}, form);
}

Bytes PositionBlock(std::string_view resume_id, const SseForm& form) {
  return Build({.id = resume_id}, form);
}

const Bytes& KeepaliveComment(const SseForm& form) {
  static const Bytes chunk = BuildComment({.chunked = true});
  static const Bytes bare = BuildComment({.chunked = false});
  return form.chunked ? chunk : bare;
}

const Bytes& LastChunk() {
  static const Bytes chunk = Bytes::Copy(sse::kLastChunk);
  return chunk;
}

}  // namespace hookcast::edge
