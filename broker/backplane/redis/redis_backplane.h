#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "broker/backplane/redis/redis_names.h"
#include "broker/backplane/redis/redis_publisher.h"
#include "broker/backplane/redis/redis_settings.h"
#include "broker/backplane/redis/redis_subscriber.h"
#include "broker/backplane/redis/seen_keys.h"
#include "broker/base/ids.h"
#include "broker/base/mutex.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/backplane.h"
#include "broker/pubsub/receiver_gate.h"

namespace hookcast::backplane {

// The backplane of many nodes, over Redis' publish and subscribe. A message goes to this node's own
// peers at once, and to the other nodes by Redis; docs/backplane.md says what holds when Redis
// fails. No namespace keeps a history.
//
// Two links, on a loop and a thread of its own: one publishes, the other is subscribed. Each second
// this node publishes to itself, by the one link and back by the other, so that it knows whether it
// hears.
//
// Thread: any, as Backplane says.
class RedisBackplane final : public pubsub::Backplane {
 public:
  // The metrics outlive it.
  RedisBackplane(RedisSettings settings, Incarnation incarnation, metrics::Catalogue* metrics);
  ~RedisBackplane() override;

  void Start(pubsub::Receiver* receiver, pubsub::AnnouncedCallback announced) override;
  void Stop() override;
  void Publish(std::shared_ptr<pubsub::Message> message, pubsub::TakenCallback taken) override;
  bool KeepsHistory(std::string_view ns) const override;
  void ReadHistory(pubsub::HistoryQuery query, pubsub::HistoryCallback done) override;
  void ReadHead(std::string_view ns, pubsub::HeadCallback done) override;
  void Subscribe(std::string_view ns) override;
  void Unsubscribe(std::string_view ns) override;
  bool Hears(std::string_view ns) const override;
  void AwaitHeard(std::string_view ns, pubsub::HeardCallback done) override;
  void Announce(std::string bytes) override;
  absl::Status Health() const override;

 private:
  struct Probe {
    uint64_t number = 0;
    TimePoint sent;
    bool awaited = false;
  };

  // Makes the message's key, if it has one, seen; false where it was already. `taken` is made to
  // forget it where the message reached nobody, so that it may come again.
  bool ClaimKey(const pubsub::Message& message, pubsub::TakenCallback* taken);
  // Has the loop look at what waits for it.
  void Wake();

  // The loop's own.
  void Run();
  void ArmTick();
  void Tick();
  void TickProbe(TimePoint now);
  void OnProbe(std::string_view text);
  void UpdateHealth();
  absl::Status FindHealth();
  void EndIfIdle();
  void End();

  const RedisSettings settings_;
  const RedisNames names_;
  metrics::Catalogue* const metrics_;
  const std::shared_ptr<SeenKeys> keys_;
  pubsub::ReceiverGate gate_;
  std::atomic<bool> awake_{false};  // the loop will look

  boost::asio::io_context loop_{1};
  boost::asio::steady_timer tick_{loop_};
  RedisPublisher publisher_;
  RedisSubscriber subscriber_;
  Probe probe_;
  std::optional<TimePoint> end_by_;  // the end waits for answers, so long
  std::thread thread_;

  mutable Mutex health_mutex_;
  absl::Status health_ HOOKCAST_GUARDED_BY(health_mutex_);
};

}  // namespace hookcast::backplane
