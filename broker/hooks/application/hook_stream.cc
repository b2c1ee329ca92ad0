#include "broker/hooks/application/hook_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::hooks {
namespace {

constexpr uint32_t kVersion = 1;
// A few large events alone, whose handlers are slow, do not condemn an application.
constexpr size_t kFewestToEnd = 8;

}  // namespace

HookStream::HookStream(HookConnection* connection, const std::string& node, ShardTimers* timers,
                       metrics::Catalogue* metrics, Callbacks callbacks)
    : timers_(timers), metrics_(metrics), callbacks_(std::move(callbacks)) {
  call_ = connection->StartSession(this);
  v1::SessionRequest hello;
  hello.mutable_hello()->set_version(kVersion);
  hello.mutable_hello()->set_node(node);
  call_->WriteControl(std::move(hello));
  timers_->Schedule(&patience_timer_, kWelcomeWithin);
}

HookStream::~HookStream() {
  if (was_open()) metrics_->hook_streams.Add(-1);
}

// ---- Out ---------------------------------------------------------------------------------------

bool HookStream::CanTake(Hook hook, size_t bytes) const {
  if (state_ != State::kOpen) return false;
  if (awaited_.events == 0) return true;
  if (owed_.events >= credit_.events || owed_.bytes + bytes > credit_.bytes) return false;
  if (IsUrgent(hook)) return true;
  const auto part = [](size_t whole) { return whole - whole / 10; };
  return owed_ordinary_.events < part(credit_.events) &&
         owed_ordinary_.bytes + bytes <= part(credit_.bytes);
}

void HookStream::Send(PendingHook* hook) {
  // Where an attempt before was given up, its answer may still come: it is as good as this one's.
  Unanswered& unanswered = unanswered_[hook->event_id];
  unanswered.hook = hook;
  unanswered.urgent = IsUrgent(hook->hook);
  unanswered.sent.Add(hook->bytes);
  owed_.Add(hook->bytes);
  awaited_.Add(hook->bytes);
  if (!unanswered.urgent) owed_ordinary_.Add(hook->bytes);
  call_->Write(std::move(hook->event));
}

bool HookStream::GiveUp(PendingHook* hook) {
  const auto found = unanswered_.find(hook->event_id);
  if (found == unanswered_.end() || found->second.hook != hook) return false;
  found->second.hook = nullptr;
  awaited_.Remove(hook->bytes);
  const Load given_up = GivenUp();
  if (given_up.events * 2 >= credit_.events ||
      (given_up.bytes * 2 >= credit_.bytes && given_up.events >= kFewestToEnd)) {
    End(absl::DeadlineExceededError(absl::StrCat("the application owes answers to ",
                                                 given_up.events, " events of ", given_up.bytes,
                                                 " bytes, half of its credit")));
  } else {
    EndWhenAnswered();
  }
  return true;
}

void HookStream::Leave(const std::string& why) {
  if (state_ == State::kGreeting) return End(absl::CancelledError(why));
  if (state_ != State::kOpen) return;
  state_ = State::kLeaving;
  v1::SessionRequest go_away;
  go_away.mutable_go_away()->set_reason(why);
  call_->WriteControl(std::move(go_away));
  timers_->Schedule(&leave_timer_, kLeaveWithin);
  EndWhenAnswered();
}

void HookStream::SendPing() {
  v1::SessionRequest ping;
  ping.mutable_ping()->set_number(++last_ping_);
  call_->WriteControl(std::move(ping));
  if (!silence_timer_.scheduled()) timers_->Schedule(&silence_timer_, kPongWithin);
  timers_->Schedule(&ping_timer_, kPingEvery);
}

// ---- In ----------------------------------------------------------------------------------------

void HookStream::OnNews(SessionNews news) {
  if (state_ == State::kEnded) return;
  silence_timer_.Cancel();  // whatever it says, it lives
  if (auto* answers = std::get_if<Answers>(&news)) {
    if (state_ == State::kGreeting) {
      return End(absl::InvalidArgumentError(
          "the application answered before its welcome; welcome is a stream's first message"));
    }
    return OnAnswers(std::move(*answers));
  }
  if (const auto* welcome = std::get_if<Welcome>(&news)) return OnWelcome(*welcome);
  if (const auto* ping = std::get_if<Ping>(&news)) {
    if (writes_done_) return;
    v1::SessionRequest pong;
    pong.mutable_pong()->set_number(ping->number);
    return call_->WriteControl(std::move(pong));
  }
  if (const auto* go_away = std::get_if<GoAway>(&news)) return OnGoAway(*go_away);
}

void HookStream::OnWelcome(const Welcome& welcome) {
  if (state_ != State::kGreeting) {
    return End(absl::InvalidArgumentError(
        "the application sent a second welcome; it is sent once, first of all"));
  }
  state_ = State::kOpen;
  patience_timer_.Cancel();
  credit_ = {welcome.credit_events, welcome.credit_bytes};
  metrics_->hook_streams.Add(1);
  timers_->Schedule(&ping_timer_, kPingEvery);
  callbacks_.opened();
}

// A callback may send on this stream again, and may leave it, but does not end it.
void HookStream::OnAnswers(Answers answers) {
  bool freed = false;
  for (auto& [id, answer] : answers.by_event) {
    const auto found = unanswered_.find(id);
    if (found == unanswered_.end()) {
      metrics_->hook_answers_ignored.Add();
      continue;
    }
    Load& sent = found->second.sent;
    const size_t bytes = sent.bytes / sent.events;
    owed_.Remove(bytes);
    if (!found->second.urgent) owed_ordinary_.Remove(bytes);
    sent.Remove(bytes);
    PendingHook* const hook = std::exchange(found->second.hook, nullptr);
    if (sent.events == 0) unanswered_.erase(found);
    if (hook == nullptr) {
      freed = true;
      metrics_->hook_answers_ignored.Add();
      continue;
    }
    awaited_.Remove(hook->bytes);
    callbacks_.answered(hook, std::move(answer));
  }
  if (freed) callbacks_.freed();
  EndWhenAnswered();
}

void HookStream::OnGoAway(const GoAway& go_away) {
  if (state_ == State::kGreeting) {
    return End(absl::UnavailableError(absl::StrCat("the application goes away: ", go_away.reason)));
  }
  if (state_ != State::kOpen) return;
  state_ = State::kLeaving;
  timers_->Schedule(&leave_timer_, kLeaveWithin);
  callbacks_.left();
  EndWhenAnswered();
}

// ---- The end -----------------------------------------------------------------------------------

// The call is finished in order where both have said all they had to.
void HookStream::EndWhenAnswered() {
  if (state_ != State::kLeaving || awaited_.events > 0) return;
  if (std::exchange(writes_done_, true)) return;
  ping_timer_.Cancel();
  silence_timer_.Cancel();
  call_->WritesDone();
}

void HookStream::OnSilence() {
  metrics_->hook_streams_stalled.Add();
  End(absl::UnavailableError("the application did not answer a ping"));
}

void HookStream::OnNoWelcome() {
  End(absl::UnavailableError(
      "the application took a Session call and sent no welcome; it is a stream's first message"));
}

void HookStream::OnLeftTooLong() {
  End(absl::UnavailableError("the application did not answer all that it was sent before"));
}

void HookStream::OnEnded(const absl::Status& status) {
  if (status.ok() && (state_ != State::kLeaving || awaited_.events > 0)) {
    return End(absl::UnavailableError("the application ended the stream"));
  }
  End(status);
}

void HookStream::End(const absl::Status& status) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  for (Timer* timer : {&ping_timer_, &silence_timer_, &patience_timer_, &leave_timer_}) {
    timer->Cancel();
  }
  std::vector<PendingHook*> lost;
  for (const auto& [id, unanswered] : unanswered_) {
    if (unanswered.hook != nullptr) lost.push_back(unanswered.hook);
  }
  unanswered_.clear();
  call_.reset();
  const auto ended = std::move(callbacks_.ended);
  ended(this, status, lost);  // may destroy this stream
}

}  // namespace hookcast::hooks
