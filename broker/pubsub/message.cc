#include "broker/pubsub/message.h"

namespace hookcast::pubsub {

WireForms::~WireForms() {
  if (account_ == nullptr) return;
  account_->bytes.fetch_sub(static_cast<int64_t>(bytes()), std::memory_order_relaxed);
}

size_t WireForms::bytes() const {
  size_t bytes = 0;
  for (const BytesSlot& slot : slots_) bytes += slot.size();
  return bytes;
}

// Of two threads that race one's work is thrown away, and not counted.
Bytes WireForms::GetCounted(const BytesSlot& slot, absl::FunctionRef<Bytes()> make) const {
  Bytes made;
  Bytes kept = slot.Get([&] { return made = make(); });
  if (kept == made) {
    account_->bytes.fetch_add(static_cast<int64_t>(slot.size()), std::memory_order_relaxed);
  }
  return kept;
}

Bytes Message::EncodedAs(WireFormat format, absl::FunctionRef<Bytes(const Message&)> encode) const {
  return forms_.Get(format, [&] { return encode(*this); });
}

}  // namespace hookcast::pubsub
