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

  // A namespace's stream. Owned by the streams; a handle is good while a message of it is owed an
  // answer.
  class Stream;

  // Beyond `most` streams the one that was quiet for longest is forgotten, and others begin anew
  // with it.
  explicit OriginStreams(size_t most = 100'000);
  OriginStreams(const OriginStreams&) = delete;
  OriginStreams& operator=(const OriginStreams&) = delete;
  ~OriginStreams();

  // The next place of the namespace. Taken, Refused or Lost has to follow, once.
  StreamPlace Next(std::string_view ns, TimePoint now, Stream** stream);
  // Redis took the message with this sequence, and all before it.
  void Taken(Stream* stream, uint64_t number, uint64_t sequence);
  // Redis refused it.
  void Refused(Stream* stream, uint64_t number);
  // The link broke before an answer.
  void Lost(Stream* stream, uint64_t number) { Refused(stream, number); }

  // Calls `tail` for each stream whose last message is kTail old, once, with the last place;
  // forgets streams that are idle.
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

class OriginStreams::Stream {
 public:
  const std::string& ns() const { return ns_; }

 private:
  friend class OriginStreams;
  explicit Stream(std::string_view ns) : ns_(ns) {}

  const std::string ns_;
  uint64_t number_ = 0;
  uint64_t sequence_ = 0;      // the last given
  uint64_t acknowledged_ = 0;  // the last that Redis took
  bool ended_ = false;         // the next message opens another
  std::optional<ReplacedStream> replaces_;
  size_t unanswered_ = 0;
  TimePoint last_;
  bool lively_ = true;
  List::iterator at_;
};

}  // namespace hookcast::backplane
