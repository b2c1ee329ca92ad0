#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "broker/backplane/redis/origin_streams.h"
#include "broker/base/ids.h"
#include "broker/pubsub/message.h"
#include "hookcast/v1/envelope.pb.h"

namespace hookcast::backplane {

// An envelope as it came.
struct Received {
  Incarnation origin;
  StreamPlace place;
  std::string_view ns;                       // valid until the codec reads the next one
  std::shared_ptr<pubsub::Message> message;  // null: it is a tail, or a loss
  uint64_t lost = 0;                         // of a loss, which has no place; else 0
};

// Between messages and proto/hookcast/v1/envelope.proto. Uses its memory again.
//
// Thread: one at a time. Pure.
class EnvelopeCodec {
 public:
  static constexpr uint32_t kVersion = 1;

  explicit EnvelopeCodec(Incarnation own) : own_(own) {}

  // Into `*out` in place of what it held.
  void Write(const pubsub::Message& message, const StreamPlace& place, std::string* out);
  void WriteTail(std::string_view ns, const StreamPlace& place, std::string* out);
  void WriteLoss(std::string_view ns, uint64_t messages, std::string* out);

  // Whether this node wrote it. Costs no reading.
  bool IsOwn(std::string_view bytes) const;

  enum class Fault : uint8_t { kNone, kVersion, kMalformed };
  Fault Read(std::string_view bytes, Received* out);

 private:
  void Begin(std::string_view ns, const StreamPlace& place);
  void End(std::string* out);
  Fault ReadLoss(Received* out);
  Fault ReadMessage(Received* out);

  const Incarnation own_;
  v1::Envelope out_;
  v1::Envelope in_;
  size_t in_bytes_ = 0;  // of what was read into it last
};

}  // namespace hookcast::backplane
