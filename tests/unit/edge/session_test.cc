#include "edge/session.h"

#include "tests/unit/edge/session_fixture.h"

namespace hookcast::edge {
namespace {

using hooks::ClosedBy;
using hooks::HookReply;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class SessionTest : public SessionFixture {};

TEST_F(SessionTest, APeerHasOneOpenThenItsMessagesThenOneClose) {
  Start();
  TestShard::Opened peer = node_->Open("/r");
  EXPECT_TRUE(Say(peer, "a"));
  EXPECT_TRUE(Say(peer, "b"));
  Leave(peer, {4001, "bye", ClosedBy::kClient, true});
  for (size_t sent = 1; sent <= 4; ++sent) {
    ASSERT_THAT(application().told(), SizeIs(sent)) << "one hook in flight";
    ASSERT_THAT(application().calls(), SizeIs(1));
    node_->RunReady();
    EXPECT_EQ(node_->shard().session_count(), 1) << "not before its close was answered";
    if (sent == 4) {
      const auto& close =
          std::get<hooks::CloseEvent>(application().calls().front().event.what).details;
      EXPECT_EQ(close.code, 4001);
      EXPECT_EQ(close.reason, "bye");
      EXPECT_EQ(close.by, ClosedBy::kClient);
      EXPECT_TRUE(close.was_clean);
    }
    application().Answer();
  }
  EXPECT_THAT(application().told(),
              ElementsAre("open 1/1", "message 2/1 a", "message 3/1 b", "close 4/1 4001"));
  ExpectNothingLeft();
  EXPECT_TRUE(peer.transport->destroyed);
  EXPECT_EQ(metrics().hooks_sent.value(metrics::Hook::kMessage), 2);
  EXPECT_EQ(metrics().hook_results.value(metrics::HookResult::kOk), 4);
  EXPECT_EQ(metrics().peers_opened.value(), 1);
  EXPECT_EQ(metrics().messages_received.value(), 2);
}

TEST_F(SessionTest, PeersDoNotWaitForEachOther) {
  Start();
  node_->Open("/r");
  TestShard::Opened second = node_->Open("/r");
  EXPECT_THAT(application().calls(), SizeIs(2));
  Say(second, "a");
  EXPECT_THAT(application().calls(), SizeIs(2));
}

TEST_F(SessionTest, CarriesOutTheActionsOfAReplyInOrderBeforeTheNextHook) {
  Start();
  TestShard::Opened other = OpenAnswered("/r", {Subscribe("t")});
  TestShard::Opened peer = node_->Open("/r");
  Say(peer, "a");
  application().Answer(HookReply{{Subscribe("t"), Subscribe("u"), hooks::UnsubscribeAction{"u"},
                                  SendText("one"), PublishText("t", "two"), SendText("three")},
                                 "context"});
  ASSERT_THAT(application().calls(), SizeIs(1));
  const fakes::ScriptedHookClient::PendingCall& message = application().calls().front();
  EXPECT_THAT(message.topics, ElementsAre("t"));
  EXPECT_EQ(message.context, "context");
  EXPECT_THAT(peer.transport->sent, ElementsAre("one", "three"));
  node_->RunReady();
  EXPECT_THAT(other.transport->delivered, ElementsAre("two"));
  EXPECT_THAT(peer.transport->delivered, IsEmpty()) << "the publisher";
  application().AnswerWith({PublishText("t", "four", /*include_self=*/true)});
  node_->RunReady();
  EXPECT_THAT(peer.transport->delivered, ElementsAre("four"));
  EXPECT_EQ(metrics().sent.value(), 2);
}

TEST_F(SessionTest, AFullWindowOfMessagesStopsReadingUntilThereIsRoom) {
  Start([](config::Route& route) { route.hook_window.messages = 2; });
  TestShard::Opened peer = node_->Open("/r");
  EXPECT_TRUE(Say(peer, "a"));
  EXPECT_FALSE(Say(peer, "b")) << "two wait behind open";
  EXPECT_EQ(peer.transport->resumes, 0);
  application().Answer();
  EXPECT_EQ(peer.transport->resumes, 1);
  EXPECT_FALSE(Say(peer, "c"));
  application().Answer();
  EXPECT_EQ(peer.transport->resumes, 2);
  application().Answer();
  application().Answer();
  EXPECT_EQ(peer.transport->resumes, 2) << "it was not paused";
  EXPECT_THAT(application().told(),
              ElementsAre("open 1/1", "message 2/1 a", "message 3/1 b", "message 4/1 c"));
}

TEST_F(SessionTest, AFullWindowOfBytesStopsReadingUntilThereIsRoom) {
  Start([](config::Route& route) { route.hook_window.bytes = 10; });
  TestShard::Opened peer = OpenAnswered();
  EXPECT_TRUE(Say(peer, std::string(100, 'a'))) << "in flight: it waits for nothing";
  EXPECT_TRUE(Say(peer, std::string(9, 'b')));
  EXPECT_FALSE(Say(peer, "c"));
  application().Answer();
  EXPECT_EQ(peer.transport->resumes, 1);
  EXPECT_TRUE(Say(peer, "d"));
}

TEST_F(SessionTest, WhatIsReadOnResumingGoesBehindWhatWaits) {
  Start([](config::Route& route) { route.hook_window.messages = 1; });
  TestShard::Opened peer = node_->Open("/r");
  std::vector<std::string> unread = {"b", "c", "d"};
  peer.transport->on_resume = [&] {
    while (!unread.empty()) {
      const std::string next = unread.front();
      unread.erase(unread.begin());
      if (!Say(peer, next)) return;
    }
  };
  EXPECT_FALSE(Say(peer, "a"));
  while (!application().calls().empty()) application().Answer();
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "message 2/1 a", "message 3/1 b",
                                                "message 4/1 c", "message 5/1 d"));
}

TEST_F(SessionTest, APeerThatLeavesWhileOpenIsPendingIsClosedAfterOpensReply) {
  Start();
  TestShard::Opened other = OpenAnswered("/r", {Subscribe("t")});
  TestShard::Opened peer = node_->Open("/r");
  EXPECT_EQ(node_->hub().peer_count(), 2);
  Leave(peer);
  EXPECT_EQ(node_->hub().peer_count(), 1) << "out of the hub at once";
  ASSERT_THAT(application().calls(), SizeIs(1));
  application().AnswerWith({Subscribe("t"), SendText("too late"), PublishText("t", "hello"),
                            hooks::CloseAction{4000, ""}, hooks::TerminateAction{}});
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "open 1/1", "close 2/1 1006"));
  node_->RunReady();
  EXPECT_THAT(other.transport->delivered, ElementsAre("hello")) << "publish works";
  EXPECT_THAT(peer.transport->sent, IsEmpty());
  EXPECT_THAT(peer.transport->closes, IsEmpty());
  EXPECT_THAT(peer.transport->terminations, IsEmpty());
  application().Answer();
  node_->RunReady();
  EXPECT_EQ(node_->shard().session_count(), 1);
}

TEST_F(SessionTest, TheCloseHookSaysWhatThePeerWasSubscribedToAndMayPublish) {
  Start();
  TestShard::Opened other = OpenAnswered("/r", {Subscribe("t")});
  TestShard::Opened peer = OpenAnswered("/r", {Subscribe("t"), Subscribe("u")});
  Leave(peer);
  EXPECT_THAT(std::get<hooks::CloseEvent>(application().calls().front().event.what).topics,
              ElementsAre("t", "u"));
  EXPECT_EQ(metrics().subscriptions.value(), 1);
  application().AnswerWith({PublishText("t", "one left"), SendText("nobody")});
  node_->RunReady();
  EXPECT_THAT(other.transport->delivered, ElementsAre("one left"));
  EXPECT_THAT(peer.transport->sent, IsEmpty());
  Leave(other);
  application().Answer();
  ExpectNothingLeft();
}

TEST_F(SessionTest, AReplyReplacesTheContextOnlyWhereItHasOne) {
  Start();
  TestShard::Opened peer = node_->Open("/r");
  for (const char* text : {"a", "b", "c", "d"}) Say(peer, text);
  const std::optional<std::string> replies[] = {"one", std::nullopt, "two", ""};
  const char* const seen[] = {"", "one", "one", "two"};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(application().calls().front().context, seen[i]);
    application().Answer(HookReply{{}, replies[i]});
  }
  EXPECT_EQ(application().calls().front().context, "");
}

TEST_F(SessionTest, AProtocolErrorIsToldBehindWhatCameBeforeItAndBeforeTheClose) {
  Start();
  TestShard::Opened peer = node_->Open("/r");
  Say(peer, "a");
  const hooks::CloseDetails details{1002, "bad frame", ClosedBy::kNode, false};
  peer.session->OnProtocolError({hooks::ErrorKind::kProtocol, "bad frame", details});
  Leave(peer, details);
  for (int i = 0; i < 3; ++i) application().Answer();
  const auto& close = std::get<hooks::CloseEvent>(application().calls().front().event.what);
  EXPECT_EQ(close.details.reason, "bad frame");
  application().Answer();
  EXPECT_THAT(application().told(),
              ElementsAre("open 1/1", "message 2/1 a", "error 3/1 bad frame", "close 4/1 1002"));
  ExpectNothingLeft();
}

TEST_F(SessionTest, EndsOnceWhateverComesLast) {
  for (const bool released_first : {false, true}) {
    Start();
    TestShard::Opened peer = OpenAnswered();
    peer.session->OnClosed(kLost);
    peer.session->OnClosed({1000, "again", ClosedBy::kClient, true});
    if (released_first) peer.session->OnReleased();
    node_->RunReady();
    EXPECT_EQ(node_->shard().session_count(), 1);
    application().Answer();
    node_->RunReady();
    EXPECT_EQ(node_->shard().session_count(), released_first ? 0 : 1);
    if (!released_first) {
      EXPECT_FALSE(peer.transport->destroyed);
      peer.session->OnReleased();
    }
    ExpectNothingLeft();
    EXPECT_TRUE(peer.transport->destroyed);
    EXPECT_THAT(application().told(), ElementsAre("open 1/1", "close 2/1 1006"));
  }
}

TEST_F(SessionTest, IsNotDestroyedInsideItsLastCall) {
  Start();
  TestShard::Opened peer = OpenAnswered();
  Leave(peer);
  application().Answer();
  EXPECT_FALSE(peer.transport->destroyed) << "it is still on the stack";
  node_->RunReady();
  EXPECT_TRUE(peer.transport->destroyed);
}

TEST_F(SessionTest, ANodeThatEndsWithCallsInFlightForgetsThem) {
  Start();
  TestShard::Opened retrying = OpenAnswered();
  Say(retrying, "a");
  application().Answer(absl::UnavailableError("away"));
  TestShard::Opened leaving = OpenAnswered();
  Leave(leaving);
  TestShard::Opened in_flight = node_->Open("/r");
  Say(in_flight, "waits");
  node_->DestroyShard();
  EXPECT_TRUE(in_flight.transport->destroyed);
  EXPECT_TRUE(retrying.transport->destroyed);
  EXPECT_TRUE(leaving.transport->destroyed);
  EXPECT_EQ(node_->GaugesLeft(), "");
}

TEST_F(SessionTest, WhatIsOrderedOfAClosedPeerHasNoEffect) {
  Start();
  TestShard::Opened peer = OpenAnswered();
  peer.session->OnClosed(kLost);
  EXPECT_FALSE(peer.session->Send(TextData("a")));
  pubsub::Message message;
  message.data = TextData("b");
  EXPECT_FALSE(peer.session->Deliver(message));
  peer.session->Close(4000, "");
  peer.session->Terminate();
  peer.session->Shutdown();
  EXPECT_THAT(peer.transport->sent, IsEmpty());
  EXPECT_THAT(peer.transport->delivered, IsEmpty());
  EXPECT_THAT(peer.transport->closes, IsEmpty());
  EXPECT_THAT(peer.transport->terminations, IsEmpty());
  peer.session->OnReleased();
  application().Answer();
  ExpectNothingLeft();
}

TEST_F(SessionTest, PassesOrdersOnToItsTransport) {
  Start();
  TestShard::Opened peer = OpenAnswered("/r", {hooks::CloseAction{4000, "why"}});
  ASSERT_THAT(peer.transport->closes, SizeIs(1));
  EXPECT_EQ(peer.transport->closes[0].code, 4000);
  EXPECT_EQ(peer.transport->closes[0].reason, "why");
  EXPECT_EQ(peer.transport->closes[0].by, ClosedBy::kApplication);
  peer.session->Shutdown();
  ASSERT_THAT(peer.transport->closes, SizeIs(2));
  EXPECT_EQ(peer.transport->closes[1].code, 1012);
  EXPECT_EQ(peer.transport->closes[1].by, ClosedBy::kNode);
  peer.session->Terminate();
  EXPECT_THAT(peer.transport->terminations, ElementsAre(ClosedBy::kApplication));
}

TEST_F(SessionTest, TellsWhatItHoldsAndHasDone) {
  Start();
  TestShard::Opened peer = OpenAnswered("/r", {Subscribe("t"), SendText("a")});
  node_->Publish("/r", "t", "b");
  node_->RunReady();
  Say(peer, "c");
  Say(peer, "d");
  peer.transport->queued_bytes = 77;
  pubsub::PeerCounts counts = peer.session->counts();
  EXPECT_EQ(counts.queued_bytes, 77);
  EXPECT_EQ(counts.received_messages, 2);
  EXPECT_EQ(counts.sent_messages, 2);
  EXPECT_EQ(counts.pending_hooks, 2);
  peer.transport->taking = false;
  EXPECT_FALSE(peer.session->Send(TextData("refused")));
  Leave(peer);
  counts = peer.session->counts();
  EXPECT_EQ(counts.sent_messages, 2);
  EXPECT_EQ(counts.queued_bytes, 0);
  EXPECT_EQ(counts.pending_hooks, 3);
}

TEST_F(SessionTest, AQueueThatDrainedIsTheDrainHookWhereTheRouteListsIt) {
  Start([](config::Route& route) { route.hooks.drain = true; });
  TestShard::Opened peer = OpenAnswered();
  peer.session->OnDrained(100);
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "drain 2/1 100"));
  application().AnswerWith({SendText("go on")});
  EXPECT_THAT(peer.transport->sent, ElementsAre("go on"));
  // Not one that it did not ask for, whatever else there is to tell.
  Start();
  peer = OpenAnswered();
  Say(peer, "a");
  peer.session->OnDrained(100);
  application().Answer();
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "message 2/1 a"));
}

TEST_F(SessionTest, AGapIsAnErrorThatSaysHowManyMessagesWereLost) {
  Start();
  TestShard::Opened peer = OpenAnswered();
  peer.session->OnGap(17);
  ASSERT_THAT(application().calls(), SizeIs(1));
  const auto& error = std::get<hooks::ErrorEvent>(application().calls().front().event.what);
  EXPECT_EQ(error.kind, hooks::ErrorKind::kLimit);
  EXPECT_THAT(error.message, StartsWith("17 messages of its topics were dropped"));
  EXPECT_FALSE(error.closing) << "the connection goes on";
}

TEST_F(SessionTest, APeerThatStallsAgainAndAgainFillsNoAgendaOfASlowApplication) {
  Start([](config::Route& route) { route.hooks.drain = true; });
  TestShard::Opened peer = OpenAnswered();
  Say(peer, "in flight");
  for (uint64_t i = 1; i <= 1'000; ++i) {
    peer.session->OnGap(i);
    peer.session->OnDrained(i);
  }
  EXPECT_EQ(peer.session->counts().pending_hooks, 3);
  application().Answer();
  application().Answer();
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "message 2/1 in flight",
                                                StartsWith("error 3/1 500500 "), "drain 4/1 1000"))
      << "what waited tells of all";
  // What is on its way does not change any more.
  peer.session->OnDrained(5);
  peer.session->OnGap(1);
  application().Answer();
  application().Answer();
  EXPECT_THAT(application().told(), testing::Contains("drain 5/1 5"));
  EXPECT_THAT(application().told(), testing::Contains(StartsWith("error 6/1 1 ")));
}

TEST_F(SessionTest, HooksThatTheRouteDoesNotListAreNotSent) {
  Start([](config::Route& route) { route.hooks = {true, false, false, false, false}; });
  TestShard::Opened peer = node_->Open("/r");
  EXPECT_TRUE(Say(peer, "a"));
  peer.session->OnGap(1);
  peer.session->OnDrained(1);
  peer.session->OnProtocolError({hooks::ErrorKind::kProtocol, "bad", kLost});
  EXPECT_EQ(node_->hub().peer_count(), 1);
  peer.session->OnClosed(kLost);
  node_->RunReady();
  EXPECT_EQ(node_->shard().session_count(), 1) << "its socket is still there";
  peer.session->OnReleased();
  EXPECT_THAT(application().told(), IsEmpty());
  ExpectNothingLeft();
  EXPECT_EQ(metrics().messages_received.value(), 1);
}

TEST_F(SessionTest, EachHookHasItsOwnDeadline) {
  Start([](config::Route& route) {
    using std::chrono::milliseconds;
    route.deadlines = {milliseconds(1), milliseconds(2), milliseconds(3), milliseconds(4),
                       milliseconds(5)};
  });
  TestShard::Opened peer = node_->Open("/r");
  Say(peer, "a");
  peer.session->OnProtocolError({hooks::ErrorKind::kProtocol, "bad", kLost});
  Leave(peer);
  for (const int deadline : {2, 3, 5, 4}) {
    EXPECT_EQ(application().calls().front().deadline, std::chrono::milliseconds(deadline));
    application().Answer();
  }
}

// How deep the stack grows between the first call of an application that answers at once, and any
// later one.
TEST_F(SessionTest, AnApplicationThatAnswersAtOnceDoesNotGrowTheStack) {
  Start([](config::Route& route) { route.hook_window = {20'000, 10 << 20}; });
  TestShard::Opened peer = node_->Open("/r");
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(Say(peer, "waits"));
  uintptr_t lowest = UINTPTR_MAX, highest = 0;
  int calls = 0;
  application().AnswerBy([&](const pubsub::Peer&, const hooks::PeerEvent&) {
    const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    lowest = std::min(lowest, here);
    highest = std::max(highest, here);
    ++calls;
    // A failed action adds an event in front of the others.
    return HookReply{{calls % 10 == 0 ? Subscribe("") : SendText("a")}, std::nullopt};
  });
  application().Answer();
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(Say(peer, "answered at once"));
  Leave(peer);
  EXPECT_GE(calls, 10'001 + 1'000);
  EXPECT_LT(highest - lowest, 8 * 1024);
  ExpectNothingLeft();
}

TEST_F(SessionTest, StaticRulesSubscribeEchoAndPublish) {
  config::Route echo, publish, subscribe;
  echo.path = "/echo";
  echo.static_rules = {.on_message = config::OnMessage::kEcho};
  publish.path = "/pub/{topic}";
  publish.static_rules = {.on_message = config::OnMessage::kPublish, .topic = "t"};
  subscribe.path = "/sub";
  subscribe.static_rules = {.subscribe = {"t"}};
  node_.emplace(TestShard::ConfigOf({echo, publish, subscribe}));
  TestShard::Opened echoing = node_->Open("ns", 0);
  TestShard::Opened publishing = node_->Open("ns", 1);
  TestShard::Opened subscribed = node_->Open("ns", 2);
  for (const TestShard::Opened* peer : {&echoing, &publishing, &subscribed}) Say(*peer, "hello");
  node_->RunReady();
  EXPECT_THAT(echoing.transport->sent, ElementsAre("hello"));
  EXPECT_THAT(echoing.transport->delivered, IsEmpty());
  EXPECT_THAT(publishing.transport->sent, IsEmpty());
  EXPECT_THAT(subscribed.transport->delivered, ElementsAre("hello"));
  for (const TestShard::Opened* peer : {&echoing, &publishing, &subscribed}) Leave(*peer);
  ExpectNothingLeft();
}

}  // namespace
}  // namespace hookcast::edge
