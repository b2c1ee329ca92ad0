#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "broker/base/string_map.h"
#include "broker/pubsub/history.h"
#include "broker/pubsub/peer.h"
#include "edge/shard.h"
#include "edge/transport.h"

namespace hookcast::edge {

// What one peer gets of its namespace's history before it gets what comes live: all that a client
// missed that came back, or one topic since a position that the application named. One scan runs
// at a time, a client's own first.
//
// A scan reads pages up to the shard's cursor, up to where all its peers have everything, and gives
// the peer no more in a turn than its queue has space for. What comes live meanwhile, of the topics
// that wait for it, is passed over, as the scan will come to it. Once the scan stands where the
// cursor does it is over, within one turn: nothing lies between, and nothing comes twice.
//
// Thread: shard-affine. Owned by the peer's session, which calls Run when the transport has space.
class Replay {
 public:
  // All outlive it. REQUIRES: the peer's namespace keeps a history.
  Replay(Shard* shard, Transport* transport, const pubsub::Peer* peer);
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // The client came back with this. Nothing live goes to it until it has what it missed. Returns
  // where it stands; null where that is not of this namespace: then it goes on from here, and is
  // told of a gap. Before anything else, and followed by Begin.
  std::optional<pubsub::Position> Await(std::string_view resume_text);
  // The peer has the subscriptions that are to be replayed to it.
  void Begin();

  bool awaits() const { return !begun_; }

  // The topic, which was subscribed to just now, since this position.
  void AddTopic(std::string_view topic, pubsub::Position since);
  // The topic was unsubscribed from.
  void Forget(std::string_view topic);

  // Whether a live message is not to be delivered, as a scan comes to it or the client has it.
  bool Holds(const pubsub::Message& message);

  // How a scan ended.
  struct Joined {
    std::string topic;  // empty: the client's own
    pubsub::Position position;
    uint64_t replayed = 0;
    bool gap = false;
    bool gap_told = false;  // to the client
  };
  // A turn's work. Says so where a scan ended in it. Not called again before the transport says
  // that it has space.
  std::optional<Joined> Run();
  // Nothing is left to do.
  bool done() const { return scans_.empty(); }

  // Up to where a client that came back has everything, while it does not have all; null otherwise.
  // An empty text stands for what cannot be told yet.
  std::optional<std::string> ResumeId() const;

 private:
  struct Scan {
    std::string topic;                   // empty: the client's own
    std::optional<pubsub::Position> at;  // all up to here was given; null: nothing is to be
    StringMap<uint64_t> wanted;          // topics, each from behind this sequence on
    bool checked = false;                // whether what is behind `at` is held
    uint64_t replayed = 0;
    bool gap = false;
    bool gap_told = false;
  };

  // Gives the peer what was read; false where the turn is over before that is all.
  bool Give(Scan* scan);
  bool Wants(const Scan& scan, const pubsub::Message& message) const;
  void Read(Scan* scan, uint64_t until);
  void OnPage(absl::StatusOr<pubsub::HistoryPage> page);
  void TellGap(Scan* scan);
  Joined End(pubsub::Position position);
  // Goes on once this turn is over, and there is space.
  void GoOn();
  void AwaitSpace();

  Shard* const shard_;
  Transport* const transport_;
  const pubsub::Peer* const peer_;
  bool begun_ = true;  // false from Await to Begin
  bool reading_ = false;
  bool running_ = false;
  std::deque<Scan> scans_;                          // the first is under way
  std::shared_ptr<const pubsub::TopicSet> topics_;  // of the first; null once they change
  std::vector<pubsub::MessageRef> page_;            // what was read for it
  size_t next_ = 0;                                 // in the page
  std::optional<pubsub::Position> scanned_;         // by the page
  const std::shared_ptr<char> alive_ = std::make_shared<char>();  // for what comes from elsewhere
};

}  // namespace hookcast::edge
