#include "broker/hooks/application/application_client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "broker/base/log.h"
#include "broker/hooks/hook_failure.h"
#include "broker/hooks/hook_requests.h"

namespace hookcast::hooks {
namespace {

constexpr Duration kDropInterval = std::chrono::seconds(1);

std::string Text(Duration duration) { return absl::FormatDuration(absl::FromChrono(duration)); }

template <typename Expected, typename Done>
void Deliver(HookAnswer answer, Done& done) {
  if (!answer.ok()) return done(answer.status());
  if (auto* expected = std::get_if<Expected>(&*answer)) return done(std::move(*expected));
  done(absl::InvalidArgumentError(
      "the application answered an upgrade by reply, or another hook by upgrade"));
}

}  // namespace

ApplicationClient::ApplicationClient(Settings settings, Links links)
    : settings_(std::move(settings)),
      links_(std::move(links)),
      breaker_(settings_.breaker.failures, settings_.breaker.pause) {}

// Lanes first: they point at the hooks, and tell nothing once they are gone.
ApplicationClient::~ApplicationClient() {
  lanes_.clear();
  left_.clear();
  urgent_.clear();
  ordinary_.clear();
  links_.application->in_flight->Add(-static_cast<int64_t>(in_flight_));
  links_.application->waiting->Add(-static_cast<int64_t>(waiting_));
  if (breaker_.open()) links_.application->breakers_open->Add(-1);
}

// ---- Addresses ---------------------------------------------------------------------------------

void ApplicationClient::OnAddresses(const absl::StatusOr<std::vector<std::string>>& addresses) {
  if (ending_) return;
  looked_up_ = true;
  resolution_ = addresses.status();
  if (!addresses.ok()) return Pump();  // what is connected stays
  for (const std::string& address : *addresses) {
    const bool known = std::any_of(lanes_.begin(), lanes_.end(), [&](const Place& place) {
      return place.lane->address() == address;
    });
    if (!known) AddLanes(address);
  }
  const auto is_gone = [&](Place& place) {
    if (std::find(addresses->begin(), addresses->end(), place.lane->address()) !=
        addresses->end()) {
      place.missing = 0;
      return false;
    }
    // A name server may answer with some of many addresses at a time.
    return ++place.missing >= kMissingAtMost || place.lane->state() == HookLane::State::kFailed;
  };
  for (size_t i = lanes_.size(); i-- > 0;) {
    if (!is_gone(lanes_[i])) continue;
    std::unique_ptr<HookLane> lane = std::move(lanes_[i].lane);
    lanes_.erase(lanes_.begin() + static_cast<ptrdiff_t>(i));
    lane->Leave("this address is not the application's any more");
    left_.push_back(std::move(lane));
  }
  DropLeftLanes();
  Pump();
}

void ApplicationClient::AddLanes(const std::string& address) {
  const int lanes = settings_.mode == config::HookMode::kUnary ? 1 : settings_.sessions;
  for (int i = 0; i < lanes; ++i) {
    lanes_.push_back({std::make_unique<HookLane>(
        HookLane::Facts{settings_.target, address, settings_.node, settings_.mode},
        links_.connect(address, i), links_.timers, links_.metrics,
        HookLane::Callbacks{
            .changed = [this] { OnLaneChanged(); },
            .answered = [this](PendingHook* hook,
                               HookAnswer answer) { OnAnswered(hook, std::move(answer)); }})});
  }
}

// Never from a lane's own callbacks.
void ApplicationClient::DropLeftLanes() {
  left_.erase(
      std::remove_if(left_.begin(), left_.end(),
                     [](const auto& lane) { return lane->in_flight() == 0 && lane->quiet(); }),
      left_.end());
  if (!left_.empty()) links_.timers->Schedule(&drop_timer_, kDropInterval);
}

void ApplicationClient::Leave(absl::AnyInvocable<void()> done) {
  ending_ = looked_up_ = true;  // nothing is waited for any more
  for (Place& place : lanes_) place.lane->Leave("the node is shutting down");
  all_left_ = std::move(done);
  OnLaneChanged();
}

void ApplicationClient::OnLaneChanged() {
  Pump();
  if (all_left_ == nullptr) return;
  for (const Place& place : lanes_) {
    if (!place.lane->quiet()) return;
  }
  std::exchange(all_left_, nullptr)();
}

// ---- Hooks -------------------------------------------------------------------------------------

PendingHook* ApplicationClient::Begin(Duration deadline) {
  hooks_.push_back(std::make_unique<PendingHook>(
      this, [](ApplicationClient* client, PendingHook* hook) { client->OnDeadline(hook); }));
  PendingHook* const hook = hooks_.back().get();
  hook->place = hooks_.size() - 1;
  hook->deadline = deadline;
  hook->began = links_.timers->Now();
  return hook;
}

void ApplicationClient::Upgrade(const UpgradeEvent& event, Duration deadline, UpgradeDone done) {
  PendingHook* const hook = Begin(deadline);
  hook->hook = Hook::kUpgrade;
  ToRequest(event, settings_.node, hook->event.mutable_upgrade());
  hook->done = [done = std::move(done)](HookAnswer answer) mutable {
    Deliver<UpgradeVerdict>(std::move(answer), done);
  };
  // A client waits: time in line counts.
  links_.timers->Schedule(&hook->deadline_timer, deadline);
  Submit(hook);
}

void ApplicationClient::Call(const pubsub::Peer& peer, const PeerEvent& event, Affinity* affinity,
                             Duration deadline, HookDone done) {
  PendingHook* const hook = Begin(deadline);
  hook->hook = event.hook();
  hook->affinity = affinity;
  ToSessionEvent(peer, event, settings_.node, &hook->event);
  hook->done = [done = std::move(done)](HookAnswer answer) mutable {
    Deliver<HookReply>(std::move(answer), done);
  };
  Submit(hook);
}

void ApplicationClient::Submit(PendingHook* hook) {
  hook->event_id = EventIdOf(hook->event);
  hook->bytes = hook->event.ByteSizeLong();
  // `done` of a hook that fails at once may submit the next: the loop in Pump, rather than the
  // stack, carries it on.
  if (sending_ || !LineFor(hook->hook).empty()) return AddToLine(hook);
  sending_ = true;
  const Sent sent = TrySend(hook);
  sending_ = false;
  if (sent == Sent::kNotNow) AddToLine(hook);
  if (sent == Sent::kRefused) Pump();
}

// Peers bound what waits of them; connections that are no peers yet have this bound alone.
void ApplicationClient::AddToLine(PendingHook* hook) {
  if (hook->hook == Hook::kUpgrade && waiting_upgrades_ >= kMostWaitingUpgrades) {
    return Complete(hook, NeverSent("too many connections wait for the application already"));
  }
  if (hook->hook == Hook::kUpgrade) ++waiting_upgrades_;
  LineFor(hook->hook).push_back(*hook);
  ++waiting_;
  links_.application->waiting->Add(1);
}

ApplicationClient::Line& ApplicationClient::LineFor(Hook hook) {
  return IsUrgent(hook) ? urgent_ : ordinary_;
}

// kNotNow leaves the hook as it was; otherwise it is on its way, or was completed.
ApplicationClient::Sent ApplicationClient::TrySend(PendingHook* hook) {
  const bool urgent = IsUrgent(hook->hook);
  bool hopeful = false;
  HookLane* const lane = Choose(*hook, &hopeful);
  if (lane == nullptr && !hopeful) {
    links_.look_again();
    Complete(hook, WhyNobody());
    return Sent::kRefused;
  }
  const size_t most = settings_.max_in_flight;
  if (lane == nullptr || in_flight_ >= most) return Sent::kNotNow;
  if (!urgent && ordinary_in_flight_ + most / 10 >= most) return Sent::kNotNow;
  if (absl::Status wanted = lane->Wants(hook->hook); !wanted.ok()) {
    Complete(hook, std::move(wanted));
    return Sent::kRefused;
  }
  if (!breaker_.Allow(links_.timers->Now())) {
    Complete(hook, NeverSent(absl::StrCat("the application is left alone for ",
                                          Text(settings_.breaker.pause), ": it gave no answer ",
                                          settings_.breaker.failures, " times in a row")));
    return Sent::kRefused;
  }
  ++in_flight_;
  if (!urgent) ++ordinary_in_flight_;
  links_.application->in_flight->Add(1);
  hook->lane = lane;
  hook->attempt = breaker_.open();
  if (hook->affinity != nullptr && hook->affinity->place() != lane->peers()) {
    hook->affinity->MoveTo(lane->peers());
  }
  if (hook->hook != Hook::kUpgrade) {
    links_.timers->Schedule(&hook->deadline_timer, hook->deadline);
  }
  lane->Send(hook);
  return Sent::kYes;
}

absl::Status ApplicationClient::WhyNobody() const {
  if (!resolution_.ok() && lanes_.empty()) {
    return NeverSent(absl::StrCat("the application's address cannot be found: ",
                                  std::string(resolution_.message())));
  }
  if (lanes_.empty()) return NeverSent("the application's name has no address");
  return NeverSent("no address of the application can be reached");
}

// Null where no lane has room now; `hopeful` says whether one may have later.
HookLane* ApplicationClient::Choose(const PendingHook& hook, bool* hopeful) {
  if (lanes_.empty()) {
    *hopeful = !looked_up_;
    return nullptr;
  }
  HookLane* own = nullptr;
  HookLane* best = nullptr;
  const auto goes_before = [](const HookLane& a, const HookLane& b) {
    if (a.ejected() != b.ejected()) return b.ejected();
    if (a.peers()->peers != b.peers()->peers) return a.peers()->peers < b.peers()->peers;
    return a.in_flight() < b.in_flight();
  };
  ++turn_;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    HookLane* const lane = lanes_[(turn_ + i) % lanes_.size()].lane.get();
    const HookLane::State state = lane->state();
    if (state == HookLane::State::kFailed) continue;
    *hopeful = true;
    if (state != HookLane::State::kOpen || !lane->CanTake(hook.hook, hook.bytes)) continue;
    if (hook.affinity != nullptr && hook.affinity->place() == lane->peers()) own = lane;
    if (best == nullptr || goes_before(*lane, *best)) best = lane;
  }
  if (own == nullptr || own->ejected()) return best;
  const size_t fewest = best->peers()->peers;
  return own->peers()->peers > fewest + fewest / 8 + 1 ? best : own;
}

// ---- The line ----------------------------------------------------------------------------------

// In turns, so that a flood of upgrades does not keep the peers there are from being served.
void ApplicationClient::Pump() {
  if (std::exchange(sending_, true)) return;
  while (true) {
    Line* const first = urgent_first_ ? &urgent_ : &ordinary_;
    Line* const second = urgent_first_ ? &ordinary_ : &urgent_;
    if (PumpLine(first)) {
      urgent_first_ = !urgent_first_;
    } else if (!PumpLine(second)) {
      break;
    }
  }
  sending_ = false;
}

bool ApplicationClient::PumpLine(Line* line) {
  if (line->empty()) return false;
  PendingHook* const hook = &line->front();
  const bool upgrade = hook->hook == Hook::kUpgrade;
  line->pop_front();
  if (TrySend(hook) == Sent::kNotNow) {
    line->push_front(*hook);
    return false;
  }
  LeftLine(upgrade);
  return true;
}

void ApplicationClient::LeftLine(bool upgrade) {
  --waiting_;
  if (upgrade) --waiting_upgrades_;
  links_.application->waiting->Add(-1);
}

// ---- The end of a hook -------------------------------------------------------------------------

void ApplicationClient::OnDeadline(PendingHook* hook) {
  if (hook->lane == nullptr) {
    LineFor(hook->hook).erase(Line::s_iterator_to(*hook));
    LeftLine(hook->hook == Hook::kUpgrade);
    Complete(hook, NeverSent("the application had no room for this hook in time"));
    return Pump();  // what stood behind it may be smaller
  }
  HookLane* const lane = hook->lane;
  lane->GiveUp(hook);
  OnAnswered(hook, absl::DeadlineExceededError(absl::StrCat(
                       "the application did not answer within ", Text(hook->deadline))));
}

void ApplicationClient::OnAnswered(PendingHook* hook, HookAnswer answer) {
  --in_flight_;
  if (!IsUrgent(hook->hook)) --ordinary_in_flight_;
  links_.application->in_flight->Add(-1);
  const bool was_open = breaker_.open();
  if (absl::IsDeadlineExceeded(answer.status())) {
    if (breaker_.OnNoAnswer(links_.timers->Now(), hook->attempt)) {
      links_.application->breakers_open->Add(1);
      links_.metrics->breakers_opened.Add();
      log::Warn("an application is left alone for a while: it does not answer",
                {{"application", settings_.target}});
    }
  } else if (absl::IsUnavailable(answer.status())) {
    breaker_.OnAbandoned(hook->attempt);
  } else {
    breaker_.OnAnswer();
    if (was_open) links_.application->breakers_open->Add(-1);
  }
  Complete(hook, std::move(answer));
  Pump();
}

void ApplicationClient::Complete(PendingHook* hook, HookAnswer answer) {
  const size_t place = hook->place;
  const std::unique_ptr<PendingHook> owned = std::move(hooks_[place]);
  if (place + 1 != hooks_.size()) {
    hooks_[place] = std::move(hooks_.back());
    hooks_[place]->place = place;
  }
  hooks_.pop_back();
  hook->deadline_timer.Cancel();
  if (hook->lane != nullptr) {
    links_.metrics->hook_seconds.Observe(hook->hook, links_.timers->Now() - hook->began);
  }
  hook->done(std::move(answer));
}

}  // namespace hookcast::hooks
