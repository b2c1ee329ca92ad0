#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/backplane/redis/envelope_codec.h"
#include "broker/backplane/redis/lost_publishes.h"
#include "broker/backplane/redis/origin_streams.h"
#include "broker/backplane/redis/outgoing_queue.h"
#include "broker/backplane/redis/redis_link.h"
#include "broker/backplane/redis/redis_names.h"
#include "broker/base/clock.h"

namespace hookcast::backplane {

// Takes to Redis what this node publishes: a link, the line of what is owed an answer, and the
// streams. What comes while a write is under way leaves in the next one. What Redis did not take of
// messages that are published once, it tells the other nodes as soon as Redis takes that.
//
// Thread: that of the loop, but for the queue and NotSent.
class RedisPublisher final : private RedisLink::User {
 public:
  // All outlive its Stop. `changed` is called when the link came or went, and when nothing is owed
  // an answer any more; `demoted` where Redis has become a replica, which takes publishes and
  // passes them to nobody elsewhere: the link is made again then.
  RedisPublisher(boost::asio::io_context* loop, const RedisSettings* settings,
                 const RedisNames* names, Incarnation incarnation, metrics::Catalogue* metrics,
                 std::function<void()> changed, std::function<void()> demoted);

  void Start() { link_.Start(); }
  // What waits or is under way is answered.
  void Stop();

  // Where publishes come in; Pump has to follow.
  OutgoingQueue& queue() { return queue_; }
  // The queue did not take it. Pump has to follow.
  void NotSent(const pubsub::Message& message);
  // Writes what waits.
  void Pump();
  // Publishes `text` to this node alone. REQUIRES: the link is up.
  void Probe(const std::string& text);
  // Makes the link again where an answer is awaited for too long; sends tails.
  void Tick(TimePoint now);

  const RedisLink& link() const { return link_; }
  // Nothing is owed an answer.
  bool idle() const { return in_flight_.empty(); }

 private:
  // What Redis owes an answer, in the order of the commands.
  struct InFlight {
    TimePoint since;
    std::optional<OriginStreams::Ticket> message;  // none: it is a word between nodes
    std::shared_ptr<PendingPublish> pending;
    bool once = false;                          // of a message
    std::unique_ptr<LostPublishes::Loss> loss;  // that this is the word of
    bool role = false;                          // not a publish: what Redis is
  };

  void OnUp() override;
  void OnDown() override;
  void OnReply(const RedisReply& reply) override;
  void OnRead() override;
  void OnWritten() override { Pump(); }
  void Write(Outgoing item, TimePoint now);
  void TellLosses(TimePoint now);
  // Redis did not take it, or nobody knows whether.
  void OnNotTaken(const InFlight& item, metrics::BackplanePublish what);
  void AppendPublish(std::string_view name, std::string_view bytes);
  void OnRole(const RedisReply& reply);
  void Refuse(InFlight* item, std::string_view words);

  const RedisSettings* const settings_;
  const RedisNames* const names_;
  metrics::Catalogue* const metrics_;
  const std::function<void()> changed_;
  const std::function<void()> demoted_;
  TimePoint role_asked_;
  OutgoingQueue queue_;
  EnvelopeCodec codec_;
  OriginStreams streams_;
  LostPublishes lost_;
  TimePoint losses_from_;  // no word of them earlier
  std::deque<InFlight> in_flight_;
  std::vector<Outgoing> batch_;
  std::string name_;
  std::string bytes_;
  RedisLink link_;
};

}  // namespace hookcast::backplane
