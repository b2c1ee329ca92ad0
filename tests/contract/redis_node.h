#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "broker/backplane/redis/redis_backplane.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/published.h"
#include "tests/fakes/recording_receiver.h"

namespace hookcast::contract {

// What a node is to the others: a backplane over a real Redis, with a receiver that records.
//
// Thread: any.
class RedisNode {
 public:
  // Short times, so that a test of a failure is short.
  static backplane::RedisSettings QuickSettings(int port);

  // Started, not yet ready.
  RedisNode(Incarnation incarnation, backplane::RedisSettings settings);
  ~RedisNode();

  // Waits until it is ready; for so long, or the test has failed.
  bool AwaitReady(std::chrono::milliseconds within = std::chrono::seconds(10));
  // Waits until it is not; its reason, or nothing.
  std::string AwaitUnready(std::chrono::milliseconds within = std::chrono::seconds(10));
  // Waits until it is not ready, for a reason that holds `part`; or the test has failed.
  bool AwaitReason(const std::string& part,
                   std::chrono::milliseconds within = std::chrono::seconds(10));
  // Waits until it has lost so many links in all.
  bool AwaitLost(uint64_t links);
  // Waits until so many of its own envelopes, messages and tails, have come back to it in all.
  bool AwaitOwn(uint64_t envelopes);
  // Wants the namespaces and waits until all are heard.
  bool Hear(const std::vector<std::string>& namespaces);
  // AwaitHeard's answer.
  bool AwaitHeard(const std::string& ns);

  struct Answer {
    absl::Status status = absl::DeadlineExceededError("no answer");
    uint64_t local_count = 0;
  };
  // Publishes and waits for the answer.
  Answer Publish(const std::string& ns, const std::string& payload, const std::string& key = "");
  // Does not wait; `taken` may be null.
  void Post(const std::string& ns, const std::string& payload, const std::string& key = "",
            pubsub::TakenCallback taken = nullptr);
  // Publishes what nobody will publish again, and waits for the answer.
  Answer PublishOnce(const std::string& ns, const std::string& payload);

  // What came, from here or from others: "ns payload", and "ns missed 3" or "ns missed ?" in its
  // place.
  std::vector<std::string> Received() const;

  backplane::RedisBackplane& backplane() { return backplane_; }
  fakes::RecordingReceiver& receiver() { return receiver_; }
  metrics::Catalogue& metrics() { return metrics_; }
  // Waits for so many announcements, and returns all that came.
  std::vector<std::string> Announced(size_t count);

 private:
  std::shared_ptr<pubsub::Message> MakeMessage(const std::string& ns, const std::string& payload,
                                               const std::string& key);
  Answer PublishAndWait(std::shared_ptr<pubsub::Message> message);

  metrics::Catalogue metrics_;
  const Incarnation incarnation_;
  fakes::RecordingReceiver receiver_;
  std::mutex mutex_;
  std::condition_variable announced_;
  std::vector<std::string> announcements_;
  std::atomic<uint64_t> last_{0};
  backplane::RedisBackplane backplane_;
};

}  // namespace hookcast::contract
