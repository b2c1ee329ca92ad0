#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "broker/base/shard_timers.h"
#include "broker/hooks/application/hook_connection.h"
#include "broker/hooks/application/pending_hook.h"
#include "broker/metrics/catalogue.h"

namespace hookcast::hooks {

// One Session call with an application: says hello, sends events under the credit that the
// application granted, matches its answers, and ends the call when the application breaks the
// protocol or falls silent. hooks.proto tells the protocol.
//
// States: greeting (no welcome yet), open, leaving (takes no new events; those sent are awaited),
// ended.
//
// Thread: shard-affine. Pure: the network is behind HookConnection, time behind ShardTimers.
// Invariants: no more is unanswered than the credit allows, but for one event that goes alone; each
// hook that was sent is told of once, in `answered` or in `ended`, unless it was given up.
class HookStream final : public SessionListener {
 public:
  static constexpr Duration kWelcomeWithin = std::chrono::seconds(5);
  static constexpr Duration kPingEvery = std::chrono::seconds(2);
  // Silence after a ping. Shorter than a hook's usual deadline, so that what a stalled application
  // holds is sent elsewhere before it fails.
  static constexpr Duration kPongWithin = std::chrono::milliseconds(2500);
  // Once left, how long answers are awaited.
  static constexpr Duration kLeaveWithin = std::chrono::seconds(30);

  struct Callbacks {
    std::function<void()> opened;
    std::function<void(PendingHook*, HookAnswer)> answered;
    // There is credit again that nobody is told of by an answer: late ones gave it back.
    std::function<void()> freed;
    // The application wants no new events on this stream.
    std::function<void()> left;
    // The last, with what was not answered. May destroy the stream.
    std::function<void(HookStream*, const absl::Status&, const std::vector<PendingHook*>&)> ended;
  };

  // Starts the call. All that is pointed at outlives the stream.
  HookStream(HookConnection* connection, const std::string& node, ShardTimers* timers,
             metrics::Catalogue* metrics, Callbacks callbacks);
  ~HookStream() override;

  bool open() const { return state_ == State::kOpen; }
  // Whether a welcome ever came.
  bool was_open() const { return credit_.events > 0; }

  // Whether the credit has room for such an event. A tenth is kept for upgrade and close. While no
  // answer is awaited one event may go alone, also where it is larger than what credit is left.
  bool CanTake(Hook hook, size_t bytes) const;
  // What the largest event may have to be sent here: four fit the credit together.
  size_t most_event_bytes() const { return credit_.bytes / 4; }

  // Sends hook->event. REQUIRES: open, and there is room; no answer to this event is awaited.
  void Send(PendingHook* hook);
  // Nobody waits for this hook's answer any more: it is ignored when it comes. An application that
  // owes answers for half of its credit is no use: the call ends. False where the hook was not sent
  // here, or was answered.
  bool GiveUp(PendingHook* hook);

  // Tells the application that no new events follow, and ends the call once all are answered.
  void Leave(const std::string& why);

  // SessionListener.
  void OnNews(SessionNews news) override;
  void OnEnded(const absl::Status& status) override;

 private:
  enum class State : uint8_t { kGreeting, kOpen, kLeaving, kEnded };
  struct Load {
    void Add(size_t more) {
      ++events;
      bytes += more;
    }
    void Remove(size_t less) {
      --events;
      bytes -= less;
    }
    size_t events = 0;
    size_t bytes = 0;
  };
  struct Unanswered {
    PendingHook* hook = nullptr;  // null once it was given up
    Load sent;                    // more than once, where it was given up and sent again
    bool urgent = false;
  };

  void OnWelcome(const Welcome& welcome);
  void OnAnswers(Answers answers);
  void OnGoAway(const GoAway& go_away);
  void SendPing();
  void OnSilence();
  void OnNoWelcome();
  void OnLeftTooLong();
  void EndWhenAnswered();
  // What the application owes an answer that nobody waits for any more.
  Load GivenUp() const { return {owed_.events - awaited_.events, owed_.bytes - awaited_.bytes}; }
  void End(const absl::Status& status);

  ShardTimers* const timers_;
  metrics::Catalogue* const metrics_;
  Callbacks callbacks_;
  State state_ = State::kGreeting;
  bool writes_done_ = false;
  Load credit_;
  Load owed_;           // of what was sent
  Load owed_ordinary_;  // of that, what is not urgent
  Load awaited_;        // of that, what was not given up
  uint64_t last_ping_ = 0;
  absl::flat_hash_map<std::string, Unanswered> unanswered_;  // by event id
  Timer ping_timer_ = Timer::For<&HookStream::SendPing>(this);
  Timer silence_timer_ = Timer::For<&HookStream::OnSilence>(this);
  Timer patience_timer_ = Timer::For<&HookStream::OnNoWelcome>(this);
  Timer leave_timer_ = Timer::For<&HookStream::OnLeftTooLong>(this);
  std::unique_ptr<SessionCall> call_;
};

}  // namespace hookcast::hooks
