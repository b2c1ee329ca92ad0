#include "broker/pubsub/message.h"

namespace hookcast::pubsub {

Bytes Message::EncodedAs(WireFormat format, Bytes (*encode)(const Data&)) const {
  return encoded_[static_cast<size_t>(format)].Get([&] { return encode(data); });
}

}  // namespace hookcast::pubsub
