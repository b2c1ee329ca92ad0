#pragma once

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/base/shard_loop.h"
#include "broker/hooks/grpc/grpc_application.h"
#include "broker/hooks/grpc/grpc_hook_client.h"
#include "tests/fakes/recording_peer.h"

namespace hookcast::hooks {

// A client and a peer of it on a loop that runs, with calls that wait for their answer.
class ClientOnShard {
 public:
  explicit ClientOnShard(const std::string& target, config::HookMode mode = config::HookMode::kAuto,
                         int sessions = 1)
      : application(std::make_shared<GrpcApplication>(target)) {
    peer.mutable_facts().target = "/rooms/a?x";
    peer.mutable_facts().route = "/rooms/{room}";
    client = std::make_unique<GrpcHookClient>(
        ApplicationClient::Settings{
            .target = target, .node = "node-1", .mode = mode, .sessions = sessions},
        application, &loop, &timers, &metrics);
    loop.Start();
  }
  ~ClientOnShard() {
    loop.Stop();
    client.reset();
  }

  // Runs `task` on the shard and waits for it.
  void Run(absl::AnyInvocable<void()> task) {
    std::promise<void> ran;
    loop.Post([&] {
      task();
      ran.set_value();
    });
    ran.get_future().wait();
  }

  absl::StatusOr<UpgradeVerdict> Upgrade(Duration deadline = std::chrono::seconds(20)) {
    std::promise<absl::StatusOr<UpgradeVerdict>> answer;
    const std::vector<std::string> offered{"chat"};
    Run([&] {
      client->Upgrade({peer.id(), &peer.facts(), &offered}, deadline,
                      [&](absl::StatusOr<UpgradeVerdict> verdict) {
                        on_shard = on_shard && loop.InLoop();
                        answer.set_value(std::move(verdict));
                      });
    });
    return answer.get_future().get();
  }

  absl::StatusOr<HookReply> Call(PeerEvent event, Duration deadline = std::chrono::seconds(20)) {
    std::promise<absl::StatusOr<HookReply>> answer;
    Run([&] {
      client->Call(peer, event, &affinity, deadline, [&](absl::StatusOr<HookReply> reply) {
        on_shard = on_shard && loop.InLoop();
        answer.set_value(std::move(reply));
      });
    });
    return answer.get_future().get();
  }

  static PeerEvent Message(const std::string& text, uint64_t number = 2) {
    return {.number = number, .what = MessageEvent{{.payload = Bytes::Copy(text)}}};
  }

  const std::shared_ptr<GrpcApplication> application;
  ShardLoop loop{ShardId{0}};
  ShardTimers timers{&loop};
  metrics::Catalogue metrics;
  fakes::RecordingPeer peer{PeerId{Incarnation{1}, ShardId{0}, 1}};
  Affinity affinity;
  std::unique_ptr<GrpcHookClient> client;  // on the loop, or once it has stopped
  bool on_shard = true;                    // every answer so far
};

}  // namespace hookcast::hooks
