#include "broker/hooks/application/hook_lane.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/base/log.h"

namespace hookcast::hooks {
namespace {

constexpr Backoff kReopen{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};

uint64_t RandomBits() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return generator();
}

}  // namespace

HookLane::HookLane(Facts facts, std::unique_ptr<HookConnection> connection, ShardTimers* timers,
                   metrics::Catalogue* metrics, Callbacks callbacks)
    : facts_(std::move(facts)),
      connection_(std::move(connection)),
      timers_(timers),
      metrics_(metrics),
      callbacks_(std::move(callbacks)),
      unary_(facts_.mode == config::HookMode::kUnary) {
  connection_->state();  // begins to connect
  if (!unary_) OpenStream();
}

HookLane::State HookLane::state() {
  if (left_) return State::kFailed;
  if (!unary_) {
    if (stream_ != nullptr && stream_->open()) return State::kOpen;
    return failed_ ? State::kFailed : State::kConnecting;
  }
  switch (connection_->state()) {
    case HookConnection::State::kReady:
      ready_ = true;
      failed_ = false;
      return State::kOpen;
    case HookConnection::State::kTrying:
      if (std::exchange(ready_, false)) Forget();
      // A call that is made now waits in the connection until it is known.
      return failed_ ? State::kFailed : State::kOpen;
    case HookConnection::State::kFailed:
      break;
  }
  ready_ = false;
  if (!std::exchange(failed_, true)) Forget();
  return State::kFailed;
}

bool HookLane::CanTake(Hook hook, size_t bytes) const {
  if (unary_ || TooLarge(bytes)) return true;
  return stream_ != nullptr && stream_->CanTake(hook, bytes);
}

bool HookLane::TooLarge(size_t bytes) const {
  return bytes > kMostStreamedBytes || (streams() && bytes > stream_->most_event_bytes());
}

absl::Status HookLane::Wants(Hook hook) const {
  if (timers_->Now() >= left_out_until_[static_cast<size_t>(hook)]) return absl::OkStatus();
  return absl::UnimplementedError(
      "the application answered this hook with UNIMPLEMENTED less than 60 s ago");
}

void HookLane::Send(PendingHook* hook) {
  ++in_flight_;
  if (!unary_ && !TooLarge(hook->bytes)) return stream_->Send(hook);
  // The call ends by its own deadline: had the hook's timer a say too, the hook could be gone when
  // the call's answer comes.
  hook->deadline_timer.Cancel();
  const Duration waited =
      hook->hook == Hook::kUpgrade ? timers_->Now() - hook->began : Duration::zero();
  connection_->Call(
      std::move(hook->event), hook->deadline - waited,
      [this, hook](HookAnswer answer) { Answered(hook, std::move(answer), /*by_call=*/true); });
}

void HookLane::GiveUp(PendingHook* hook) {
  --in_flight_;
  // A stream may end by it, and go.
  if (stream_ != nullptr && stream_->GiveUp(hook)) return;
  for (const auto& stream : leaving_) {
    if (stream->GiveUp(hook)) return;
  }
}

void HookLane::Answered(PendingHook* hook, HookAnswer answer, bool by_call) {
  --in_flight_;
  const absl::Status& status = answer.status();
  if (absl::IsUnimplemented(status) && hook->hook != Hook::kUpgrade) {
    if (by_call && !unary_ && TooLarge(hook->bytes)) {
      // An application of streams alone. It wants this hook, as far as anybody knows.
      answer = absl::ResourceExhaustedError(absl::StrCat(
          "the event has ", hook->bytes,
          " bytes; beyond 1 MiB, or a quarter of the stream's "
          "credit, it is sent by a call of its own, and the application does not implement that"));
    } else {
      left_out_until_[static_cast<size_t>(hook->hook)] = timers_->Now() + kUnimplementedFor;
    }
  }
  if (by_call && absl::IsDeadlineExceeded(status)) {
    if (++deadlines_in_a_row_ >= kDeadlinesToEject) {
      if (!ejected()) {
        metrics_->addresses_ejected.Add();
        log::Warn("an address of an application is avoided: it does not answer in time",
                  {{"application", facts_.application}, {"address", facts_.address}});
      }
      ejected_until_ = timers_->Now() + kEjectedFor;
    }
  } else {
    deadlines_in_a_row_ = 0;
    ejected_until_ = {};
  }
  callbacks_.answered(hook, std::move(answer));
}

// Whoever answers next may be another one, and want what this one did not.
void HookLane::Forget() {
  left_out_until_ = {};
  if (facts_.mode == config::HookMode::kAuto && !left_) OpenLater(kReopen.first);
}

void HookLane::Leave(const std::string& why) {
  left_ = true;
  open_timer_.Cancel();
  lasted_timer_.Cancel();
  if (stream_ == nullptr) return;
  leaving_.push_back(std::move(stream_));
  leaving_.back()->Leave(why);
}

// ---- The stream --------------------------------------------------------------------------------

void HookLane::OpenStream() {
  if (left_ || stream_ != nullptr) return;
  stream_ = std::make_unique<HookStream>(
      connection_.get(), facts_.node, timers_, metrics_,
      HookStream::Callbacks{.opened = [this] { OnStreamOpened(); },
                            .answered =
                                [this](PendingHook* hook, HookAnswer answer) {
                                  Answered(hook, std::move(answer), /*by_call=*/false);
                                },
                            .freed = callbacks_.changed,
                            .left = [this] { OnStreamLeft(); },
                            .ended =
                                [this](HookStream* stream, const absl::Status& status,
                                       const std::vector<PendingHook*>& lost) {
                                  OnStreamEnded(stream, status, lost);
                                }});
}

void HookLane::OnStreamOpened() {
  unary_ = failed_ = false;
  opened_at_ = timers_->Now();
  if (warned_) timers_->Schedule(&lasted_timer_, kReopen.most);
  callbacks_.changed();
}

// Streams that end as soon as they are open are opened ever later, as those that never open.
bool HookLane::StreamLasted() const { return timers_->Now() - opened_at_ >= kReopen.most; }

// Nothing was told of those that did not last, neither that they opened nor that they were lost.
void HookLane::OnStreamLasted() {
  warned_ = false;
  log::Info("the stream to an application is open again",
            {{"application", facts_.application}, {"address", facts_.address}});
}

void HookLane::OnStreamLeft() {
  lasted_timer_.Cancel();
  leaving_.push_back(std::move(stream_));
  if (StreamLasted()) {
    attempts_ = 0;
    OpenStream();
  } else {
    OpenLater(kReopen.After(++attempts_, RandomBits()));
  }
  callbacks_.changed();
}

void HookLane::OnStreamEnded(HookStream* stream, const absl::Status& status,
                             const std::vector<PendingHook*>& lost) {
  const bool was_open = stream->was_open();
  const bool current = stream_.get() == stream;
  std::unique_ptr<HookStream> ended;
  if (current) {
    ended = std::move(stream_);
  } else {
    const auto found = std::find_if(leaving_.begin(), leaving_.end(),
                                    [&](const auto& other) { return other.get() == stream; });
    ended = std::move(*found);
    leaving_.erase(found);
  }
  if (current) lasted_timer_.Cancel();
  if (current && !left_) {
    if (absl::IsUnimplemented(status) && !was_open && facts_.mode == config::HookMode::kAuto) {
      if (!std::exchange(unary_, true)) {
        log::Info("the application has no Session; hooks are sent one by one",
                  {{"application", facts_.application}, {"address", facts_.address}});
      }
      failed_ = false;
      OpenLater(kUnimplementedFor);
    } else if (unary_) {
      OpenLater(kReopen.most);  // unary calls go on meanwhile
    } else {
      failed_ = true;
      left_out_until_ = {};
      if (was_open && StreamLasted()) attempts_ = 0;
      WarnOfStream(status, was_open);
      OpenLater(kReopen.After(++attempts_, RandomBits()));
    }
  }
  const absl::Status lost_status = absl::UnavailableError(
      absl::StrCat("the stream to the application was lost: ", std::string(status.message())));
  for (PendingHook* const hook : lost) {
    --in_flight_;
    callbacks_.answered(hook, lost_status);
  }
  callbacks_.changed();
}

// Once until a stream lasts again: an application that is away is no news every second.
void HookLane::WarnOfStream(const absl::Status& status, bool was_open) {
  if (was_open) metrics_->hook_streams_lost.Add();
  if (std::exchange(warned_, true)) return;
  log::Warn(was_open ? "the stream to an application was lost"
                     : "an application cannot be reached by a stream",
            {{"application", facts_.application},
             {"address", facts_.address},
             {"error", status.ToString()}});
}

}  // namespace hookcast::hooks
