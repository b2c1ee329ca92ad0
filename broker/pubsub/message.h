#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "broker/base/bytes.h"
#include "broker/base/ids.h"
#include "broker/pubsub/position.h"

namespace hookcast::pubsub {

enum class DataKind : uint8_t { kText, kBinary };

// What a message adds for receivers that know events: SSE, and the JSON subprotocol.
struct EventFields {
  std::string id;
  std::string event;
  std::optional<std::chrono::milliseconds> retry;
};

// The forms in which a message goes over the wire. Deflated ones are for a window of 9 or 15 bits;
// an event is a chunk of HTTP/1.1 by itself, or bare for HTTP/1.0.
enum class WireFormat : uint8_t {
  kWebSocket,
  kWebSocketDeflated9,
  kWebSocketDeflated15,
  kWebSocketJson,
  kWebSocketJsonDeflated9,
  kWebSocketJsonDeflated15,
  kEventChunk,
  kEventBare,
};
inline constexpr size_t kWireFormats = 8;

// How many bytes a set of WireForms holds. Thread: any.
struct FormsAccount {
  std::atomic<int64_t> bytes{0};
};

// One message in each form that somebody asked for, built by whoever needed it first and shared by
// all of its receivers.
//
// Thread: any.
class WireForms {
 public:
  WireForms() = default;
  WireForms(const WireForms&) = delete;
  WireForms& operator=(const WireForms&) = delete;
  ~WireForms();

  // From here on what is built is counted there, while this lives. Before anything is.
  void CountIn(std::shared_ptr<FormsAccount> account) { account_ = std::move(account); }

  // As BytesSlot has it.
  Bytes Get(WireFormat format, absl::FunctionRef<Bytes()> make) const {
    const BytesSlot& slot = slots_[static_cast<size_t>(format)];
    return account_ == nullptr ? slot.Get(make) : GetCounted(slot, make);
  }
  // What was built so far.
  size_t bytes() const;

 private:
  Bytes GetCounted(const BytesSlot& slot, absl::FunctionRef<Bytes()> make) const;

  std::array<BytesSlot, kWireFormats> slots_;
  std::shared_ptr<FormsAccount> account_;
};

// A payload on its way to one peer or to many. Text was checked to be UTF-8 where it came in.
struct Data {
  DataKind kind = DataKind::kText;
  Bytes payload;
  bool compress = false;
  std::shared_ptr<const EventFields> event;  // null where there are none
  // Where it is sent to many peers, one by one: they share what is built of it. Null: nobody does.
  std::shared_ptr<const WireForms> forms;
};

// One published message. Immutable, and shared by all shards and peers.
//
// Thread: any.
struct Message {
  MessageId id;
  std::string ns;  // namespace
  std::string topic;
  Data data;
  // In the namespace's history; null where none is kept.
  std::optional<Position> position;
  std::chrono::system_clock::time_point kept_at;  // when it came there
  // Not delivered to this peer.
  std::optional<PeerId> exclude;
  // The idempotency key of its publish, empty for none: nodes deliver a namespace's key once.
  std::string key;
  // This node's own peers have it from an earlier attempt: it goes to other nodes alone.
  bool delivered_here = false;
  // Nobody publishes it again: where other nodes do not get it, their peers are told of a gap.
  bool once = false;

  // The message in `format`. `encode` is a pure function of the message, and labels what it makes
  // with the topic: by that a queue tells messages of topics from all else, and from each other.
  Bytes EncodedAs(WireFormat format, absl::FunctionRef<Bytes(const Message&)> encode) const;

  WireForms& forms() { return forms_; }
  const WireForms& forms() const { return forms_; }

 private:
  WireForms forms_;
};

using MessageRef = std::shared_ptr<const Message>;

}  // namespace hookcast::pubsub
