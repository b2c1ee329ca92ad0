#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "broker/base/bytes.h"
#include "broker/metrics/catalogue.h"
#include "edge/websocket/deflater.h"
#include "edge/websocket/inflater.h"

namespace hookcast::edge {

// What compresses and inflates for all peers of a shard, and counts it: as no message refers to
// another, a peer keeps nothing of it. Each part is made when it is needed first, and stays.
//
// Thread: shard-affine; one a shard.
class Compression {
 public:
  // The catalogue outlives this.
  explicit Compression(metrics::Catalogue* metrics) : metrics_(metrics) {}

  // As websocket::CompressedFrame has it. REQUIRES: kSmallWindow or kLargeWindow.
  Bytes Compress(const Bytes& frame, uint8_t window_bits);

  // As websocket::Inflater::Inflate has it.
  const websocket::ProtocolError* Inflate(websocket::MessageKind kind, std::string_view payload,
                                          size_t most_bytes, std::string_view* message);
  // After the message was used.
  void Trim() { inflater_->Trim(); }

 private:
  metrics::Catalogue* const metrics_;
  std::array<std::unique_ptr<websocket::Deflater>, 2> deflaters_;  // small and large window
  std::unique_ptr<websocket::Inflater> inflater_;
};

}  // namespace hookcast::edge
