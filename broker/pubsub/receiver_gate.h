#pragma once

#include <atomic>
#include <cstdint>

#include "broker/pubsub/backplane.h"

namespace hookcast::pubsub {

// The way of a backplane's callers to its receiver, from Start to Stop: whoever is inside can count
// on the receiver, and Close waits for all of them.
//
// Thread: any, but for Open and Close. Outlives all who call it.
class ReceiverGate {
 public:
  ReceiverGate() = default;
  ReceiverGate(const ReceiverGate&) = delete;
  ReceiverGate& operator=(const ReceiverGate&) = delete;

  // A caller that is inside for the life of a scope; or false, where the gate is not open.
  class [[nodiscard]] Visit {
   public:
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() {
      if (receiver_ != nullptr) gate_->Leave();
    }

    explicit operator bool() const { return receiver_ != nullptr; }
    // REQUIRES: true.
    Receiver* operator->() const { return receiver_; }

   private:
    friend class ReceiverGate;
    Visit(ReceiverGate* gate, Receiver* receiver) : gate_(gate), receiver_(receiver) {}

    ReceiverGate* const gate_;
    Receiver* const receiver_;
  };

  void Open(Receiver* receiver) { receiver_ = receiver; }
  // From here on nobody enters. Returns when nobody is inside any more, and may be called again.
  // REQUIRES: the calling thread is not inside.
  void Close();

  // Never blocks.
  Visit Enter();
  bool open() const { return receiver_.load(std::memory_order_acquire) != nullptr; }

 private:
  void Leave();

  std::atomic<Receiver*> receiver_{nullptr};
  std::atomic<uint32_t> inside_{0};
};

}  // namespace hookcast::pubsub
