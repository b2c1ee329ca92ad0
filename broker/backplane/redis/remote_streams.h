#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "broker/backplane/redis/origin_streams.h"
#include "broker/base/clock.h"
#include "broker/base/ids.h"

namespace hookcast::backplane {

// How far this node has heard each other node, in each namespace: finds out what is missing. What
// is heard first of a stream is where its count begins.
//
// Thread: one at a time. Pure.
class RemoteStreams {
 public:
  // Whoever forgets first begins anew, and that shall be the one who counts.
  static constexpr Duration kIdle = std::chrono::seconds(65);
  static_assert(kIdle > OriginStreams::kIdle);
  static constexpr size_t kMostOrigins = 1024;  // in a namespace

  // Beyond `most` namespaces the one that was quiet for longest is forgotten.
  explicit RemoteStreams(size_t most = 100'000) : most_(most) {}
  RemoteStreams(const RemoteStreams&) = delete;
  RemoteStreams& operator=(const RemoteStreams&) = delete;

  struct Verdict {
    uint64_t missing = 0;  // so many, in front of this one
    bool old = false;      // it was heard before, or comes too late: to be skipped
  };
  // A message with this place arrived.
  Verdict Hear(std::string_view ns, Incarnation origin, const StreamPlace& place, TimePoint now) {
    return Heard(ns, origin, place, /*tail=*/false, now);
  }
  // Word that the last message of a stream has this place. Never old.
  uint64_t HearTail(std::string_view ns, Incarnation origin, const StreamPlace& place,
                    TimePoint now) {
    return Heard(ns, origin, place, /*tail=*/true, now).missing;
  }

  // What comes next of the namespace, or of any, is heard first.
  void Forget(std::string_view ns);
  void Clear();
  // Forgets what is idle.
  void Tick(TimePoint now);

  size_t size() const { return namespaces_.size(); }

 private:
  struct Origin {
    Incarnation incarnation;
    uint64_t stream = 0;
    uint64_t sequence = 0;
    TimePoint last;
  };
  struct Namespace;
  using List = std::list<Namespace*>;
  struct Namespace {
    std::string name;
    std::vector<Origin> origins;
    TimePoint last;
    List::iterator at;
  };

  Verdict Heard(std::string_view ns, Incarnation origin, const StreamPlace& place, bool tail,
                TimePoint now);
  Namespace* Find(std::string_view ns, TimePoint now);
  void Erase(Namespace* ns);

  const size_t most_;
  absl::flat_hash_map<std::string_view, std::unique_ptr<Namespace>> namespaces_;
  List oldest_first_;  // by when each was last heard
};

}  // namespace hookcast::backplane
