#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "broker/base/mutex.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/close_details.h"
#include "broker/pubsub/message.h"

namespace hookcast::pubsub {

class Peer;

// Looks on: hears what this node receives and which of its peers come and go. Is told on the thread
// where it happens, so it neither blocks nor asks anything of the broker.
//
// Thread: any, several at once; what concerns a peer on that peer's shard.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // Of one publisher, in the order of its publishes.
  virtual void OnMessage(const MessageRef& message) = 0;
  // The node did not get messages of others to a namespace, in front of the next of it: so many, or
  // not known how many.
  virtual void OnMissed(std::string_view ns, std::optional<uint64_t> lost) = 0;
  virtual void OnOpened(const Peer& peer) = 0;
  // The peer has left its namespace and topics.
  virtual void OnClosed(const Peer& peer, const CloseDetails& details) = 0;
  // Nothing more comes: the node ends.
  virtual void OnStopped() = 0;
};

// Who looks on at a node. While nobody does, telling them costs one relaxed load.
//
// Thread: any.
class Watchers {
 public:
  static constexpr size_t kMost = 64;

  struct Wants {
    bool messages = false;
    bool peers = false;
  };

  // The metrics outlive it.
  explicit Watchers(metrics::Catalogue* metrics);

  // RESOURCE_EXHAUSTED past kMost, UNAVAILABLE once stopped. Told from before Add returns.
  absl::Status Add(std::shared_ptr<Watcher> watcher, Wants wants);
  // What is being told when it is called may still arrive afterwards; nothing else does. No effect
  // on one that is not there.
  void Remove(const Watcher* watcher);
  // Calls OnStopped of each and takes no new ones. Once.
  void Stop();

  metrics::Catalogue& metrics() { return *metrics_; }

  void Received(const MessageRef& message) {
    if (messages_wanted_.load(std::memory_order_relaxed)) TellReceived(message);
  }
  void Missed(std::string_view ns, std::optional<uint64_t> lost) {
    if (messages_wanted_.load(std::memory_order_relaxed)) TellMissed(ns, lost);
  }
  void Opened(const Peer& peer) {
    if (peers_wanted_.load(std::memory_order_relaxed)) TellOpened(peer);
  }
  void Closed(const Peer& peer, const CloseDetails& details) {
    if (peers_wanted_.load(std::memory_order_relaxed)) TellClosed(peer, details);
  }

 private:
  struct Entry {
    std::shared_ptr<Watcher> watcher;
    Wants wants;
  };
  using Entries = std::vector<Entry>;

  void TellReceived(const MessageRef& message);
  void TellMissed(std::string_view ns, std::optional<uint64_t> lost);
  void TellOpened(const Peer& peer);
  void TellClosed(const Peer& peer, const CloseDetails& details);
  std::shared_ptr<const Entries> Snapshot();
  void Replace(Entries entries) HOOKCAST_REQUIRES(mutex_);

  metrics::Catalogue* const metrics_;
  std::atomic<bool> messages_wanted_{false};
  std::atomic<bool> peers_wanted_{false};
  // Watchers are called without the lock: what they do may end them.
  Mutex mutex_;
  std::shared_ptr<const Entries> entries_ HOOKCAST_GUARDED_BY(mutex_);
  bool stopped_ HOOKCAST_GUARDED_BY(mutex_) = false;
};

}  // namespace hookcast::pubsub
