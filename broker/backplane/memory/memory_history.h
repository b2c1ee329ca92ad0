#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "broker/backplane/memory/namespace_epochs.h"
#include "broker/base/clock.h"
#include "broker/base/mutex.h"
#include "broker/base/string_map.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/history.h"
#include "broker/pubsub/message.h"

namespace hookcast::backplane {

// What the namespaces of one node keep of past messages, in memory.
//
// Each namespace has a stream from its first message on; to read one that has none makes none, as
// NamespaceEpochs knows where it stands. A stream lets go of what is too old or one too many
// whenever it is touched, and each call does the same for a few other streams, in turn, so that
// those that nobody touches hold nothing for ever. One that holds nothing, and was neither wanted
// nor touched for kKeptIdle, or its age where that is longer, is dropped; its namespace begins anew
// afterwards.
//
// All streams together hold at most max_bytes, payloads and what is built of them for the wire
// included, and what is remembered of namespaces that were left, which is an eighth at most. Beyond
// go, in this order: streams that hold nothing, but for those that were wanted or touched within
// kKeptFull; the node's oldest messages, each last one with its stream unless that was wanted
// within kKeptFull; and the other streams that hold nothing. A wanted one always stays.
//
// Thread: any.
class MemoryHistory {
 public:
  static constexpr Duration kKeptIdle = std::chrono::minutes(10);
  static constexpr Duration kKeptFull = std::chrono::minutes(1);

  struct Settings {
    pubsub::HistoryLimitsOf limits_of;
    size_t max_bytes = 256 << 20;
    const Clock* clock = &Clock::System();  // outlives this
    metrics::Catalogue* metrics = nullptr;  // outlives this; may be null
  };

  explicit MemoryHistory(Settings settings);
  MemoryHistory(const MemoryHistory&) = delete;
  MemoryHistory& operator=(const MemoryHistory&) = delete;
  ~MemoryHistory();

  pubsub::HistoryLimits LimitsOf(std::string_view ns) const { return settings_.limits_of(ns); }

  // Gives the message its position and keeps it. `in_order` runs under the lock, so that what it
  // does for messages of a namespace it does in the order of their positions. REQUIRES: the limits
  // are the namespace's, and say that it keeps a history.
  void Append(const std::shared_ptr<pubsub::Message>& message, pubsub::HistoryLimits limits,
              absl::FunctionRef<void()> in_order);

  // What is said of a namespace that keeps none.
  static absl::Status NotKept();

  // As the seam has them.
  absl::StatusOr<pubsub::HistoryPage> Read(const pubsub::HistoryQuery& query);
  absl::StatusOr<pubsub::Position> Head(std::string_view ns);

  // A wanted namespace's stream is not dropped. Never waits for what the lock above guards.
  void Want(std::string_view ns);
  void Unwant(std::string_view ns);

 private:
  struct Stream;
  // A message that is kept, in its stream and in the line of all of them.
  struct Entry {
    pubsub::MessageRef message;
    TimePoint at;
    size_t bytes;
    Stream* stream;
    Entry* older = nullptr;
    Entry* newer = nullptr;
  };
  struct Stream {
    std::string ns;
    pubsub::HistoryLimits limits;
    uint64_t epoch = 0;
    uint64_t last = 0;  // sequence of the latest message
    TimePoint touched;
    std::deque<Entry> entries;  // contiguous, up to `last`

    uint64_t first() const { return last + 1 - entries.size(); }
  };
  using Streams = std::list<Stream>;
  // What is let go of, destroyed once the lock is given back.
  using Waste = std::vector<pubsub::MessageRef>;

  // The namespace's stream, without what is too old in it; null where it has none.
  Stream* Touch(std::string_view ns, Waste* waste) HOOKCAST_REQUIRES(mutex_);
  Stream* Make(std::string_view ns, pubsub::HistoryLimits limits) HOOKCAST_REQUIRES(mutex_);
  // How many of the stream's oldest entries are not part of the history any more.
  size_t Expired(const Stream& stream) const;
  void Expire(Stream* stream, Waste* waste) HOOKCAST_REQUIRES(mutex_);
  // What each call does for the others, and the bound; `busy`, which may be null, stays.
  void Tidy(const Stream* busy, Waste* waste) HOOKCAST_REQUIRES(mutex_);
  // Whose turn it is; there is one.
  Streams::iterator TakeTurn() HOOKCAST_REQUIRES(mutex_);
  // The turn of one stream: lets go of what is too old, or of the stream itself.
  void LookAtNext(const Stream* busy, Waste* waste) HOOKCAST_REQUIRES(mutex_);
  // Brings what is held below the bound.
  void Evict(const Stream* busy, Waste* waste) HOOKCAST_REQUIRES(mutex_);
  int64_t BytesHeld() const HOOKCAST_REQUIRES(mutex_);
  void PopFront(Stream* stream, Waste* waste) HOOKCAST_REQUIRES(mutex_);
  // While more is held than `most`, looks at a few streams and drops those that have been idle so
  // long.
  void DropIdle(Duration idle, const Stream* busy, int64_t most) HOOKCAST_REQUIRES(mutex_);
  // Holds nothing, and was neither wanted nor touched for so long.
  bool Idle(const Stream& stream, Duration idle) const;
  void Drop(Streams::iterator stream) HOOKCAST_REQUIRES(mutex_);
  void CountBytes(ptrdiff_t bytes) HOOKCAST_REQUIRES(mutex_);

  const Settings settings_;
  // What was built for the wire of messages that are kept.
  const std::shared_ptr<pubsub::FormsAccount> forms_;
  NamespaceEpochs epochs_;

  Mutex mutex_;
  Streams streams_ HOOKCAST_GUARDED_BY(mutex_);
  StringMap<Streams::iterator> by_name_ HOOKCAST_GUARDED_BY(mutex_);
  Streams::iterator next_ HOOKCAST_GUARDED_BY(mutex_);  // whose turn it is to be looked at
  Entry* oldest_ HOOKCAST_GUARDED_BY(mutex_) = nullptr;
  Entry* newest_ HOOKCAST_GUARDED_BY(mutex_) = nullptr;
  size_t bytes_ HOOKCAST_GUARDED_BY(mutex_) = 0;
};

}  // namespace hookcast::backplane
