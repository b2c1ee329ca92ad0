#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"

#include "broker/backplane/redis/envelope_codec.h"
#include "broker/backplane/redis/redis_link.h"
#include "broker/backplane/redis/redis_names.h"
#include "broker/backplane/redis/remote_streams.h"
#include "broker/backplane/redis/seen_keys.h"
#include "broker/backplane/redis/subscription_table.h"
#include "broker/base/clock.h"
#include "broker/base/mutex.h"
#include "broker/base/seldom.h"
#include "broker/pubsub/backplane.h"

namespace hookcast::backplane {

// Hears in Redis what other nodes publish: a link, what it is subscribed to, and how far each node
// was heard. Hands to the receiver what is new, and tells it what is missing.
//
// Thread: that of the loop, unless it says any.
class RedisSubscriber final : private RedisLink::User {
 public:
  struct Callbacks {
    std::function<void()> changed;              // the link, or what is heard by it
    std::function<void(std::string_view)> own;  // what came by the node's own name
  };

  // All outlive its Stop.
  RedisSubscriber(boost::asio::io_context* loop, const RedisSettings* settings,
                  const RedisNames* names, Incarnation incarnation, SeenKeys* keys,
                  metrics::Catalogue* metrics, Callbacks callbacks);

  // `announced` may be null.
  void Start(pubsub::Receiver* receiver, pubsub::AnnouncedCallback announced);
  // Who waits to be heard is answered.
  void Stop();

  // Thread: any, for these four. Pump has to follow the first two; whom Unwant answers is called
  // there.
  void Want(std::string_view ns);
  void Unwant(std::string_view ns);
  bool Hears(std::string_view ns) const;
  void AwaitHeard(std::string_view ns, pubsub::HeardCallback done);

  // Sends the commands that lead to what is wanted.
  void Pump();
  void Tick(TimePoint now);
  void Remake(std::string_view why) { link_.Remake(why); }

  const RedisLink& link() const { return link_; }
  // What came by the node's own name since the link is up would have been heard.
  bool own_heard() const { return own_heard_; }
  // When something last came.
  TimePoint last_read() const { return last_read_; }
  // OK, or what is not heard yet: a sentence, UNAVAILABLE. Thread: any.
  absl::Status Restored();

 private:
  using Skip = metrics::BackplaneSkip;

  void OnUp() override;
  void OnDown() override;
  void OnReply(const RedisReply& reply) override;
  void OnRead() override;
  void OnSubscribed(std::string_view name);
  void OnMessage(std::string_view name, std::string_view bytes);
  void OnEnvelope(std::string_view name, std::string_view bytes);
  void TellMissing(std::string_view ns, uint64_t missing);
  void SkipUnreadable(Skip cause, std::string_view name);
  void SkipVersion(std::string_view name);
  static void Call(SubscriptionTable::Answers* answers);

  const RedisSettings* const settings_;
  const RedisNames* const names_;
  SeenKeys* const keys_;
  metrics::Catalogue* const metrics_;
  const Callbacks callbacks_;
  pubsub::Receiver* receiver_ = nullptr;
  pubsub::AnnouncedCallback announced_;
  EnvelopeCodec codec_;
  RemoteStreams streams_;
  // Others want and wait while the loop works. Nobody is called under it.
  mutable Mutex mutex_;
  SubscriptionTable table_ HOOKCAST_GUARDED_BY(mutex_);
  SubscriptionTable::Answers later_ HOOKCAST_GUARDED_BY(mutex_);
  bool stopped_ HOOKCAST_GUARDED_BY(mutex_) = false;
  bool own_heard_ = false;
  TimePoint last_read_;
  std::optional<TimePoint> owed_since_;  // an answer is owed, and nothing came since then
  std::string name_;
  Seldom unreadable_told_;
  // Whose messages of a later version were told as missed, since these were cleared.
  absl::flat_hash_set<std::string> versions_told_;
  Seldom versions_cleared_;
  RedisLink link_;
};

}  // namespace hookcast::backplane
