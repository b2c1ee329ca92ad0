#include "tests/fakes/edge/recording_listener.h"

#include <utility>

namespace hookcast::fakes {

bool RecordingListener::OnMessage(pubsub::DataKind kind, std::string_view payload) {
  if (closed_) broken_rule_ = "a message after OnClosed";
  if (paused_) broken_rule_ = "a message during a pause";
  messages_.push_back(
      std::string(kind == pubsub::DataKind::kText ? "text " : "binary ").append(payload));
  const bool more = on_message == nullptr || on_message(kind, payload);
  paused_ = !more;
  return more;
}

void RecordingListener::OnControlFrame(size_t bytes) {
  if (closed_) broken_rule_ = "a control frame after OnClosed";
  control_frames_.push_back(bytes);
  if (on_control_frame != nullptr) on_control_frame(bytes);
}

void RecordingListener::OnGap(uint64_t lost) {
  if (closed_) broken_rule_ = "a gap after OnClosed";
  if (lost == 0) broken_rule_ = "a gap of nothing";
  gaps_.push_back(lost);
}

void RecordingListener::OnDrained(size_t queued_bytes) {
  if (closed_) broken_rule_ = "OnDrained after OnClosed";
  drained_.push_back(queued_bytes);
}

void RecordingListener::OnSpace() {
  if (closed_) broken_rule_ = "OnSpace after OnClosed";
  ++spaces_;
}

void RecordingListener::OnProtocolError(hooks::ErrorEvent error) {
  if (closed_) broken_rule_ = "a protocol error after OnClosed";
  if (!errors_.empty()) broken_rule_ = "a second protocol error";
  errors_.push_back(std::move(error));
}

void RecordingListener::OnClosed(hooks::CloseDetails details) {
  if (closed_) broken_rule_ = "OnClosed twice";
  if (released_) broken_rule_ = "OnClosed after OnReleased";
  closed_ = std::move(details);
}

void RecordingListener::OnReleased() {
  if (!closed_) broken_rule_ = "OnReleased before OnClosed";
  if (released_) broken_rule_ = "OnReleased twice";
  released_ = true;
}

}  // namespace hookcast::fakes
