#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/transport.h"

namespace hookcast::fakes {

// A connection without a socket: it keeps what it is told, in a record that outlives it. What the
// client does, a test tells the listener itself.
//
// Thread: shard-affine.
class RecordingTransport final : public edge::Transport {
 public:
  struct CloseCall {
    uint16_t code = 0;
    std::string reason;
    hooks::ClosedBy by = hooks::ClosedBy::kNetwork;
  };
  struct Record {
    bool taking = true;                  // what Deliver and Send answer
    size_t queued_bytes = 0;             // what queued_bytes answers
    size_t queue_limit = 1 << 20;        // what queue_limit answers
    std::function<void()> on_resume;     // called by ResumeReading, where set
    std::vector<std::string> delivered;  // payloads
    std::vector<std::string> sent;       // payloads
    std::vector<CloseCall> closes;
    std::vector<hooks::ClosedBy> terminations;
    std::vector<std::string> recalled;  // payloads
    int positions_told = 0;
    std::vector<std::optional<uint64_t>> gaps;
    bool knows_gaps = true;               // what TellGap answers
    std::optional<size_t> space_awaited;  // of the latest AwaitSpace
    int resumes = 0;
    bool destroyed = false;
  };

  explicit RecordingTransport(std::shared_ptr<Record> record) : record_(std::move(record)) {}
  ~RecordingTransport() override { record_->destroyed = true; }

  bool Deliver(const pubsub::Message& message) override;
  bool Send(const pubsub::Data& data) override;
  bool Recall(const pubsub::Message& message) override;
  void TellPosition() override { ++record_->positions_told; }
  bool TellGap(std::optional<uint64_t> lost) override;
  void AwaitSpace(size_t bytes) override { record_->space_awaited = bytes; }
  void Close(uint16_t code, std::string_view reason, hooks::ClosedBy by) override;
  void Terminate(hooks::ClosedBy by) override;
  bool open() const override { return record_->taking; }
  void ResumeReading() override;
  size_t queued_bytes() const override { return record_->queued_bytes; }
  size_t queue_limit() const override { return record_->queue_limit; }

 private:
  const std::shared_ptr<Record> record_;
};

}  // namespace hookcast::fakes
