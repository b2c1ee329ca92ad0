#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/base/timer_wheel.h"
#include "broker/hooks/affinity.h"
#include "broker/hooks/hook_event.h"
#include "broker/pubsub/peer.h"
#include "edge/agenda.h"
#include "edge/peer_rate.h"
#include "edge/replay.h"
#include "edge/route_binding.h"
#include "edge/shard.h"
#include "edge/transport.h"

namespace hookcast::edge {

// The life of one peer, whatever its transport: puts what happens on the connection into the order
// of its hooks, sends them one at a time, and carries out what the replies say.
//
// States: connected (in the hub) until OnClosed, then leaving until the close hook has been
// answered, then ended. A peer has one open event, first, and one close event, last.
//
// Thread: shard-affine. Owned by its shard, which destroys it after that.
// Invariants: at most one event is in flight; events leave in the order in which they happened;
// events that wait are bounded by the route's window, as nothing is read beyond it.
class Session final : public pubsub::Peer, public TransportListener {
 public:
  Session(Shard* shard, RouteBinding* binding, PeerId id, uint32_t max_topics,
          std::unique_ptr<pubsub::PeerFacts> facts, std::string context);
  ~Session() override;

  // Enters the hub and sends the open hook. Once, before the transport reads. `resume_text` is what
  // a client that comes back says it has (resume_request.h), empty for a new one; where the peer's
  // namespace keeps a history, it gets what it missed once the open hook's reply was carried out.
  void Start(std::unique_ptr<Transport> transport, std::string_view resume_text = {});

  // Messages of up to so many bytes may be posted beside the connection.
  void TakePosts(size_t max_bytes) { max_post_bytes_ = max_bytes; }

  // A message that the client posted to `path`. Unlike what comes by the connection, it can be
  // refused: it was kTaken, or is lost.
  enum class Posted : uint8_t {
    kTaken,
    kUnknown,   // this peer takes none, or not there, or not any more
    kTooLarge,  // beyond TakePosts, or what the route lets a peer send at once
    kTooMuch,   // the window is full, or the peer sends faster than the route's limits allow
  };
  Posted Post(std::string_view path, pubsub::DataKind kind, std::string_view payload);

  // The node has room again for what this peer sends.
  void ReadAgain();

  // The node ends: closes the connection with 1012, on the node's own behalf.
  void Shutdown();

  // Peer.
  bool Deliver(const pubsub::Message& message) override;
  bool Send(const pubsub::Data& data) override;
  void ReplayTopic(std::string_view topic, pubsub::Position since) override;
  void OnUnsubscribed(std::string_view topic) override;
  void Close(uint16_t code, std::string_view reason) override;
  void Terminate() override;
  void OnMissed(std::optional<uint64_t> lost) override;
  const pubsub::PeerFacts& facts() const override { return *facts_; }
  const std::string& context() const override { return context_; }
  pubsub::PeerCounts counts() const override;

  // TransportListener.
  bool OnMessage(pubsub::DataKind kind, std::string_view payload) override;
  void OnControlFrame(size_t bytes) override;
  void OnGap(uint64_t lost) override;
  void OnDrained(size_t queued_bytes) override;
  void OnSpace() override;
  std::string ResumeId() const override;
  void OnProtocolError(hooks::ErrorEvent error) override;
  void OnClosed(hooks::CloseDetails details) override;
  void OnReleased() override;

 private:
  friend class Shard;

  // A message has come that the application shall hear of.
  void TakeMessage(pubsub::DataKind kind, std::string_view payload);
  // Counts what came, and closes the peer where it sent too much.
  bool IsTooMuch(size_t bytes);
  // The open hook's reply was carried out, or there is none.
  void Opened();
  // The event's number; 0 where its hook is not wanted. It may have been answered on return.
  uint64_t Add(hooks::PeerEvent event, bool next = false);
  void Pump();
  void SendFirst();
  void OnReply(absl::StatusOr<hooks::HookReply> reply);
  void OnFailure(const absl::Status& status);
  void DropWaitingMessages();
  // Tells the error hook.
  void AddTrouble(Agenda::Trouble trouble, std::optional<uint64_t> count,
                  const absl::Status& why = absl::OkStatus());
  // Carries out what is left of the reply, and waits after a subscribe until the namespace is
  // heard.
  void CarryOut();
  absl::Status Execute(hooks::Action action);
  bool AwaitHeard();
  void OnHeard(bool heard);
  void OnNotTaken(const absl::Status& status);
  void FinishReply();
  void FinishFirst();
  bool WindowIsOpen() const;
  bool TakesMore();
  void MaybeEnd();

  Shard* const shard_;
  RouteBinding* const binding_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Replay> replay_;  // while there is something to replay
  const std::unique_ptr<const pubsub::PeerFacts> facts_;
  std::string context_;
  hooks::Affinity affinity_;
  std::unique_ptr<Agenda> agenda_;        // while there is something to tell the application
  const std::unique_ptr<PeerRate> rate_;  // null where the route has no such limit
  uint64_t last_event_ = 0;
  size_t max_post_bytes_ = 0;  // 0: none are taken
  uint64_t received_messages_ = 0;
  uint64_t sent_messages_ = 0;
  size_t place_ = 0;  // among its shard's sessions
  bool pumping_ = false;
  bool opened_ = false;  // its open reply was carried out
  bool closed_ = false;
  bool close_told_ = false;
  bool released_ = false;
  bool paused_ = false;
  bool held_back_ = false;
  bool ended_ = false;
};

}  // namespace hookcast::edge
