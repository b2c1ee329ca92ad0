// Peers wait with what they send while other shards are behind with what was posted to them.

#include <optional>
#include <string>

#include "tests/unit/edge/session_fixture.h"

namespace hookcast::edge {
namespace {

using pubsub::DataKind;
using pubsub::ShardSet;
using std::chrono::milliseconds;

class SessionCongestionTest : public testing::Test {
 protected:
  SessionCongestionTest() : node_(TestShard::ConfigOf({TestShard::RouteAt("/r")})) {
    application().AnswerBy([](const pubsub::Peer&, const hooks::PeerEvent&) {
      return hooks::HookReply{{hooks::SubscribeAction{"t"}}, std::nullopt};
    });
    // Somebody has to want what is posted; it takes none, so that nothing is kept.
    subscriber_ = node_.Open("busy");
    subscriber_.transport->taking = false;
    peer_ = node_.Open("/r");
  }

  ~SessionCongestionTest() override {
    node_.RunReady();
    for (TestShard::Opened* peer : {&subscriber_, &peer_}) {
      if (peer->transport->destroyed) continue;
      peer->session->OnClosed(kLost);
      peer->session->OnReleased();
    }
    node_.RunReady();
    EXPECT_EQ(node_.GaugesLeft(), "");
  }

  // Posts more than shards may be behind with; nothing is delivered before the loop runs.
  void Congest() {
    const std::string piece(1 << 20, 'x');
    for (size_t posted = 0; posted <= ShardSet::kMostUndelivered; posted += piece.size()) {
      node_.Publish("busy", "t", piece);
    }
    ASSERT_TRUE(node_.shard().congested());
  }

  bool Say(std::string_view text) { return peer_.session->OnMessage(DataKind::kText, text); }
  fakes::ScriptedHookClient& application() { return node_.application(); }
  TimePoint Now() { return node_.shard().reactor().Now(); }

  TestShard node_;
  TestShard::Opened subscriber_, peer_;
};

TEST_F(SessionCongestionTest, APeerIsReadAgainOnceTheOthersHaveCaughtUp) {
  EXPECT_TRUE(Say("before"));
  Congest();
  EXPECT_FALSE(Say("its hook is called, but no more is read"));
  EXPECT_EQ(peer_.transport->resumes, 0);
  ASSERT_TRUE(node_.RunUntil([&] { return peer_.transport->resumes == 1; }));
  EXPECT_FALSE(node_.shard().congested());
  EXPECT_TRUE(Say("after"));
  const TimePoint end = Now() + milliseconds(60);
  ASSERT_TRUE(node_.RunUntil([&] { return Now() >= end; }));
  EXPECT_EQ(peer_.transport->resumes, 1) << "once";
}

TEST_F(SessionCongestionTest, APeerStaysHeldBackForAsLongAsTheOthersAreBehind) {
  Congest();
  EXPECT_FALSE(Say("a"));
  // Several times the pause after which it is looked again.
  const TimePoint end = Now() + milliseconds(100);
  ASSERT_TRUE(node_.RunUntil([&] {
    Congest();
    return Now() >= end;
  }));
  EXPECT_EQ(peer_.transport->resumes, 0);
  ASSERT_TRUE(node_.RunUntil([&] { return peer_.transport->resumes == 1; }));
}

TEST_F(SessionCongestionTest, OneThatIsReadAgainMayBeHeldBackAgain) {
  for (int round = 1; round <= 3; ++round) {
    Congest();
    EXPECT_FALSE(Say("a"));
    EXPECT_TRUE(peer_.transport->resumes == round - 1);
    ASSERT_TRUE(node_.RunUntil([&] { return peer_.transport->resumes == round; }));
  }
}

TEST_F(SessionCongestionTest, AFullWindowKeepsAPeerPausedWhenTheCongestionIsOver) {
  application().AnswerBy(nullptr);
  Congest();
  for (int i = 0; i < 17; ++i) EXPECT_FALSE(Say("a"));
  const TimePoint end = Now() + milliseconds(60);
  ASSERT_TRUE(node_.RunUntil([&] { return Now() >= end; }));
  ASSERT_FALSE(node_.shard().congested());
  EXPECT_EQ(peer_.transport->resumes, 0);
  application().Answer();
  EXPECT_EQ(peer_.transport->resumes, 1);
  while (!application().calls().empty()) application().Answer();
  application().AnswerBy(
      [](const pubsub::Peer&, const hooks::PeerEvent&) { return hooks::HookReply{}; });
}

TEST_F(SessionCongestionTest, OneThatLeavesWhileHeldBackIsForgotten) {
  Congest();
  EXPECT_FALSE(Say("a"));
  peer_.session->OnClosed(kLost);
  peer_.session->OnReleased();
  const TimePoint end = Now() + milliseconds(60);
  ASSERT_TRUE(node_.RunUntil([&] { return Now() >= end; }));
  EXPECT_TRUE(peer_.transport->destroyed);
  EXPECT_EQ(peer_.transport->resumes, 0);
}

}  // namespace
}  // namespace hookcast::edge
