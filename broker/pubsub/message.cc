#include "broker/pubsub/message.h"

namespace hookcast::pubsub {

Bytes Message::EncodedAs(WireFormat format, absl::FunctionRef<Bytes(const Message&)> encode) const {
  return encoded_[static_cast<size_t>(format)].Get([&] { return encode(*this); });
}

}  // namespace hookcast::pubsub
