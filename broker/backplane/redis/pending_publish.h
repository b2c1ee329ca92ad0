#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "broker/pubsub/backplane.h"

namespace hookcast::backplane {

// One publish that is owed two answers: how Redis took it, and how many of this node's peers did.
// Whoever publishes is told when both are there.
//
// Thread: any. Each of the two comes at most once.
class PendingPublish {
 public:
  explicit PendingPublish(pubsub::TakenCallback taken) : taken_(std::move(taken)) {}
  PendingPublish(const PendingPublish&) = delete;
  PendingPublish& operator=(const PendingPublish&) = delete;

  void Delivered(uint64_t local_count) {
    local_count_ = local_count;
    Settle();
  }
  void Answered(absl::Status status) {
    status_ = std::move(status);
    Settle();
  }

 private:
  void Settle() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      taken_(std::move(status_), local_count_);
  }

  pubsub::TakenCallback taken_;
  absl::Status status_;
  uint64_t local_count_ = 0;
  std::atomic<int> left_{2};
};

}  // namespace hookcast::backplane
