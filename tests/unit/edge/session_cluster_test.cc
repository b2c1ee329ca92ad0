// What a session makes of the other nodes: that they are not heard yet, that something of theirs
// was missed, that they did not get what was published.

#include <string>
#include <utility>
#include <vector>

#include "broker/base/close_code.h"
#include "broker/pubsub/published.h"
#include "tests/unit/edge/session_fixture.h"

namespace hookcast::edge {
namespace {

using hooks::ErrorEvent;
using hooks::ErrorKind;
using hooks::Hook;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class SessionClusterTest : public SessionFixture {
 protected:
  SessionClusterTest() { Start(); }

  ~SessionClusterTest() override {
    node_->RunReady();
    EXPECT_THAT(application().calls(), IsEmpty()) << "hooks that the test did not answer";
  }

  TestShard::Opened OpenAnswered(std::vector<hooks::Action> actions) {
    return SessionFixture::OpenAnswered("/r", std::move(actions));
  }

  // The error hook's event at the front of those that wait for an answer.
  ErrorEvent Error() {
    EXPECT_THAT(application().calls(), SizeIs(1));
    if (application().calls().empty()) return {};
    const auto* error = std::get_if<ErrorEvent>(&application().calls().front().event.what);
    EXPECT_NE(error, nullptr);
    return error == nullptr ? ErrorEvent() : *error;
  }

  fakes::CutOffBackplane& backplane() { return node_->backplane(); }
};

TEST_F(SessionClusterTest, ActionsBehindASubscribeWaitUntilItsNamespaceIsHeard) {
  backplane().CutOff();
  TestShard::Opened peer = OpenAnswered({SendText("one"), Subscribe("t"), SendText("two")});
  node_->RunReady();
  EXPECT_THAT(peer.transport->sent, ElementsAre("one"));
  peer.session->OnMessage(pubsub::DataKind::kText, "hello");
  EXPECT_THAT(application().calls(), IsEmpty()) << "the message hook, before the open reply's end";

  backplane().Hear(true);
  node_->RunReady();
  EXPECT_THAT(peer.transport->sent, ElementsAre("one", "two"));
  EXPECT_THAT(peer.transport->gaps, IsEmpty());
  ASSERT_THAT(application().calls(), SizeIs(1));
  EXPECT_EQ(application().calls().front().event.hook(), Hook::kMessage);
  application().AnswerWith({});
}

TEST_F(SessionClusterTest, WhatThisNodePublishesIsDeliveredWhileOthersAreNotHeardYet) {
  backplane().CutOff();
  TestShard::Opened peer = OpenAnswered({Subscribe("t"), SendText("later")});
  node_->Publish("/r", "t", "here");
  node_->RunReady();
  EXPECT_THAT(peer.transport->delivered, ElementsAre("here"));
  EXPECT_THAT(peer.transport->sent, IsEmpty());
  backplane().Hear(true);
  node_->RunReady();
}

TEST_F(SessionClusterTest, ANamespaceNotHeardInTimeIsAGapAndIsNotAwaitedAgainInThatReply) {
  backplane().CutOff();
  TestShard::Opened peer = OpenAnswered({Subscribe("t"), Subscribe("u"), SendText("on")});
  EXPECT_EQ(backplane().waiting(), 1);
  backplane().Hear(false);
  node_->RunReady();
  EXPECT_EQ(backplane().waiting(), 0);
  EXPECT_THAT(peer.transport->gaps, ElementsAre(std::nullopt));
  EXPECT_THAT(peer.transport->sent, ElementsAre("on"));
}

TEST_F(SessionClusterTest, WhoWasLeftWithNoTopicAwaitsTheNextAnew) {
  backplane().CutOff();
  TestShard::Opened peer =
      OpenAnswered({Subscribe("t"), hooks::UnsubscribeAction{"t"}, Subscribe("u"), SendText("on")});
  backplane().Hear(false);
  node_->RunReady();
  EXPECT_THAT(peer.transport->gaps, SizeIs(1));
  EXPECT_EQ(backplane().waiting(), 1) << "so that what u misses is told once it is heard";
  backplane().Hear(true);
  node_->RunReady();
  EXPECT_THAT(peer.transport->sent, ElementsAre("on"));
}

TEST_F(SessionClusterTest, APeerThatLeavesWhileItsNamespaceIsAwaitedIsClosedAndItsReplyPublishes) {
  TestShard::Opened other = OpenAnswered({Subscribe("t")});
  backplane().CutOff();
  TestShard::Opened peer = OpenAnswered({Subscribe("t"), PublishText("t", "bye"), SendText("x")});
  peer.session->OnClosed(kLost);
  peer.session->OnReleased();
  node_->RunReady();
  EXPECT_THAT(other.transport->delivered, ElementsAre("bye"));
  ASSERT_THAT(application().calls(), SizeIs(1));
  EXPECT_EQ(application().calls().front().event.hook(), Hook::kClose);
  application().AnswerWith({});
  backplane().Hear(true);  // finds nobody
  node_->RunReady();
  EXPECT_EQ(node_->shard().session_count(), 1);
}

TEST_F(SessionClusterTest, AnUnsubscribeThatComesMeanwhileWinsAndIsNoGap) {
  backplane().CutOff();
  TestShard::Opened peer = OpenAnswered({Subscribe("t"), Subscribe("u"), SendText("done")});
  node_->hub().Unsubscribe(peer.session, "t");
  node_->RunReady();
  EXPECT_THAT(peer.transport->gaps, IsEmpty()) << "it is subscribed to nothing";
  EXPECT_THAT(peer.transport->sent, IsEmpty()) << "what follows is awaited anew";
  backplane().Hear(true);
  node_->RunReady();
  EXPECT_THAT(peer.transport->sent, ElementsAre("done"));
  node_->Publish("/r", "t", "late");
  node_->RunReady();
  EXPECT_THAT(peer.transport->delivered, IsEmpty());
}

TEST_F(SessionClusterTest, AClientWhoseProtocolHasAWordForItIsToldWhatItMissed) {
  TestShard::Opened peer = OpenAnswered({Subscribe("t")});
  TestShard::Opened bystander = OpenAnswered({});
  node_->hub().Missed("/r", 3);
  node_->hub().Missed("/r", std::nullopt);
  node_->hub().Missed("/other", 9);
  EXPECT_THAT(peer.transport->gaps, ElementsAre(3, std::nullopt));
  EXPECT_THAT(bystander.transport->gaps, IsEmpty())
      << "who is subscribed to nothing missed nothing";
  EXPECT_EQ(node_->metrics().gaps.value(metrics::Gap::kKnown), 1);
  EXPECT_EQ(node_->metrics().gaps.value(metrics::Gap::kUnknown), 1);
}

TEST_F(SessionClusterTest, ForAnotherTheErrorHookIsToldOnceOfAllThatItDoesNotKnowYet) {
  TestShard::Opened peer = OpenAnswered({Subscribe("t")});
  peer.transport->knows_gaps = false;
  peer.session->OnMessage(pubsub::DataKind::kText, "hello");  // a hook in flight
  node_->hub().Missed("/r", 3);
  node_->hub().Missed("/r", 4);
  application().AnswerWith({});
  EXPECT_EQ(Error().kind, ErrorKind::kBackplane);
  EXPECT_EQ(Error().message, "7 messages of its namespace were missed between nodes");
  node_->hub().Missed("/r", 1);
  node_->hub().Missed("/r", std::nullopt);
  application().AnswerWith({});
  EXPECT_EQ(Error().message, "messages of its namespace were missed between nodes");
  application().AnswerWith({});
}

TEST_F(SessionClusterTest, ARouteMayCloseThosePeersInstead) {
  Start([](config::Route& route) { route.on_gap = config::OnGap::kClose; });
  TestShard::Opened told = OpenAnswered({Subscribe("t")});
  TestShard::Opened closed = OpenAnswered({Subscribe("t")});
  closed.transport->knows_gaps = false;
  node_->hub().Missed("/r", 3);
  EXPECT_THAT(told.transport->gaps, ElementsAre(3));
  EXPECT_THAT(told.transport->closes, IsEmpty());
  ASSERT_THAT(closed.transport->closes, SizeIs(1));
  EXPECT_EQ(closed.transport->closes[0].code, kCloseTryAgainLater);
}

TEST_F(SessionClusterTest, TheErrorHookHearsOfPublishesThatWereNotTaken) {
  TestShard::Opened peer = OpenAnswered({});
  backplane().TakePublishesWith(pubsub::NotTaken("redis is away"));
  peer.session->OnMessage(pubsub::DataKind::kText, "hello");
  application().AnswerWith({PublishText("t", "1"), PublishText("t", "2"), SendText("on")});
  node_->RunReady();
  EXPECT_THAT(peer.transport->sent, ElementsAre("on"));
  // The first may have been told before the second failed.
  std::string told;
  while (!application().calls().empty()) {
    EXPECT_EQ(Error().kind, ErrorKind::kBackplane);
    told = Error().message;
    application().AnswerWith({PublishText("t", "of the error hook's own reply")});
    node_->RunReady();
  }
  EXPECT_EQ(told, "redis is away");
}

}  // namespace
}  // namespace hookcast::edge
