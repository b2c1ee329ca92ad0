#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "broker/base/bytes.h"
#include "edge/outbound_queue.h"

namespace hookcast::edge {

// Several small frames as one run of bytes, which costs the kernel less than a vector of them.
// After a burst the peers of a topic have the very same frames queued, one after the other: what
// was joined for one serves the next without another copy.
//
// Thread: shard-affine; one a reactor.
class JoinedFrames {
 public:
  // Longer queues are better written as vectors.
  static constexpr size_t kMostBytes = 32 * 1024;

  // Whether joining pays: more than one frame, none of them gone out in part, not too much.
  static bool Suits(const OutboundQueue& queue) {
    return queue.frames() > 1 && !queue.cut() && queue.bytes() <= kMostBytes;
  }

  // All of the queue's bytes, valid until the next call. REQUIRES: Suits(queue).
  std::string_view Join(const OutboundQueue& queue);

  // Lets go of the frames that were joined last.
  void Clear();

 private:
  bool Holds(const OutboundQueue& queue) const;

  std::vector<Bytes> frames_;  // held, so that an equal pointer is an equal frame
  std::string bytes_;
};

}  // namespace hookcast::edge
