#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "broker/base/clock.h"

namespace hookcast::backplane {

// The stream that a stream takes the place of.
struct ReplacedStream {
  uint64_t stream = 0;
  uint64_t last_acknowledged = 0;
  bool operator==(const ReplacedStream&) const = default;
};

// Where an envelope stands.
struct StreamPlace {
  uint64_t stream = 0;
  uint64_t sequence = 0;
  std::optional<ReplacedStream> replaces;
};

// The numbers that this node gives to what it publishes, so that other nodes see what they miss: a
// stream for each namespace, in which messages are counted from 1 without holes.
//
// A stream ends when nothing was published for kIdle, and where nobody knows any more how much of
// it others got: its link broke, or Redis refused a message. The next publish opens another, with a
// higher number, which in the second case says what it replaces until Redis took one of it.
//
// Thread: one at a time. Pure.
class OriginStreams {
 public:
  static constexpr Duration kTail = std::chrono::seconds(1);
  static constexpr Duration kIdle = std::chrono::seconds(60);
  static constexpr size_t kMostTails = 2'000;  // in a tick

  struct Stream;  // of a namespace; known to the streams alone
  // One message's place, for which an answer is owed.
  struct Ticket {
    StreamPlace place;
    Stream* stream;  // kept until the answer
  };

  // Beyond `most` streams the one that was quiet for longest is forgotten, and others begin anew
  // with it.
  explicit OriginStreams(size_t most = 100'000);
  OriginStreams(const OriginStreams&) = delete;
  OriginStreams& operator=(const OriginStreams&) = delete;
  ~OriginStreams();

  // The next place of the namespace. Taken or NotTaken has to follow, once; for one namespace in
  // the order of the places.
  Ticket Next(std::string_view ns, TimePoint now);
  // Of a place for which the answer is owed.
  static std::string_view NamespaceOf(const Ticket& ticket);
  // Redis took the message. It may have refused one in front of it: others count that as missing,
  // and are owed all up to this one.
  void Taken(const Ticket& ticket);
  // Redis refused it, or the link broke before the answer.
  void NotTaken(const Ticket& ticket);

  // The link was made again. What was taken by Redis before may have reached nobody, as it ended or
  // was a replica: a tail of each stream is due anew.
  void LinkUp(TimePoint now);

  // Calls `tail` for each stream whose last message is kTail old, once, with the last place, and
  // for kMostTails at most: the others' turn is the next. Forgets streams that are idle.
  void Tick(TimePoint now, absl::FunctionRef<void(std::string_view ns, StreamPlace last)> tail);

  size_t size() const { return streams_.size(); }

 private:
  using List = std::list<Stream*>;

  void Forget(Stream* stream);
  void MakePlace();

  const size_t most_;
  uint64_t last_number_ = 0;
  absl::flat_hash_map<std::string_view, std::unique_ptr<Stream>> streams_;  // keys are the streams'
  // By the time of the last message, the oldest first: those that are owed a tail, and the others.
  List lively_;
  List quiet_;
};

}  // namespace hookcast::backplane
