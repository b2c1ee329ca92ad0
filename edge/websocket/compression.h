#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "edge/websocket/deflate_offer.h"
#include "edge/websocket/deflater.h"
#include "edge/websocket/inflater.h"

namespace hookcast::websocket {

// What compresses and inflates for all peers of a shard: as no message refers to another, a peer
// keeps nothing of it. Each part is made when it is needed first, and stays.
//
// Thread: shard-affine; one a shard.
class Compression {
 public:
  // REQUIRES: kSmallWindow or kLargeWindow.
  Deflater& DeflaterOf(uint8_t window_bits) {
    std::unique_ptr<Deflater>& deflater = deflaters_[window_bits == kLargeWindow];
    if (deflater == nullptr) deflater = std::make_unique<Deflater>(window_bits);
    return *deflater;
  }
  Inflater& inflater() {
    if (inflater_ == nullptr) inflater_ = std::make_unique<Inflater>();
    return *inflater_;
  }

 private:
  std::array<std::unique_ptr<Deflater>, 2> deflaters_;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace hookcast::websocket
