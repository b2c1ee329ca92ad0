#include "edge/session.h"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/base/close_code.h"
#include "broker/base/log.h"

namespace hookcast::edge {
namespace {

using hooks::CloseDetails;
using hooks::DrainEvent;
using hooks::ErrorEvent;
using hooks::ErrorKind;
using hooks::Hook;
using hooks::PeerEvent;

uint64_t RandomBits() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return generator();
}

}  // namespace

Session::Session(Shard* shard, RouteBinding* binding, PeerId id, uint32_t max_topics,
                 std::unique_ptr<pubsub::PeerFacts> facts, std::string context)
    : Peer(id, max_topics),
      shard_(shard),
      binding_(binding),
      facts_(std::move(facts)),
      context_(std::move(context)),
      rate_(PeerRate::For(binding->route->limits, shard->reactor().Now())) {}

Session::~Session() {
  shard_->hub().Remove(this);
  if (agenda_ == nullptr) return;
  metrics::Catalogue& metrics = shard_->metrics();
  metrics.events_waiting.Add(-static_cast<int64_t>(agenda_->events().size()));
  if (agenda_->in_flight) metrics.hooks_in_flight.Add(-1);
}

void Session::Start(std::unique_ptr<Transport> transport, std::string_view resume_text) {
  transport_ = std::move(transport);
  pubsub::Hub& hub = shard_->hub();
  hub.Add(this, facts_->ns);
  shard_->metrics().peers_opened.Add();
  hooks::OpenEvent open;
  if (!resume_text.empty() && hub.backplane().KeepsHistory(facts_->ns)) {
    replay_ = std::make_unique<Replay>(shard_, transport_.get(), this);
    open.resume = replay_->AwaitOpen(resume_text);
  }
  if (!binding_->policy.Wants(Hook::kOpen)) return Opened();
  Add({.what = std::move(open)});
}

void Session::Shutdown() {
  if (!closed_) {
    transport_->Close(kCloseServiceRestart, "this node takes no more clients; connect again",
                      hooks::ClosedBy::kNode);
  }
}

// ---- What the broker orders --------------------------------------------------------------------

bool Session::Deliver(const pubsub::Message& message) {
  // Taken all the same: the replay gives it.
  if (replay_ != nullptr && replay_->Holds(message)) return transport_->open();
  if (closed_ || !transport_->Deliver(message)) return false;
  ++sent_messages_;
  return true;
}

bool Session::Send(const pubsub::Data& data) {
  if (closed_ || !transport_->Send(data)) return false;
  ++sent_messages_;
  shard_->metrics().sent.Add();
  return true;
}

void Session::ReplayTopic(std::string_view topic, pubsub::Position since) {
  if (closed_) return;
  if (replay_ == nullptr) {
    replay_ = std::make_unique<Replay>(shard_, transport_.get(), this);
    // To whom nothing was sent yet, everything can be given from there on.
    if (!opened_ && sent_messages_ == 0) replay_->AwaitOpen();
  }
  replay_->AddTopic(topic, since);
}

void Session::OnUnsubscribed(std::string_view topic) {
  if (replay_ != nullptr) replay_->Forget(topic);
}

void Session::Close(uint16_t code, std::string_view reason) {
  if (!closed_) transport_->Close(code, reason, hooks::ClosedBy::kApplication);
}

void Session::Terminate() {
  if (!closed_) transport_->Terminate(hooks::ClosedBy::kApplication);
}

void Session::OnMissed(std::optional<uint64_t> lost) {
  if (closed_ || transport_->TellGap(lost)) return;
  if (binding_->route->on_gap == config::OnGap::kClose) {
    return transport_->Close(kCloseTryAgainLater, "messages between nodes were missed",
                             hooks::ClosedBy::kNode);
  }
  AddTrouble(Agenda::Trouble::kMissed, lost);
}

pubsub::PeerCounts Session::counts() const {
  return {.queued_bytes = released_ ? 0 : transport_->queued_bytes(),
          .received_messages = received_messages_,
          .sent_messages = sent_messages_,
          .pending_hooks = agenda_ == nullptr ? 0 : agenda_->events().size()};
}

// ---- What the connection tells -----------------------------------------------------------------

bool Session::OnMessage(pubsub::DataKind kind, std::string_view payload) {
  if (IsTooMuch(payload.size())) return true;
  TakeMessage(kind, payload);
  if (!binding_->policy.Wants(Hook::kMessage)) return true;
  paused_ = !TakesMore();
  if (paused_ && rate_ != nullptr) rate_->Pause(shard_->reactor().Now());
  return !paused_;
}

void Session::TakeMessage(pubsub::DataKind kind, std::string_view payload) {
  ++received_messages_;
  shard_->metrics().messages_received.Add();
  Add({.what = hooks::MessageEvent{{.kind = kind, .payload = Bytes::Copy(payload)}}});
}

Session::Posted Session::Post(std::string_view path, pubsub::DataKind kind,
                              std::string_view payload) {
  if (closed_ || !transport_->open()) return Posted::kUnknown;
  if (max_post_bytes_ == 0 || facts_->path() != path) return Posted::kUnknown;
  const size_t rate = binding_->route->limits.bytes_per_second;
  const bool never = rate != 0 && payload.size() > rate * PeerRate::kSecondsAtOnce;
  if (payload.size() > max_post_bytes_ || never) return Posted::kTooLarge;
  if (!TakesMore()) return Posted::kTooMuch;
  if (rate_ != nullptr && rate_->Count(payload.size(), shard_->reactor().Now())) {
    return Posted::kTooMuch;
  }
  TakeMessage(kind, payload);
  return Posted::kTaken;
}

void Session::OnControlFrame(size_t bytes) { IsTooMuch(bytes); }

bool Session::IsTooMuch(size_t bytes) {
  if (rate_ == nullptr || closed_) return false;
  const auto limit = rate_->Count(bytes, shard_->reactor().Now());
  if (!limit) return false;
  shard_->metrics().over_limit.Add(*limit);
  const config::RouteLimits& limits = binding_->route->limits;
  const std::string reason =
      *limit == metrics::PeerLimit::kMessagesPerSecond
          ? absl::StrCat("more than ", limits.messages_per_second, " messages a second")
          : absl::StrCat("more than ", limits.bytes_per_second, " bytes a second");
  Add({.what =
           ErrorEvent{ErrorKind::kLimit, absl::StrCat("the client sent ", reason),
                      CloseDetails{kClosePolicyViolation, reason, hooks::ClosedBy::kNode, false}}});
  transport_->Close(kClosePolicyViolation, reason, hooks::ClosedBy::kNode);
  return true;
}

void Session::OnGap(uint64_t lost) { AddTrouble(Agenda::Trouble::kSlow, lost); }

void Session::OnDrained(size_t queued_bytes) {
  const auto is_drain = [](const PeerEvent& event) { return event.hook() == Hook::kDrain; };
  PeerEvent* const waiting = agenda_ == nullptr ? nullptr : agenda_->FindWaiting(is_drain);
  if (waiting != nullptr) {
    waiting->what = DrainEvent{queued_bytes};
    return;
  }
  Add({.what = DrainEvent{queued_bytes}});
}

void Session::OnSpace() {
  if (replay_ == nullptr) return;
  std::optional<Replay::Joined> joined = replay_->Run();
  sent_messages_ += replay_->TakeGiven();
  if (!joined) return;
  replay_.reset();
  transport_->TellPosition();
  if (joined->came_back) {
    Add({.what = hooks::ResumeEvent{joined->position, joined->replayed, joined->gap}});
  } else if (joined->gap && !joined->gap_told) {
    Add({.what = ErrorEvent{ErrorKind::kLimit,
                            absl::StrCat("some of what \"", joined->topic,
                                         "\" is to be replayed since is not held any more"),
                            std::nullopt}});
  }
}

std::string Session::ResumeId() const {
  if (replay_ != nullptr) return replay_->ResumeId();
  const std::optional<pubsub::Position> cursor = shard_->hub().Cursor(facts_->ns);
  return cursor ? pubsub::ResumeId(facts_->ns, *cursor) : std::string();
}

void Session::OnProtocolError(ErrorEvent error) { Add({.what = std::move(error)}); }

void Session::OnClosed(CloseDetails details) {
  if (std::exchange(closed_, true)) return;
  replay_.reset();
  std::vector<std::string> topics = membership().Topics();
  shard_->hub().Remove(this, &details);
  log::Debug("peer closed", {{"peer", id().ToString()},
                             {"namespace", facts_->ns},
                             {"code", details.code},
                             {"clean", details.was_clean}});
  Add({.what = hooks::CloseEvent{std::move(details), std::move(topics)}});
  if (!binding_->policy.Wants(Hook::kClose)) close_told_ = true;
  // Nobody is left who would have to hear; what remains of the reply may publish.
  if (agenda_ != nullptr && std::exchange(agenda_->reply.awaits_heard, false)) CarryOut();
  MaybeEnd();
}

// What the transport still holds is of no use to the hooks that wait.
void Session::OnReleased() {
  released_ = true;
  shard_->reactor().DisposeLater(std::move(transport_));
  MaybeEnd();
}

// ---- Hooks, one at a time ----------------------------------------------------------------------

uint64_t Session::Add(PeerEvent event, bool next) {
  if (!binding_->policy.Wants(event.hook())) return 0;
  if (agenda_ == nullptr) {
    agenda_ = std::make_unique<Agenda>([this] { return Timer::For<&Session::SendFirst>(this); });
  }
  const uint64_t number = ++last_event_;
  event.number = number;
  shard_->metrics().events_waiting.Add(1);
  agenda_->Add(std::move(event), next);
  Pump();
  return number;
}

// Clients may answer before Call returns; the loop, rather than the stack, carries that on.
void Session::Pump() {
  if (std::exchange(pumping_, true)) return;
  while (agenda_ != nullptr && !agenda_->begun && !agenda_->events().empty()) {
    agenda_->begun = true;
    SendFirst();
  }
  pumping_ = false;
  if (agenda_ != nullptr && agenda_->events().empty()) agenda_.reset();
  if (paused_ && !closed_ && TakesMore()) {
    paused_ = false;
    if (rate_ != nullptr) rate_->Resume(shard_->reactor().Now());
    transport_->ResumeReading();
  }
  MaybeEnd();
}

void Session::SendFirst() {
  const PeerEvent& event = agenda_->first();
  shard_->metrics().hooks_sent.Add(event.hook());
  shard_->metrics().hooks_in_flight.Add(1);
  agenda_->in_flight = true;
  binding_->client->Call(
      *this, event, &affinity_, binding_->policy.deadline(event.hook()),
      [this](absl::StatusOr<hooks::HookReply> reply) { OnReply(std::move(reply)); });
}

void Session::OnReply(absl::StatusOr<hooks::HookReply> reply) {
  if (reply.ok() && reply->context) {
    const absl::Status status =
        hooks::CheckContext(*reply->context, binding_->route->limits.context);
    if (!status.ok()) reply = status;
  }
  metrics::Catalogue& metrics = shard_->metrics();
  PeerEvent& event = agenda_->first();
  const Hook hook = event.hook();
  metrics.hooks_in_flight.Add(-1);
  agenda_->in_flight = false;
  metrics.hook_results.Add(hooks::ResultOf(reply.status()));

  if (!reply.ok() && reply.status().code() != absl::StatusCode::kUnimplemented) {
    const auto pause =
        binding_->policy.RetryAfter(hook, reply.status(), event.attempt, RandomBits());
    const bool give_up = hook == Hook::kClose && shard_->too_many_leaving();
    if (pause && !give_up) {
      ++event.attempt;
      metrics.hook_retries.Add();
      shard_->reactor().Schedule(&agenda_->retry, *pause);
      return;
    }
    OnFailure(reply.status());
    return FinishFirst();
  }
  if (reply.ok()) {
    if (reply->context) context_ = *std::move(reply->context);
    agenda_->reply.actions = std::move(reply->actions);
  }
  CarryOut();
}

void Session::Opened() {
  opened_ = true;
  if (closed_) return;
  if (replay_ != nullptr) return replay_->Begin();
  // A new client, whose subscriptions start now.
  if (membership().topic_count() > 0 && shard_->hub().Cursor(facts_->ns)) {
    transport_->TellPosition();
  }
}

void Session::OnFailure(const absl::Status& status) {
  const Hook hook = agenda_->first().hook();
  shard_->metrics().dropped.Add(metrics::Drop::kHookGivenUp);
  shard_->WarnOfHook(binding_, metrics::NameOf(hook), status);
  if (hook == Hook::kOpen) {
    DropWaitingMessages();
    if (!closed_) {
      transport_->Close(kCloseInternalError, "the application could not open this connection",
                        hooks::ClosedBy::kNode);
    }
  }
  if (hook == Hook::kMessage) {
    Add({.what =
             ErrorEvent{ErrorKind::kHook,
                        absl::StrCat("the message hook failed: ", std::string(status.message())),
                        std::nullopt}},
        /*next=*/true);
    if (binding_->policy.CloseOnMessageError() && !closed_) {
      transport_->Close(kCloseInternalError, "the application could not take a message",
                        hooks::ClosedBy::kNode);
    }
  }
}

// An application that could not open a peer is not asked what it thinks of its messages.
void Session::DropWaitingMessages() {
  const size_t dropped = agenda_->DropMessages();
  shard_->metrics().events_waiting.Add(-static_cast<int64_t>(dropped));
  shard_->metrics().dropped.Add(metrics::Drop::kNotOpened, dropped);
}

void Session::CarryOut() {
  Agenda::Reply& reply = agenda_->reply;
  while (reply.next < reply.actions.size()) {
    hooks::Action& action = reply.actions[reply.next++];
    const bool subscribes = std::holds_alternative<hooks::SubscribeAction>(action);
    const absl::Status status = Execute(std::move(action));
    if (status.ok()) {
      if (subscribes && AwaitHeard()) return;
      continue;
    }
    shard_->metrics().dropped.Add(metrics::Drop::kAction);
    if (reply.first_error.ok()) {
      reply.first_error = absl::Status(
          status.code(), absl::StrCat("action ", reply.next, ": ", std::string(status.message())));
    }
  }
  FinishReply();
}

// An error of the error hook's own reply is not told to it: that would have no end.
absl::Status Session::Execute(hooks::Action action) {
  hooks::ActionExecutor::NotTaken not_taken;
  const bool told = binding_->policy.Wants(Hook::kError) && agenda_->first().hook() != Hook::kError;
  if (told && std::holds_alternative<hooks::PublishAction>(action)) {
    not_taken = [shard = shard_, peer = id()](absl::Status status) {
      shard->WithSession(peer, [status = std::move(status)](Session* session) {
        if (session != nullptr) session->OnNotTaken(status);
      });
    };
  }
  return shard_->executor().Execute(std::move(action), shard_->hub(), *this, std::move(not_taken));
}

// False where there is nothing to wait for. The answer comes by the loop, never from inside this
// call.
bool Session::AwaitHeard() {
  Agenda::Reply& reply = agenda_->reply;
  pubsub::Backplane& backplane = shard_->hub().backplane();
  // Where it was waited for in vain, that was said of the topics it had then.
  const bool said = reply.unheard && membership().topic_count() > 1;
  if (closed_ || said || backplane.Hears(facts_->ns)) return false;
  reply.awaits_heard = true;
  backplane.AwaitHeard(facts_->ns, [shard = shard_, peer = id()](bool heard) {
    shard->reactor().loop().Post([shard, peer, heard] {
      shard->WithSession(peer, [heard](Session* session) {
        if (session != nullptr) session->OnHeard(heard);
      });
    });
  });
  return true;
}

void Session::OnHeard(bool heard) {
  agenda_->reply.awaits_heard = false;
  // Who was unsubscribed meanwhile misses nothing, and what it subscribes to next is awaited anew.
  if (!heard && membership().topic_count() > 0) {
    agenda_->reply.unheard = true;
    OnMissed(std::nullopt);
  }
  CarryOut();
}

void Session::OnNotTaken(const absl::Status& status) {
  AddTrouble(Agenda::Trouble::kNotTaken, 1, status);
}

void Session::FinishReply() {
  const absl::Status error = std::exchange(agenda_->reply, {}).first_error;
  const Hook hook = agenda_->first().hook();
  // As Execute has it.
  if (!error.ok() && hook != Hook::kError) {
    Add({.what = ErrorEvent{ErrorKind::kAction, std::string(error.message()), std::nullopt}},
        /*next=*/true);
  }
  if (hook == Hook::kOpen) Opened();
  FinishFirst();
}

void Session::AddTrouble(Agenda::Trouble trouble, std::optional<uint64_t> count,
                         const absl::Status& why) {
  if (!binding_->policy.Wants(Hook::kError)) return;
  if (agenda_ != nullptr && agenda_->AddToTrouble(trouble, count, why)) return;
  const uint64_t number = Add({.what = Agenda::Describe(trouble, count, why)});
  if (agenda_ == nullptr) return;  // it was answered already
  agenda_->NoteTrouble(trouble, count, why, number);
}

void Session::FinishFirst() {
  if (agenda_->first().hook() == Hook::kClose) close_told_ = true;
  agenda_->RemoveFirst();
  agenda_->begun = false;
  shard_->metrics().events_waiting.Add(-1);
  Pump();
}

// Beyond the peer's own window, what it sends waits while other shards are behind.
bool Session::TakesMore() {
  if (!WindowIsOpen()) return false;
  if (!shard_->congested()) return true;
  if (!std::exchange(held_back_, true)) shard_->HoldBack(id());
  return false;
}

void Session::ReadAgain() {
  held_back_ = false;
  Pump();
}

// The event that has begun does not count: it waits no more.
bool Session::WindowIsOpen() const {
  if (agenda_ == nullptr) return true;
  const config::HookWindow& window = binding_->route->hook_window;
  const Agenda::Waiting waiting = agenda_->waiting();
  return waiting.events < static_cast<size_t>(window.messages) && waiting.bytes < window.bytes;
}

void Session::MaybeEnd() {
  if (!released_ || !close_told_ || pumping_) return;
  if (agenda_ != nullptr && !agenda_->events().empty()) return;
  if (std::exchange(ended_, true)) return;
  shard_->Retire(this);
}

}  // namespace hookcast::edge
