#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "broker/base/backoff.h"
#include "broker/base/shard_timers.h"
#include "broker/config/config.h"
#include "broker/hooks/affinity.h"
#include "broker/hooks/application/hook_connection.h"
#include "broker/hooks/application/hook_stream.h"
#include "broker/hooks/application/pending_hook.h"
#include "broker/metrics/catalogue.h"

namespace hookcast::hooks {

// One way to one address of an application: a Session stream that is made again whenever it ends,
// or unary calls where the application has none, or both for what is too large for a stream.
//
// Thread: shard-affine. Pure, as HookStream is.
class HookLane {
 public:
  // Larger events travel by a call of their own: an application's gRPC refuses messages beyond
  // 4 MiB by default, and on a stream that would take everybody else's events with it. So do those
  // beyond a quarter of the stream's credit: to wait for that much would hold everybody up.
  static constexpr size_t kMostStreamedBytes = 1 << 20;
  // How long a hook, or Session itself, that the address answered with UNIMPLEMENTED is left out.
  static constexpr Duration kUnimplementedFor = std::chrono::seconds(60);
  // An address with so many deadlines in a row is avoided for so long. Unary calls alone: a stream
  // knows sooner.
  static constexpr int kDeadlinesToEject = 3;
  static constexpr Duration kEjectedFor = std::chrono::seconds(10);

  enum class State : uint8_t {
    kConnecting,  // nothing is known of it yet
    kOpen,
    kFailed,  // it was lost, or never reached; it is tried again and again
  };

  struct Callbacks {
    // There may be room where there was none, or nothing to hope for any more.
    std::function<void()> changed;
    std::function<void(PendingHook*, HookAnswer)> answered;
  };
  struct Facts {
    std::string application;  // for the log
    std::string address;
    std::string node;
    config::HookMode mode = config::HookMode::kAuto;
  };

  HookLane(Facts facts, std::unique_ptr<HookConnection> connection, ShardTimers* timers,
           metrics::Catalogue* metrics, Callbacks callbacks);
  HookLane(const HookLane&) = delete;
  HookLane& operator=(const HookLane&) = delete;

  const std::string& address() const { return facts_.address; }
  State state();
  bool streams() const { return stream_ != nullptr && stream_->open(); }
  bool ejected() const { return timers_->Now() < ejected_until_; }
  // Has no stream, not even one that is ending.
  bool quiet() const { return stream_ == nullptr && leaving_.empty(); }
  size_t in_flight() const { return in_flight_; }
  PeerCount* peers() const { return peers_.get(); }

  bool CanTake(Hook hook, size_t bytes) const;
  // UNIMPLEMENTED while the address does not want this hook, else OK. Always OK for upgrade.
  absl::Status Wants(Hook hook) const;
  // Sees to the hook's deadline itself where it travels by a call of its own: its timer is
  // cancelled. REQUIRES: open, and there is room.
  void Send(PendingHook* hook);
  // The hook's timer fired. REQUIRES: it was sent here and not answered.
  void GiveUp(PendingHook* hook);

  // Sends nothing new from now on. The lane may go once nothing is in flight.
  void Leave(const std::string& why);

 private:
  bool TooLarge(size_t bytes) const;
  void OpenStream();
  void OpenLater(Duration after) { timers_->Schedule(&open_timer_, after); }
  void OnStreamOpened();
  void OnStreamLasted();
  void OnStreamLeft();
  void OnStreamEnded(HookStream* stream, const absl::Status& status,
                     const std::vector<PendingHook*>& lost);
  void WarnOfStream(const absl::Status& status, bool was_open);
  void Answered(PendingHook* hook, HookAnswer answer, bool by_call);
  bool StreamLasted() const;
  void Forget();

  const Facts facts_;
  const std::unique_ptr<HookConnection> connection_;
  ShardTimers* const timers_;
  metrics::Catalogue* const metrics_;
  const Callbacks callbacks_;
  const boost::intrusive_ptr<PeerCount> peers_{new PeerCount};

  std::unique_ptr<HookStream> stream_;                // greeting or open
  std::vector<std::unique_ptr<HookStream>> leaving_;  // their last answers are awaited
  bool unary_ = false;                                // calls, for lack of Session
  bool ready_ = false;                                // as calls last saw the connection
  bool failed_ = false;
  bool left_ = false;
  bool warned_ = false;    // of the failure that lasts
  uint32_t attempts_ = 0;  // since a stream lasted
  TimePoint opened_at_{};
  size_t in_flight_ = 0;
  int deadlines_in_a_row_ = 0;
  TimePoint ejected_until_{};
  std::array<TimePoint, metrics::kHooks> left_out_until_{};
  Timer open_timer_ = Timer::For<&HookLane::OpenStream>(this);
  Timer lasted_timer_ = Timer::For<&HookLane::OnStreamLasted>(this);  // while warned_
};

}  // namespace hookcast::hooks
