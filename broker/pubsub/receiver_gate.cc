#include "broker/pubsub/receiver_gate.h"

namespace hookcast::pubsub {

void ReceiverGate::Close() {
  receiver_ = nullptr;
  for (uint32_t left = inside_; left != 0; left = inside_) inside_.wait(left);
}

// Either this sees that the receiver is gone, or Close sees the visit: each side writes first and
// reads then, in one order that all threads agree on. The first look keeps those who come too late
// from holding Close up.
ReceiverGate::Visit ReceiverGate::Enter() {
  if (receiver_ == nullptr) return Visit(this, nullptr);
  ++inside_;
  Receiver* const receiver = receiver_;
  if (receiver == nullptr) Leave();
  return Visit(this, receiver);
}

void ReceiverGate::Leave() {
  if (--inside_ == 0) inside_.notify_all();
}

}  // namespace hookcast::pubsub
