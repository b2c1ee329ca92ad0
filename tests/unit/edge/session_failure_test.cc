// What becomes of a peer whose hooks fail, or are answered with what cannot be carried out.

#include "tests/unit/edge/session_fixture.h"

namespace hookcast::edge {
namespace {

using hooks::ClosedBy;
using hooks::HookReply;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class SessionFailureTest : public SessionFixture {};

TEST_F(SessionFailureTest, AnOpenThatFailsClosesThePeerWith1011AndItsCloseIsTold) {
  for (const absl::Status& failure :
       {absl::InternalError("thrown"), absl::DeadlineExceededError("slow"),
        absl::PermissionDeniedError("no")}) {
    Start();
    TestShard::Opened peer = node_->Open("/r");
    application().Answer(failure);
    ASSERT_THAT(peer.transport->closes, SizeIs(1));
    EXPECT_EQ(peer.transport->closes[0].code, 1011);
    EXPECT_EQ(peer.transport->closes[0].by, ClosedBy::kNode);
    Leave(peer, {1011, "", ClosedBy::kNode, true});
    EXPECT_THAT(application().told(), ElementsAre("open 1/1", "close 2/1 1011"));
    application().Answer();
    ExpectNothingLeft();
    EXPECT_EQ(metrics().dropped.value(metrics::Drop::kHookGivenUp), 1);
  }
}

TEST_F(SessionFailureTest, MessagesThatWaitBehindAnOpenThatFailsAreDroppedAndCounted) {
  Start();
  TestShard::Opened peer = node_->Open("/r");
  Say(peer, "a");
  Say(peer, "b");
  application().Answer(absl::InternalError("thrown"));
  Leave(peer, {1011, "", ClosedBy::kNode, true});
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "close 4/1 1011"));
  application().Answer();
  ExpectNothingLeft();
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kNotOpened), 2);
}

TEST_F(SessionFailureTest, AnOpenThatFailsAfterThePeerLeftClosesNothing) {
  Start();
  TestShard::Opened peer = node_->Open("/r");
  Leave(peer);
  application().Answer(absl::InternalError("thrown"));
  EXPECT_THAT(peer.transport->closes, IsEmpty());
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "close 2/1 1006"));
  application().Answer();
  ExpectNothingLeft();
}

TEST_F(SessionFailureTest, AnApplicationThatIsUnavailableIsAskedAgainWithTheSameNumber) {
  Start([](config::Route& route) { route.hook_retries = 2; });
  TestShard::Opened peer = OpenAnswered();
  Say(peer, "a");
  Say(peer, "b");
  application().Answer(absl::UnavailableError("away"));
  EXPECT_THAT(application().calls(), IsEmpty()) << "not at once";
  EXPECT_EQ(metrics().hooks_in_flight.value(), 0);
  ASSERT_TRUE(node_->RunUntil([&] { return !application().calls().empty(); }));
  application().AnswerWith({SendText("back")});
  EXPECT_THAT(application().told(),
              ElementsAre("open 1/1", "message 2/1 a", "message 2/2 a", "message 3/1 b"));
  EXPECT_THAT(peer.transport->sent, ElementsAre("back"));
  EXPECT_EQ(metrics().hook_retries.value(), 1);
}

TEST_F(SessionFailureTest, AMessageWhoseAttemptsAllFailedIsGivenUpAndTheErrorHookTold) {
  Start([](config::Route& route) { route.hook_retries = 2; });
  TestShard::Opened peer = OpenAnswered();
  Say(peer, "a");
  Say(peer, "b");
  for (int attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(node_->RunUntil([&] { return !application().calls().empty(); }));
    application().Answer(absl::UnavailableError("away"));
  }
  ASSERT_THAT(application().calls(), SizeIs(1));
  const auto& error = std::get<hooks::ErrorEvent>(application().calls().front().event.what);
  EXPECT_EQ(error.kind, hooks::ErrorKind::kHook);
  EXPECT_FALSE(error.closing.has_value());
  application().Answer();
  EXPECT_THAT(application().told(),
              ElementsAre("open 1/1", "message 2/1 a", "message 2/2 a", "message 2/3 a",
                          "error 4/1 the message hook failed: away", "message 3/1 b"));
  EXPECT_THAT(peer.transport->closes, IsEmpty()) << "a healthy client is not dropped";
}

TEST_F(SessionFailureTest, OnlyUnavailableIsTriedAgain) {
  for (const absl::Status& failure :
       {absl::DeadlineExceededError("slow"), absl::InternalError("thrown"),
        absl::InvalidArgumentError("nonsense"), absl::ResourceExhaustedError("large")}) {
    Start();
    TestShard::Opened peer = OpenAnswered();
    Say(peer, "a");
    application().Answer(failure);
    EXPECT_THAT(application().told().back(),
                AllOf(StartsWith("error 3/1 "), HasSubstr(std::string(failure.message()))));
  }
}

TEST_F(SessionFailureTest, APeerThatLeavesWhileARetryWaitsIsClosedBehindIt) {
  Start();
  TestShard::Opened peer = OpenAnswered();
  Say(peer, "a");
  application().Answer(absl::UnavailableError("away"));
  Leave(peer);
  EXPECT_THAT(application().calls(), IsEmpty());
  ASSERT_TRUE(node_->RunUntil([&] { return !application().calls().empty(); }));
  application().Answer();
  application().Answer();
  EXPECT_THAT(application().told(),
              ElementsAre("open 1/1", "message 2/1 a", "message 2/2 a", "close 3/1 1006"));
  ExpectNothingLeft();
}

TEST_F(SessionFailureTest, ACloseThatFailsAfterARetryEndsThePeerAllTheSame) {
  Start();
  TestShard::Opened peer = OpenAnswered();
  Leave(peer);
  application().Answer(absl::UnavailableError("away"));
  ASSERT_TRUE(node_->RunUntil([&] { return !application().calls().empty(); }));
  application().Answer(absl::InternalError("thrown"));
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "close 2/1 1006", "close 2/2 1006"));
  ExpectNothingLeft();
}

TEST_F(SessionFailureTest, UnimplementedSkipsTheEvent) {
  Start();
  TestShard::Opened peer = node_->Open("/r");
  Say(peer, "a");
  Leave(peer);
  for (int i = 0; i < 3; ++i) application().Answer(absl::UnimplementedError(""));
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "message 2/1 a", "close 3/1 1006"));
  EXPECT_THAT(peer.transport->closes, IsEmpty());
  ExpectNothingLeft();
  EXPECT_EQ(metrics().hook_results.value(metrics::HookResult::kSkipped), 3);
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kHookGivenUp), 0);
}

TEST_F(SessionFailureTest, ActionsThatCannotBeCarriedOutAreReportedOnceAndTheOthersStand) {
  Start();
  TestShard::Opened peer = node_->Open("/r", 0, /*max_topics=*/1);
  Say(peer, "a");
  application().AnswerWith({SendText("one"), Subscribe("t"), Subscribe("too many"), Subscribe(""),
                            hooks::CloseAction{1006, ""}, SendText("two")});
  ASSERT_THAT(application().calls(), SizeIs(1));
  const fakes::ScriptedHookClient::PendingCall& call = application().calls().front();
  const auto& error = std::get<hooks::ErrorEvent>(call.event.what);
  EXPECT_EQ(error.kind, hooks::ErrorKind::kAction);
  EXPECT_THAT(error.message, AllOf(HasSubstr("action 3"), HasSubstr("limit is 1")));
  EXPECT_THAT(call.topics, ElementsAre("t"));
  EXPECT_THAT(peer.transport->sent, ElementsAre("one", "two"));
  EXPECT_THAT(peer.transport->closes, IsEmpty());
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kAction), 3);
  application().Answer();
  EXPECT_THAT(application().told().back(), "message 2/1 a") << "the error came before it";
}

TEST_F(SessionFailureTest, AnErrorOfTheErrorHooksOwnReplyIsNotToldToIt) {
  Start();
  TestShard::Opened peer = node_->Open("/r");
  application().AnswerWith({Subscribe("")});
  application().AnswerWith({Subscribe(""), SendText("sorry")});
  EXPECT_THAT(application().told(), SizeIs(2));
  EXPECT_THAT(application().calls(), IsEmpty());
  EXPECT_THAT(peer.transport->sent, ElementsAre("sorry"));
  Say(peer, "a");
  application().Answer(absl::InternalError("thrown"));
  application().Answer(absl::InternalError("thrown again"));
  EXPECT_THAT(application().calls(), IsEmpty());
  EXPECT_THAT(application().told(), SizeIs(4));
}

TEST(SessionMemory, ClosesThatCannotBeToldAreKeptUpToABound) {
  TestShard shard(TestShard::ConfigOf({TestShard::RouteAt("/r")}), /*most_leaving=*/2);
  shard.application().AnswerBy(
      [](const pubsub::Peer&, const hooks::PeerEvent& event) -> absl::StatusOr<hooks::HookReply> {
        if (event.hook() != hooks::Hook::kClose) return hooks::HookReply{};
        return absl::UnavailableError("away");
      });
  for (int i = 0; i < 5; ++i) {
    TestShard::Opened peer = shard.Open("/r");
    peer.session->OnClosed(kLost);
    peer.session->OnReleased();
    shard.RunReady();
  }
  EXPECT_EQ(shard.shard().session_count(), 2u);
  EXPECT_EQ(shard.metrics().dropped.value(metrics::Drop::kHookGivenUp), 3u);
  // Those that are kept are told once the application is back.
  shard.application().AnswerBy(
      [](const pubsub::Peer&, const hooks::PeerEvent&) { return hooks::HookReply{}; });
  EXPECT_TRUE(shard.RunUntil([&] { return shard.shard().session_count() == 0; }));
}

TEST_F(SessionFailureTest, AFailedActionOfACloseHooksReplyIsReportedBeforeTheEnd) {
  Start();
  TestShard::Opened peer = OpenAnswered();
  Leave(peer);
  application().AnswerWith({PublishText("", "no topic")});
  ASSERT_THAT(application().told().back(), StartsWith("error 3/1 "));
  node_->RunReady();
  EXPECT_EQ(node_->shard().session_count(), 1);
  application().Answer();
  ExpectNothingLeft();
}

TEST_F(SessionFailureTest, AFailedReplyLeavesTheContextAlone) {
  Start();
  TestShard::Opened peer = node_->Open("/r");
  application().Answer(HookReply{{}, "kept"});
  Say(peer, "a");
  application().Answer(absl::InternalError("thrown"));
  EXPECT_EQ(peer.session->context(), "kept");
}

}  // namespace
}  // namespace hookcast::edge
