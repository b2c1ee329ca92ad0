#include "broker/pubsub/message.h"

namespace hookcast::pubsub {

Bytes Message::EncodedAs(WireFormat format, absl::FunctionRef<Bytes(const Message&)> encode) const {
  return forms_.Get(format, [&] { return encode(*this); });
}

}  // namespace hookcast::pubsub
