// A peer that sends too much.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "edge/session.h"
#include "tests/unit/edge/test_shard.h"

namespace hookcast::edge {
namespace {

using hooks::ClosedBy;
using pubsub::DataKind;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class SessionRateTest : public testing::Test {
 protected:
  TestShard::Opened OpenWith(int messages, size_t bytes) {
    config::Route route = TestShard::RouteAt("/r");
    route.limits.messages_per_second = messages;
    route.limits.bytes_per_second = bytes;
    node_.emplace(TestShard::ConfigOf({route}));
    node_->application().AnswerBy(
        [](const pubsub::Peer&, const hooks::PeerEvent&) { return hooks::HookReply{}; });
    return node_->Open("/r");
  }

  // Says it until the session closes for it. How often that went well.
  static int SayUntilClosed(const TestShard::Opened& peer, std::string_view text) {
    for (int said = 0; said < 1'000; ++said) {
      peer.session->OnMessage(DataKind::kText, text);
      if (!peer.transport->closes.empty()) return said;
    }
    return 1'000;
  }

  const std::vector<std::string>& told() { return node_->application().told(); }
  int64_t Messages() {
    return std::count_if(told().begin(), told().end(),
                         [](const std::string& line) { return line.starts_with("message"); });
  }

  std::optional<TestShard> node_;
};

TEST_F(SessionRateTest, TooManyMessagesAreToldAndCloseThePeer) {
  const TestShard::Opened peer = OpenWith(1, 0);
  const int said = SayUntilClosed(peer, "x");
  EXPECT_GE(said, 5) << "five seconds' worth";
  EXPECT_LT(said, 1'000);
  EXPECT_EQ(Messages(), said) << "no hook for the one too many";
  ASSERT_THAT(peer.transport->closes, SizeIs(1));
  EXPECT_EQ(peer.transport->closes[0].code, 1008);
  EXPECT_EQ(peer.transport->closes[0].reason, "more than 1 messages a second");
  EXPECT_EQ(peer.transport->closes[0].by, ClosedBy::kNode);
  EXPECT_THAT(told().back(), StartsWith("error "));
  EXPECT_EQ(node_->metrics().over_limit.value(metrics::PeerLimit::kMessagesPerSecond), 1);
  EXPECT_EQ(node_->metrics().messages_received.value(), static_cast<uint64_t>(said));
}

TEST_F(SessionRateTest, TooManyBytesAreToldAndCloseThePeer) {
  const TestShard::Opened peer = OpenWith(0, 10);
  peer.session->OnMessage(DataKind::kBinary, std::string(51, 'x'));
  ASSERT_THAT(peer.transport->closes, SizeIs(1));
  EXPECT_EQ(peer.transport->closes[0].code, 1008);
  EXPECT_EQ(peer.transport->closes[0].reason, "more than 10 bytes a second");
  EXPECT_EQ(Messages(), 0);
  EXPECT_EQ(node_->metrics().over_limit.value(metrics::PeerLimit::kBytesPerSecond), 1);
}

TEST_F(SessionRateTest, TheErrorHookSaysWhatHappenedAndHowItCloses) {
  const TestShard::Opened peer = OpenWith(0, 10);
  std::optional<hooks::ErrorEvent> error;
  node_->application().AnswerBy([&](const pubsub::Peer&, const hooks::PeerEvent& event) {
    if (const auto* seen = std::get_if<hooks::ErrorEvent>(&event.what)) error = *seen;
    return hooks::HookReply{};
  });
  peer.session->OnMessage(DataKind::kText, std::string(51, 'x'));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, hooks::ErrorKind::kLimit);
  EXPECT_EQ(error->message, "the client sent more than 10 bytes a second");
  ASSERT_TRUE(error->closing.has_value());
  EXPECT_EQ(error->closing->code, 1008);
  EXPECT_EQ(error->closing->by, ClosedBy::kNode);
}

TEST_F(SessionRateTest, ControlFramesCountAsMessages) {
  const TestShard::Opened peer = OpenWith(1, 0);
  for (int i = 0; i < 1'000 && peer.transport->closes.empty(); ++i) peer.session->OnControlFrame(0);
  ASSERT_THAT(peer.transport->closes, SizeIs(1));
  EXPECT_EQ(peer.transport->closes[0].code, 1008);
}

TEST_F(SessionRateTest, WithoutLimitsNothingIsCounted) {
  const TestShard::Opened peer = OpenWith(0, 0);
  EXPECT_EQ(SayUntilClosed(peer, "x"), 1'000);
  for (int i = 0; i < 1'000; ++i) peer.session->OnControlFrame(125);
  EXPECT_THAT(peer.transport->closes, SizeIs(0));
  EXPECT_THAT(told(), Not(Contains(StartsWith("error"))));
}

}  // namespace
}  // namespace hookcast::edge
