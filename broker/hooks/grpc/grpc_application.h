#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "broker/base/clock.h"
#include "broker/base/mutex.h"
#include "broker/hooks/hook_event.h"

namespace hookcast::hooks {

// An application as a node reaches it by gRPC: its connections, and what is known of it. One for
// each target, shared by all shards and routes.
//
// A target may stand for several addresses ("dns:///name:port" with several records,
// "ipv4:a:p,b:p"); calls take turns over those that are connected. While none is, a call fails at
// once with UNAVAILABLE, and both the addresses and the name are tried again at least once a
// second, so that an application that comes back, also elsewhere, is used within 2 s.
//
// Thread: any.
class GrpcApplication {
 public:
  // How long a hook that the application answered with UNIMPLEMENTED is left out.
  static constexpr Duration kUnimplementedFor = std::chrono::seconds(60);
  // A larger reply is RESOURCE_EXHAUSTED.
  static constexpr int kMaxReplyBytes = 4 << 20;

  // Connects at the first call. `node` is this node's id; the clock outlives the application.
  GrpcApplication(std::string target, std::string node, const Clock* clock);
  GrpcApplication(const GrpcApplication&) = delete;
  GrpcApplication& operator=(const GrpcApplication&) = delete;
  ~GrpcApplication();

  const std::string& target() const { return target_; }
  const std::string& node() const { return node_; }

  // UNIMPLEMENTED while the hook is left out, else OK. Always OK for upgrade.
  absl::Status Wants(Hook hook) const;
  // What a call of this hook ended with.
  void Learn(Hook hook, const absl::Status& status);

  // gRPC's own part; see connection.h. What to call next with: it may change from call to call.
  struct Connection;
  std::shared_ptr<const Connection> connection() const;

 private:
  void Scout();
  void CallBackScout();

  const std::string target_;
  const std::string node_;
  const Clock* const clock_;
  // Clock ticks until when each hook is left out.
  std::array<std::atomic<Duration::rep>, metrics::kHooks> left_out_until_;

  mutable Mutex mutex_;
  std::shared_ptr<const Connection> connection_ HOOKCAST_GUARDED_BY(mutex_);
  // Looks the name up anew while connection_ fails, and takes its place once it is connected.
  std::shared_ptr<const Connection> scout_ HOOKCAST_GUARDED_BY(mutex_);
  TimePoint scout_sent_ HOOKCAST_GUARDED_BY(mutex_);
  std::atomic<bool> scouting_{false};  // whether there is a scout_
};

}  // namespace hookcast::hooks
