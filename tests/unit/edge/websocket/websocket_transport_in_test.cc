#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/unit/edge/websocket/client_frames.h"
#include "tests/unit/edge/websocket/websocket_transport_fixture.h"

namespace hookcast::edge {
namespace {

namespace client = websocket::testing;

using hooks::ClosedBy;
using pubsub::DataKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(WebSocketTransportTest, TellsMessagesInOrderHoweverTheyAreCut) {
  const std::string bytes = absl::StrCat(
      client::Text("one"), client::Binary(std::string("\0\xfe", 2)), client::Text("tw", false),
      client::Ping("in between"), client::Continuation("o", true), client::Text(""));
  for (const size_t piece : {bytes.size(), size_t{1}, size_t{3}, size_t{11}}) {
    SCOPED_TRACE(piece);
    fakes::RecordingListener before;
    listener_ = before;
    Start();
    for (size_t i = 0; i < bytes.size(); i += piece) {
      client_->Send(bytes.substr(i, piece));
      node_->RunReady();
    }
    ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 4; }));
    EXPECT_THAT(listener_.messages(),
                ElementsAre("text one", std::string("binary \0\xfe", 9), "text two", "text "));
    EXPECT_THAT(AwaitFrames(1), ElementsAre(PongFrame("in between")));
    EXPECT_EQ(metrics().bytes_received.value(), bytes.size());
    transport_.reset();
  }
}

TEST_F(WebSocketTransportTest, ReadsWhatCameBehindTheHandshake) {
  Settings settings = Quiet();
  settings.rest = absl::StrCat(client::Text("at once"), client::Text("cut").substr(0, 4));
  Start(settings);
  EXPECT_THAT(listener_.messages(), ElementsAre("text at once"));
  client_->Send(client::Text("cut").substr(4));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
  EXPECT_EQ(listener_.messages()[1], "text cut");
}

TEST_F(WebSocketTransportTest, APauseKeepsWhatWasReadAndReadsNoMore) {
  Start();
  int wanted = 2;
  listener_.on_message = [&](DataKind, std::string_view) { return --wanted > 0; };
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += client::Text(absl::StrCat(i));
  client_->Send(bytes + client::Text("cut").substr(0, 5));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
  node_->RunReady();
  EXPECT_THAT(listener_.messages(), ElementsAre("text 0", "text 1"));

  // Far more than any buffer of ours: it has to stay with the client.
  client_->Send(client::Text("cut").substr(5) + client::Text(std::string(500'000, 'x')) +
                client::Text("last"));
  RunFor(milliseconds(50));
  EXPECT_THAT(listener_.messages(), SizeIs(2));
  EXPECT_LT(metrics().bytes_received.value(), 200'000);

  wanted = 3;
  listener_.ExpectMessages();
  transport_->ResumeReading();
  EXPECT_THAT(listener_.messages(), ElementsAre("text 0", "text 1", "text 2", "text 3", "text 4"))
      << "what is at hand is told at once, up to the next pause";
  wanted = 1'000;
  listener_.ExpectMessages();
  transport_->ResumeReading();
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump();
    return listener_.messages().size() == 13;
  }));
  EXPECT_EQ(listener_.messages()[10], "text cut");
  EXPECT_EQ(listener_.messages()[12], "text last");
}

TEST_F(WebSocketTransportTest, ResumingInsideTheMessageThatAskedForThePauseGoesOn) {
  Start();
  listener_.on_message = [&](DataKind, std::string_view) {
    transport_->ResumeReading();
    return true;
  };
  client_->Send(client::Text("a") + client::Text("b"));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
}

TEST_F(WebSocketTransportTest, APausedPeerThatResetsIsLost) {
  Start();
  listener_.on_message = [](DataKind, std::string_view) { return false; };
  client_->Send(client::Text("a"));
  ASSERT_TRUE(RunUntil([&] { return !listener_.messages().empty(); }));
  client_->Reset();
  AwaitReleased();
  EXPECT_EQ(listener_.closed()->code, 1006);
}

TEST_F(WebSocketTransportTest, HalfAFrameAndThenNothingHoldsNobodyUp) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(100);
  settings.websocket.pong_timeout = milliseconds(100);
  Start(settings);
  client_->Send(client::Text("half a frame").substr(0, 9));
  RunFor(milliseconds(60));
  EXPECT_THAT(listener_.messages(), IsEmpty());
  EXPECT_TRUE(Send("still served"));
  EXPECT_EQ(AwaitFrames(1)[0], TextFrame("still served"));
  AwaitReleased();
  EXPECT_EQ(listener_.closed()->code, 1006);
}

// ---- Ping and pong ----

TEST_F(WebSocketTransportTest, APingIsAnsweredWithItsPayload) {
  Start();
  client_->Send(client::Ping("") + client::Ping(std::string(125, 'p')) + client::Pong("unasked"));
  EXPECT_THAT(AwaitFrames(2), ElementsAre(PongFrame(""), PongFrame(std::string(125, 'p'))));
  EXPECT_THAT(listener_.messages(), IsEmpty());
  EXPECT_TRUE(RunUntil([&] { return listener_.control_frames().size() == 3; }));
  EXPECT_THAT(listener_.control_frames(), ElementsAre(0, 125, 7));
}

TEST_F(WebSocketTransportTest, APingForWhichTheListenerClosesIsNotAnswered) {
  Start();
  listener_.on_control_frame = [&](size_t) {
    transport_->Close(1008, "too many", hooks::ClosedBy::kNode);
  };
  client_->Send(client::Ping("a") + client::Text("c"));
  EXPECT_THAT(AwaitFrames(1), ElementsAre(CloseFrame(1008, "too many")));
  client_->Send(client::Close(1008));
  EXPECT_THAT(FramesToTheEnd(), ElementsAre(CloseFrame(1008, "too many")));
  EXPECT_THAT(listener_.control_frames(), ElementsAre(1));
  EXPECT_THAT(listener_.messages(), IsEmpty());
  client_->Close();
  AwaitReleased();
}

TEST_F(WebSocketTransportTest, ASilentClientIsPingedAndLostWhereItDoesNotAnswer) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(150);
  settings.websocket.pong_timeout = milliseconds(150);
  Start(settings);
  const TimePoint start = node_->shard().reactor().Now();
  EXPECT_THAT(AwaitFrames(1), ElementsAre(PingFrame()));
  EXPECT_GE(node_->shard().reactor().Now() - start, milliseconds(150));
  EXPECT_FALSE(listener_.closed());
  AwaitReleased();
  EXPECT_GE(node_->shard().reactor().Now() - start, milliseconds(300));
  EXPECT_LE(node_->shard().reactor().Now() - start, seconds(3));
  ExpectClosed(1006, "the client did not answer a ping", ClosedBy::kNetwork, false);
  EXPECT_EQ(metrics().pings_sent.value(), 1);
  EXPECT_EQ(metrics().ping_timeouts.value(), 1);
}

TEST_F(WebSocketTransportTest, ANodeThatDidNotRunForAWhileDoesNotHoldThatAgainstItsClients) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(150);
  settings.websocket.pong_timeout = milliseconds(150);
  Start(settings);
  EXPECT_THAT(AwaitFrames(1), ElementsAre(PingFrame()));
  std::this_thread::sleep_for(milliseconds(1'400));  // as a process does that is stopped
  EXPECT_THAT(AwaitFrames(2), SizeIs(2)) << "it is asked again";
  AwaitReleased();
  ExpectClosed(1006, "the client did not answer a ping", ClosedBy::kNetwork, false);
}

TEST_F(WebSocketTransportTest, APongKeepsAClient) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(100);
  settings.websocket.pong_timeout = milliseconds(100);
  Start(settings);
  for (size_t pings = 1; pings <= 3; ++pings) {
    ASSERT_THAT(AwaitFrames(pings), SizeIs(pings));
    client_->Send(client::Pong(""));
  }
  EXPECT_FALSE(listener_.closed());
}

TEST_F(WebSocketTransportTest, PingsKeepTheirIntervalHoweverLongAPongMayTake) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(50);
  settings.websocket.pong_timeout = std::chrono::seconds(60);
  Start(settings);
  for (size_t pings = 1; pings <= 3; ++pings) {
    ASSERT_THAT(AwaitFrames(pings), SizeIs(pings));
    client_->Send(client::Pong(""));
  }
  EXPECT_FALSE(listener_.closed());
}

TEST_F(WebSocketTransportTest, TrafficCountsAsLifeAlsoWithoutAPong) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(500);
  settings.websocket.pong_timeout = milliseconds(150);
  Start(settings);
  Reactor& reactor = node_->shard().reactor();
  const TimePoint start = reactor.Now();
  TimePoint next = start;
  ASSERT_TRUE(RunUntil([&] {
    if (reactor.Now() >= next) {
      client_->Send(client::Text("busy"));
      next = reactor.Now() + milliseconds(20);
    }
    client_->Pump();
    return reactor.Now() - start > milliseconds(1'200);
  }));
  EXPECT_FALSE(listener_.closed());
  EXPECT_EQ(metrics().pings_sent.value(), 0) << "who talks need not be asked";
}

TEST_F(WebSocketTransportTest, APausedClientIsNotLostForItsSilence) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(100);
  settings.websocket.pong_timeout = milliseconds(100);
  Start(settings);
  listener_.on_message = [](DataKind, std::string_view) { return false; };
  client_->Send(client::Text("a"));
  ASSERT_TRUE(RunUntil([&] { return !listener_.messages().empty(); }));
  RunFor(milliseconds(500));
  EXPECT_FALSE(listener_.closed());
  listener_.on_message = nullptr;
  listener_.ExpectMessages();
  transport_->ResumeReading();
  client_->Send(client::Text("b"));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
}

// Its pong cannot come before the ping, which stands behind what it still has to read.
TEST_F(WebSocketTransportTest, AClientThatReadsSlowlyIsNotLostForALatePong) {
  Settings settings = Quiet();
  settings.websocket.ping_interval = milliseconds(150);
  settings.websocket.pong_timeout = milliseconds(250);
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Send(std::string(10'000, 'x')));
  Reactor& reactor = node_->shard().reactor();
  const TimePoint start = reactor.Now();
  size_t read = 0;
  ASSERT_TRUE(RunUntil([&] {
    // About 700 KB a second.
    const auto due = static_cast<size_t>((reactor.Now() - start) / milliseconds(1)) * 700;
    if (due > read) {
      client_->Pump(due - read);
      read = due;
    }
    return reactor.Now() - start > milliseconds(1'000);
  }));
  EXPECT_FALSE(listener_.closed());
  EXPECT_GT(transport_->queued_bytes(), 0) << "or this test has shown nothing";
}

// The node has handed everything to the kernel, and hears of nothing more: only what the client has
// not acknowledged tells whether it reads.
TEST_F(WebSocketTransportTest, APingBehindWhatTheKernelHoldsIsAwaitedWhileThatGetsLess) {
  for (const bool reads : {true, false}) {
    SCOPED_TRACE(reads);
    listener_ = {};
    Settings settings = Quiet();
    settings.websocket.ping_interval = milliseconds(100);
    settings.websocket.pong_timeout = milliseconds(250);
    settings.buffer_bytes = 8 * 1024;
    settings.send_buffer_bytes = 200'000;
    Start(settings);
    ASSERT_TRUE(Send(std::string(150'000, 'x')));
    node_->RunReady();
    ASSERT_EQ(transport_->queued_bytes(), 0) << "or this test shows something else";
    Reactor& reactor = node_->shard().reactor();
    const TimePoint start = reactor.Now();
    size_t read = 0;
    ASSERT_TRUE(RunUntil([&] {
      // About 100 KB a second: four times the deadline, and the ping is still not there.
      const auto due = static_cast<size_t>((reactor.Now() - start) / milliseconds(1)) * 100;
      if (reads && due > read) {
        client_->Pump(due - read);
        read = due;
      }
      return listener_.closed() || reactor.Now() - start > milliseconds(1'200);
    }));
    EXPECT_GT(metrics().pings_sent.value(), 0);
    if (reads) {
      EXPECT_FALSE(listener_.closed());
      EXPECT_EQ(metrics().ping_timeouts.value(), 0);
      EXPECT_LT(client_->received().size(), 150'000) << "or this test has shown nothing";
      // It answers once it has read that far.
      EXPECT_THAT(AwaitFrames(2), testing::Contains(PingFrame()));
      client_->Send(client::Pong(""));
      node_->RunReady();
      EXPECT_FALSE(listener_.closed());
    } else {
      EXPECT_EQ(metrics().ping_timeouts.value(), 1);
      ExpectClosed(1006, "the client did not answer a ping", ClosedBy::kNetwork, false);
    }
    transport_.reset();
  }
}

TEST_F(WebSocketTransportTest, AnIdlePeerHasNoTimerWherePingsAreOff) {
  Start();
  node_->RunReady();
  RunFor(milliseconds(200));
  EXPECT_EQ(metrics().pings_sent.value(), 0);
  EXPECT_FALSE(listener_.closed());
}

}  // namespace
}  // namespace hookcast::edge
