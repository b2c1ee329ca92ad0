#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "hookcast/v1/hooks.pb.h"

namespace hookcast::hooks {

// What waits to be written to a Session call, in order: events that follow each other share a
// message, so that what came while a write was under way leaves with the next.
//
// Thread: one at a time.
class SessionOutbox {
 public:
  // A message takes events up to these; applications refuse messages beyond 4 MiB by default.
  static constexpr int kMostEvents = 128;
  static constexpr size_t kMostBytes = 256 * 1024;

  void Add(v1::SessionEvent event);
  // A ping or pong takes the place of one that still waits: an application that does not read, and
  // pings, costs no more than that.
  void AddControl(v1::SessionRequest request);
  // The next message, or nullopt where there is none.
  std::optional<v1::SessionRequest> Take();

 private:
  std::deque<v1::SessionRequest> messages_;
  size_t bytes_of_last_ = 0;
};

}  // namespace hookcast::hooks
