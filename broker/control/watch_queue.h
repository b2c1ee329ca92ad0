#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <variant>

#include "broker/metrics/metric.h"
#include "broker/pubsub/message.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// What waits for one watcher to read it, bounded in number and bytes. What comes while it is full
// is lost, counted, and told in its place: between what came before and what comes after.
//
// Thread: one at a time.
class WatchQueue {
 public:
  static constexpr size_t kMostEvents = 4096;
  static constexpr size_t kMostBytes = 2 << 20;  // one larger event passes where nothing waits

  // Counts what is lost; outlives the queue.
  explicit WatchQueue(metrics::Counter* lost) : lost_metric_(lost) {}

  // A message is kept as it is until it is taken: whoever publishes does not pay for its form.
  void Add(pubsub::MessageRef message, std::chrono::system_clock::time_point received);
  void Add(v1::WatchEvent event);

  // The next event; false where there is none.
  bool Take(v1::WatchEvent* event);

 private:
  struct Received {
    pubsub::MessageRef message;
    std::chrono::system_clock::time_point at;
  };
  struct Item {
    std::variant<Received, v1::WatchEvent> what;
    size_t bytes;
    uint64_t lost_before;
  };

  void Add(std::variant<Received, v1::WatchEvent> what, size_t bytes);

  metrics::Counter* const lost_metric_;
  std::deque<Item> items_;
  size_t bytes_ = 0;
  uint64_t lost_ = 0;  // behind the last item
};

}  // namespace hookcast::control
