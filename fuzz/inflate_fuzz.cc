// What the node compresses inflates to what it was, at a client too; and whatever a client sends,
// the inflater keeps to its limit, yields only what it promises, and forgets it with the next
// message.
#include "edge/websocket/inflater.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/base/utf8.h"
#include "edge/websocket/deflate_offer.h"
#include "edge/websocket/deflater.h"
#include "fuzz/require.h"
#include "tests/unit/edge/websocket/deflate_samples.h"

using hookcast::IsValidUtf8;
using hookcast::fuzz::Require;
using hookcast::websocket::Deflater;
using hookcast::websocket::Inflater;
using hookcast::websocket::kLargeWindow;
using hookcast::websocket::kSmallWindow;
using hookcast::websocket::MessageKind;
using hookcast::websocket::ProtocolError;

namespace {

// As a shard has them: one for all messages.
Inflater& SharedInflater() {
  static Inflater inflater;
  return inflater;
}

struct Outcome {
  uint16_t error = 0;
  std::string message;
  bool operator==(const Outcome&) const = default;
};

Outcome Inflate(Inflater& inflater, MessageKind kind, std::string_view payload, size_t most) {
  std::string_view message;
  const ProtocolError* const error = inflater.Inflate(kind, payload, most, &message);
  if (error != nullptr) {
    Require(error->close_code == 1007 || error->close_code == 1009, "the error has a code");
    Require(!error->reason.empty() && error->reason.size() <= 123, "the error has a reason");
    return {error->close_code, ""};
  }
  Require(message.size() <= most, "messages are within the limit");
  Require(kind == MessageKind::kBinary || IsValidUtf8(message), "text is UTF-8");
  return {0, std::string(message)};
}

void CheckAnything(std::string_view payload, size_t most) {
  const Outcome first = Inflate(SharedInflater(), MessageKind::kBinary, payload, most);
  const Outcome again = Inflate(SharedInflater(), MessageKind::kBinary, payload, most);
  Require(first == again, "no message depends on another");
  Inflater alone;
  Require(Inflate(alone, MessageKind::kBinary, payload, most) == first,
          "no message depends on another");
  const Outcome text = Inflate(SharedInflater(), MessageKind::kText, payload, most);
  if (first.error != 0) {
    Require(text == first, "kinds differ in nothing but their text");
  } else {
    Require((text.error == 0) == IsValidUtf8(first.message), "text is judged as it is");
    if (!first.message.empty()) {
      Require(Inflate(alone, MessageKind::kBinary, payload, first.message.size() - 1).error == 1009,
              "one byte less is too little");
    }
    Require(Inflate(alone, MessageKind::kBinary, payload, first.message.size()) == first,
            "its own size is enough");
  }
}

void CheckRoundTrip(std::string_view message, uint8_t window_bits) {
  static Deflater small(kSmallWindow);
  static Deflater large(kLargeWindow);
  Deflater& deflater = window_bits == kSmallWindow ? small : large;
  const std::optional<std::string_view> compressed = deflater.Deflate(message);
  if (!compressed) return;
  const std::string payload(*compressed);
  Require(payload.size() < message.size(), "what is compressed is smaller");
  Require(
      Inflate(SharedInflater(), MessageKind::kBinary, payload, message.size()).message == message,
      "it inflates to what it was");
  Require(hookcast::websocket::testing::Inflated(payload, window_bits) == message,
          "it does so at a client with that window");
}

}  // namespace

// The first byte is the limit, and what is left a payload of a client; and then a message of our
// own.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  CheckAnything(bytes, data[0] < 200 ? data[0] : size_t{1} << (data[0] - 200) % 21);
  CheckRoundTrip(bytes, kSmallWindow);
  CheckRoundTrip(bytes, kLargeWindow);
  return 0;
}
