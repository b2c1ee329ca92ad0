#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/transport.h"

namespace hookcast::fakes {

// A session without hooks: it keeps what its transport tells.
//
// Thread: shard-affine.
class RecordingListener final : public edge::TransportListener {
 public:
  // Answers each message; where not set, true.
  std::function<bool(pubsub::DataKind kind, std::string_view payload)> on_message;

  // Follows each control frame, where set.
  std::function<void(size_t bytes)> on_control_frame;

  // What ResumeId answers.
  std::string resume_id;

  // Payloads, with "text " or "binary " before each.
  const std::vector<std::string>& messages() const { return messages_; }
  // What each gap lost, and what waited each time the queue had drained.
  const std::vector<uint64_t>& gaps() const { return gaps_; }
  const std::vector<size_t>& drained() const { return drained_; }
  int spaces() const { return spaces_; }
  // How many bytes each ping and pong had.
  const std::vector<size_t>& control_frames() const { return control_frames_; }
  const std::vector<hooks::ErrorEvent>& errors() const { return errors_; }
  const std::optional<hooks::CloseDetails>& closed() const { return closed_; }
  bool released() const { return released_; }
  // Names what was told against the seam's own rules; empty where nothing was.
  const std::string& broken_rule() const { return broken_rule_; }
  // To be called before each ResumeReading, so that messages are no fault from there on.
  void ExpectMessages() { paused_ = false; }

  bool OnMessage(pubsub::DataKind kind, std::string_view payload) override;
  void OnControlFrame(size_t bytes) override;
  void OnGap(uint64_t lost) override;
  void OnDrained(size_t queued_bytes) override;
  void OnSpace() override;
  std::string ResumeId() const override { return resume_id; }
  void OnProtocolError(hooks::ErrorEvent error) override;
  void OnClosed(hooks::CloseDetails details) override;
  void OnReleased() override;

 private:
  std::vector<std::string> messages_;
  std::vector<size_t> control_frames_;
  std::vector<uint64_t> gaps_;
  std::vector<size_t> drained_;
  std::vector<hooks::ErrorEvent> errors_;
  std::optional<hooks::CloseDetails> closed_;
  int spaces_ = 0;
  bool paused_ = false;
  bool released_ = false;
  std::string broken_rule_;
};

}  // namespace hookcast::fakes
