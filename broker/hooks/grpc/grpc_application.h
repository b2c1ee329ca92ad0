#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "broker/base/clock.h"
#include "broker/hooks/application/hook_connection.h"
#include "broker/hooks/grpc/target.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace hookcast::hooks {

class CallCount;
class Mailbox;

// An application as a node reaches it by gRPC: which addresses its target stands for, and a
// connection to each. One for each target, shared by all shards.
//
// A name is looked up every ten seconds, and every second while it has no address, or hooks are to
// be sent and none can be reached, so that an application that comes back, also elsewhere, is used
// within 2 s.
//
// Thread: any.
class GrpcApplication {
 public:
  using Addresses = absl::StatusOr<std::vector<std::string>>;
  static constexpr Duration kLookUpEvery = std::chrono::seconds(10);
  static constexpr Duration kLookUpSoon = std::chrono::seconds(1);
  // A larger reply, or message of a stream, is RESOURCE_EXHAUSTED.
  static constexpr int kMaxReplyBytes = 4 << 20;

  explicit GrpcApplication(const std::string& target);
  GrpcApplication(const GrpcApplication&) = delete;
  GrpcApplication& operator=(const GrpcApplication&) = delete;
  // Waits until gRPC has done its last with every call. REQUIRES: nobody follows any more, and all
  // connections are gone.
  ~GrpcApplication();

  // Tells the follower, through its mailbox, which addresses there are, now and at each look-up.
  // Looking up begins with the first.
  void Follow(std::shared_ptr<Mailbox> mailbox, std::function<void(const Addresses&)> follower);
  void Unfollow(const Mailbox* mailbox);

  // None of the addresses can be reached.
  void LookUpSoon();

  // The `which`th connection to one of the addresses, for one shard; all shards share its channel.
  std::unique_ptr<HookConnection> Connect(const std::string& address, int which,
                                          std::shared_ptr<Mailbox> mailbox);

 private:
  struct Follower {
    std::shared_ptr<Mailbox> mailbox;
    std::function<void(const Addresses&)> tell;
  };

  void KeepLookingUp(const DnsName& name);
  static void Tell(const Follower& follower, const Addresses& addresses);
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& address, int which);

  const Target target_;
  const std::shared_ptr<CallCount> calls_;
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;  // and what follows
  std::condition_variable changed_;
  std::vector<Follower> followers_;
  std::optional<Addresses> addresses_;
  bool soon_ = false;
  // Held until no call is left: the last holder of a channel must not be a thread of gRPC's, which
  // would wait for itself.
  std::map<std::pair<std::string, int>, std::shared_ptr<grpc::Channel>> channels_;

  std::thread looking_up_;
};

}  // namespace hookcast::hooks
