#include "tests/unit/broker/hooks/application/client_under_test.h"

#include <utility>

namespace hookcast::hooks {
namespace {

constexpr Duration kStep = std::chrono::milliseconds(50);

}  // namespace

ClientUnderTest::ClientUnderTest(ApplicationClient::Settings settings) {
  settings.target = "app";
  settings.node = "node-1";
  client = std::make_unique<ApplicationClient>(
      std::move(settings),
      ApplicationClient::Links{
          .timers = &timers,
          .metrics = &metrics,
          .application = &levels,
          .connect = [this](const std::string& name, int) { return addresses[name].Connect(); },
          .look_again = [this] { ++looked_again; }});
}

ClientUnderTest::ClientUnderTest(ApplicationClient::Settings settings,
                                 const std::vector<std::string>& names)
    : ClientUnderTest(std::move(settings)) {
  Resolve(names);
  for (auto& [name, address] : addresses) {
    for (const auto& session : address.sessions()) session->Welcome();
  }
}

void ClientUnderTest::Advance(Duration by) {
  for (; by > Duration::zero(); by -= kStep) {
    clock.Advance(std::min(by, kStep));
    timers.Advance();
  }
}

void ClientUnderTest::AdvanceAlive(Duration by) {
  for (; by > Duration::zero(); by -= kStep) {
    Advance(std::min(by, kStep));
    for (auto& [name, address] : addresses) {
      for (const auto& session : address.sessions()) session->Pong(1);
    }
  }
}

TestPeer* ClientUnderTest::NewPeer() { return &peers.emplace_back(peers.size() + 1); }

Outcome* ClientUnderTest::Upgrade(TestPeer* peer, Duration deadline) {
  Outcome* const outcome = &outcomes.emplace_back();
  outcome->id = EventId(peer->peer.id(), 0);
  static const std::vector<std::string> kNone;
  client->Upgrade({peer->peer.id(), &peer->peer.facts(), &kNone}, deadline,
                  [outcome](const absl::StatusOr<UpgradeVerdict>& verdict) {
                    ++outcome->times;
                    outcome->status = verdict.status();
                    if (outcome->then) outcome->then();
                  });
  return outcome;
}

Outcome* ClientUnderTest::Send(TestPeer* peer, PeerEvent event, Duration deadline) {
  Outcome* const outcome = &outcomes.emplace_back();
  outcome->id = EventId(peer->peer.id(), event.number);
  client->Call(peer->peer, event, &peer->affinity, deadline,
               [outcome](const absl::StatusOr<HookReply>& reply) {
                 ++outcome->times;
                 outcome->status = reply.status();
                 if (outcome->then) outcome->then();
               });
  return outcome;
}

Outcome* ClientUnderTest::Message(TestPeer* peer, size_t bytes, Duration deadline) {
  return Send(peer,
              {.number = ++peer->events,
               .what = MessageEvent{{.kind = pubsub::DataKind::kBinary,
                                     .payload = Bytes::Copy(std::string(bytes, 'x'))}}},
              deadline);
}

Outcome* ClientUnderTest::Close(TestPeer* peer) {
  return Send(peer, {.number = ++peer->events, .what = CloseEvent{}});
}

}  // namespace hookcast::hooks
