#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/hooks/application/application_client.h"
#include "broker/hooks/hook_failure.h"
#include "tests/unit/broker/hooks/application/client_under_test.h"

// Many peers, and an application that does anything at any time: what holds throughout.
namespace hookcast::hooks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kPeers = 60;
constexpr size_t kMaxInFlight = 40;
constexpr int kSteps = 3000;

class Model {
 public:
  Model(uint64_t seed, config::HookMode mode)
      : random_(seed),
        app_({.mode = mode,
              .sessions = 2,
              .max_in_flight = kMaxInFlight,
              .breaker = {.failures = 8, .pause = milliseconds(1000)}}) {
    for (size_t i = 0; i < kPeers; ++i) peers_.push_back({app_.NewPeer()});
  }

  void Run() {
    for (int i = 0; i < kSteps && !::testing::Test::HasFailure(); ++i) {
      Step();
      Check();
    }
    Settle();
  }

  int answered() const { return answered_; }
  int failed() const { return failed_; }

 private:
  struct ModelPeer {
    TestPeer* peer;
    Outcome* pending = nullptr;
    PeerEvent again{};  // its last event, where that may be sent again
    bool repeat = false;
    bool upgrade = false;
  };

  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }
  bool OneIn(size_t n) { return Below(n) == 0; }
  template <typename Container>
  auto& AnyOf(Container& container) {
    return *std::next(container.begin(), static_cast<ptrdiff_t>(Below(container.size())));
  }

  void Step() {
    switch (Below(16)) {
      case 0:
        return Resolve();
      case 1:
        return app_.Advance(milliseconds(50) * static_cast<int>(1 + Below(60)));
      case 2:
      case 3:
        return app_.AdvanceAlive(milliseconds(50) * static_cast<int>(1 + Below(20)));
      case 4:
      case 5:
      case 6:
        return Talk();
      case 7:
      case 8:
        return AnswerACall();
      case 9:
        if (OneIn(4) && !app_.addresses.empty()) {
          using State = HookConnection::State;
          const State states[] = {State::kReady, State::kReady, State::kTrying, State::kFailed};
          AnyOf(app_.addresses).second.set_state(states[Below(4)]);
        }
        return;
      default:
        return Submit(&AnyOf(peers_));
    }
  }

  void Resolve() {
    if (OneIn(5)) return app_.client->OnAddresses(absl::UnavailableError("timeout"));
    std::vector<std::string> names;
    for (const std::string name : {"a", "b", "c"}) {
      if (!OneIn(4)) names.push_back(name);
    }
    app_.Resolve(names);
  }

  // One stream of the application, or what is left of it, says something.
  void Talk() {
    std::vector<fakes::FakeSession*> live;
    for (auto& [name, address] : app_.addresses) {
      for (const auto& session : address.sessions()) {
        if (!session->over()) live.push_back(session.get());
      }
    }
    if (live.empty()) return;
    fakes::FakeSession& session = *AnyOf(live);
    if (!welcome_.count(&session)) {
      if (OneIn(6)) return session.End(absl::UnimplementedError(""));
      if (OneIn(10)) return session.End(absl::UnavailableError(""));
      welcome_.insert(&session);
      const uint32_t events[] = {1, 2, 5, 20, 1024};
      const uint64_t bytes[] = {100, 2000, 100'000, 4 << 20};
      return session.Welcome(events[Below(5)], bytes[Below(4)]);
    }
    if (OneIn(60)) return session.End(absl::UnavailableError(""));
    if (OneIn(60)) return session.GoAway("away");
    if (OneIn(120)) return session.Say({});
    if (OneIn(10)) session.Answer({"stray"});
    if (session.owed().empty()) return session.Ping(1);
    if (session.written().back() == "done") return session.End(absl::OkStatus());
    if (OneIn(12)) {
      constexpr absl::StatusCode kCodes[] = {absl::StatusCode::kUnimplemented,
                                             absl::StatusCode::kUnavailable,
                                             absl::StatusCode::kInternal};
      return session.AnswerWith(AnyOf(session.owed()), kCodes[Below(3)]);
    }
    std::vector<std::string> some = session.owed();
    std::shuffle(some.begin(), some.end(), random_);
    some.resize(1 + Below(some.size()));
    session.Answer(some);
  }

  void AnswerACall() {
    for (auto& [name, address] : app_.addresses) {
      if (address.calls().empty()) continue;
      const size_t place = Below(address.calls().size());
      switch (Below(8)) {
        case 0:
          return address.AnswerCall(absl::DeadlineExceededError(""), place);
        case 1:
          return address.AnswerCall(absl::UnavailableError(""), place);
        case 2:
          return address.AnswerCall(absl::UnimplementedError(""), place);
        default:
          return address.AnswerCall(absl::OkStatus(), place);
      }
    }
  }

  // As a session does: one event at a time, some of them again under the same id.
  void Submit(ModelPeer* peer) {
    if (peer->pending != nullptr) return;
    const Duration deadline = milliseconds(50) * static_cast<int>(1 + Below(100));
    peer->upgrade = !peer->repeat && peer->peer->events == 0 && OneIn(2);
    if (peer->upgrade) {
      // Its `done` may come before Upgrade returns.
      Watch(peer, app_.Upgrade(peer->peer, deadline));
      return;
    }
    if (!peer->repeat) {
      peer->again = {.number = ++peer->peer->events};
      if (OneIn(6)) {
        peer->again.what = CloseEvent{};
      } else {
        const size_t bytes = OneIn(40) ? (1 << 20) + Below(1000) : Below(3000);
        peer->again.what = MessageEvent{
            {.kind = pubsub::DataKind::kBinary, .payload = Bytes::Copy(std::string(bytes, 'x'))}};
      }
    }
    Watch(peer, app_.Send(peer->peer, peer->again, deadline));
  }

  void Watch(ModelPeer* peer, Outcome* outcome) {
    ++submitted_;
    peer->pending = outcome;
    outcome->then = [this, peer] { OnDone(peer); };
    if (outcome->times > 0) OnDone(peer);
  }

  void OnDone(ModelPeer* peer) {
    Outcome* const outcome = std::exchange(peer->pending, nullptr);
    ASSERT_NE(outcome, nullptr);
    ASSERT_EQ(outcome->times, 1);
    ++(outcome->status.ok() ? answered_ : failed_);
    peer->repeat =
        !peer->upgrade && !outcome->status.ok() &&
        (absl::IsUnavailable(outcome->status) || absl::IsDeadlineExceeded(outcome->status)) &&
        OneIn(2);
    // The next at once, unless nobody is there: then a session waits, too.
    if (OneIn(3) && !WasNeverSent(outcome->status)) Submit(peer);
  }

  void Check() {
    ASSERT_LE(app_.client->in_flight(), kMaxInFlight);
    size_t pending = 0;
    for (const ModelPeer& peer : peers_) pending += peer.pending != nullptr ? 1 : 0;
    ASSERT_EQ(app_.client->in_flight() + app_.client->waiting(), pending);
    ASSERT_EQ(app_.levels.in_flight->value(), static_cast<int64_t>(app_.client->in_flight()));
    ASSERT_EQ(app_.levels.waiting->value(), static_cast<int64_t>(app_.client->waiting()));
    ASSERT_GE(app_.metrics.hook_streams.value(), 0);
    ASSERT_GE(app_.levels.breakers_open->value(), 0);
    ASSERT_LE(app_.levels.breakers_open->value(), 1);
    size_t calls = 0;
    std::set<std::string> awaited;
    for (auto& [name, address] : app_.addresses) calls += address.calls().size();
    ASSERT_LE(calls, app_.client->in_flight());
    for (const ModelPeer& peer : peers_) {
      if (peer.pending == nullptr) continue;
      ASSERT_EQ(peer.pending->times, 0);
      ASSERT_TRUE(awaited.insert(peer.pending->id).second);
    }
  }

  // An application that is well answers all that is left.
  void Settle() {
    if (::testing::Test::HasFailure()) return;
    for (auto& [name, address] : app_.addresses) {
      address.set_state(HookConnection::State::kReady);
    }
    const auto all_done = [&] {
      return std::all_of(peers_.begin(), peers_.end(),
                         [](const ModelPeer& peer) { return peer.pending == nullptr; });
    };
    for (int i = 0; i < 400 && !all_done(); ++i) {
      app_.Resolve({"a", "b", "c"});
      for (auto& [name, address] : app_.addresses) {
        for (size_t s = 0; s < address.sessions().size(); ++s) {
          const auto session = address.sessions()[s];
          if (session->over()) continue;
          if (welcome_.insert(session.get()).second) session->Welcome();
          session->AnswerAll();
          if (session->written().back() == "done") session->End(absl::OkStatus());
        }
        while (!address.calls().empty()) address.AnswerCall();
      }
      app_.AdvanceAlive(milliseconds(200));
    }
    EXPECT_TRUE(all_done());
    EXPECT_EQ(answered_ + failed_, submitted_);
    EXPECT_EQ(app_.levels.in_flight->value(), 0);
    EXPECT_EQ(app_.levels.waiting->value(), 0);
    app_.client.reset();
    for (const Outcome& outcome : app_.outcomes) ASSERT_EQ(outcome.times, 1) << outcome.id;
    EXPECT_EQ(app_.metrics.hook_streams.value(), 0);
    EXPECT_EQ(app_.levels.breakers_open->value(), 0);
    for (auto& [name, address] : app_.addresses) EXPECT_EQ(address.connections(), 0);
  }

  std::mt19937_64 random_;
  ClientUnderTest app_;
  std::vector<ModelPeer> peers_;
  std::set<const fakes::FakeSession*> welcome_;
  int submitted_ = 0;
  int answered_ = 0;
  int failed_ = 0;
};

class ApplicationClientModel : public ::testing::TestWithParam<config::HookMode> {};

TEST_P(ApplicationClientModel, EachHookEndsOnceWhateverTheApplicationDoes) {
  int answered = 0;
  int failed = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed, GetParam());
    model.Run();
    if (HasFailure()) return;
    answered += model.answered();
    failed += model.failed();
  }
  // Both ways are walked.
  EXPECT_GT(answered, 2000);
  EXPECT_GT(failed, 1000);
}

std::string NameOf(const ::testing::TestParamInfo<config::HookMode>& info) {
  constexpr const char* kNames[] = {"Auto", "Session", "Unary"};
  return kNames[static_cast<size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Modes, ApplicationClientModel,
                         ::testing::Values(config::HookMode::kAuto, config::HookMode::kSession,
                                           config::HookMode::kUnary),
                         NameOf);

}  // namespace
}  // namespace hookcast::hooks
