#pragma once

#include <cstddef>
#include <cstdint>
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

// What one peer gets of its namespace's history before it gets what comes live: what a client
// missed that came back, and topics since positions that the application named.
//
// It is one scan, from the lowest place of which anything is owed, in the order of the history,
// over all topics of the peer: of each what lies behind its own place. Nothing live is delivered
// meanwhile, as the scan will come to it. Once it stands where the shard's cursor does, up to where
// all the shard's peers have everything, it is over, within one turn: nothing lies between, and
// nothing comes twice.
//
// The client's position is never told past what is owed to it. Messages that stand before it are
// recalled, which leaves it where it is, with the remark that something before it is owed.
//
// A turn gives no more than its share, waits for space rather than fill the queue, and leaves half
// of the queue to others.
//
// Thread: shard-affine. Owned by the peer's session, which calls Run when the transport has space.
class Replay {
 public:
  // All outlive it. REQUIRES: the peer's namespace keeps a history.
  Replay(Shard* shard, Transport* transport, const pubsub::Peer* peer);
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // The peer's open reply is to come: nothing is given before Begin. The second is for a client
  // that came back with this, and returns where it stands; null where that is not of this
  // namespace: it goes on from Begin, and is told of a gap. Before anything else.
  void AwaitOpen();
  std::optional<pubsub::Position> AwaitOpen(std::string_view resume_text);
  // The open reply was carried out: the peer has the subscriptions that are replayed to it. No
  // effect where that was not awaited.
  void Begin();

  // The topic, which was subscribed to just now, since this position.
  void AddTopic(std::string_view topic, pubsub::Position since);
  // The topic was unsubscribed from.
  void Forget(std::string_view topic);

  // Whether a live message is not to be delivered, as the scan comes to it.
  bool Holds(const pubsub::Message& message);

  // How the scan ended.
  struct Joined {
    bool came_back = false;  // the client, with a position or what was none
    std::string topic;       // else the first that was added
    pubsub::Position position;
    uint64_t replayed = 0;
    bool gap = false;
    bool gap_told = false;  // to the client
  };
  // A turn's work. Once the scan has ended, says so, and is at its own end. Not called again before
  // the transport says that it has space.
  std::optional<Joined> Run();
  // How many messages the transport took since this was asked last.
  uint64_t TakeGiven();

  // What the client may come back with; empty where that cannot be told yet.
  std::string ResumeId() const;

 private:
  enum class Stage : uint8_t { kAwaitsOpen, kRuns };

  // Gives the peer what was read, and takes that off what is left of its share of the turn; false
  // where the turn is over before that is all.
  bool Give(size_t* left);
  bool Wants(const pubsub::Message& message) const;
  // The place from which all is owed that the scan has not come to, of this and the other topics.
  void StartAt(pubsub::Position position);
  void Read(uint64_t until);
  void OnPage(absl::StatusOr<pubsub::HistoryPage> page);
  // What is held begins anew: positions that mean nothing there become its beginning.
  void OnGap(pubsub::Position head);
  void TellGap();
  Joined End(pubsub::Position position);
  // Goes on once this turn is over, and no more than so many bytes wait.
  void GoOn(size_t space);
  size_t UsualSpace() const { return transport_->queue_limit() / 4; }

  Shard* const shard_;
  Transport* const transport_;
  const pubsub::Peer* const peer_;
  Stage stage_ = Stage::kRuns;
  bool came_back_ = false;
  bool unreadable_ = false;  // what it came back with
  bool gap_due_ = false;     // to be told first of all
  bool checked_ = false;     // whether what is behind at_ is held
  bool reading_ = false;
  bool running_ = false;
  std::optional<pubsub::Position> position_;        // the client's; null: it has none yet
  std::optional<pubsub::Position> at_;              // where the scan stands; null before Begin
  StringMap<pubsub::Position> wanted_;              // topics, each from behind this place on
  std::string first_added_;                         // topic
  std::shared_ptr<const pubsub::TopicSet> topics_;  // those of wanted_; null once they change
  std::vector<pubsub::MessageRef> page_;            // what was read
  size_t next_ = 0;                                 // in the page
  std::optional<pubsub::Position> scanned_;         // by the page
  uint64_t reads_ = 0;                              // whose answers are awaited: the latest
  uint64_t replayed_ = 0;
  uint64_t taken_ = 0;  // of them, by TakeGiven
  bool gap_ = false;
  bool gap_told_ = false;
  const std::shared_ptr<char> alive_ = std::make_shared<char>();  // for what comes from elsewhere
};

}  // namespace hookcast::edge
