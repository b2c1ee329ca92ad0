#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/edge/websocket/client_frames.h"
#include "tests/unit/edge/websocket/websocket_transport_fixture.h"

namespace hookcast::edge {
namespace {

namespace client = websocket::testing;

using config::SlowPeer;
using hooks::ClosedBy;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class SlowPeerTransportTest : public WebSocketTransportTest {
 protected:
  // Numbered messages to a client that reads nothing until the last; then, in order, those that it
  // reads, once nothing waits any more.
  std::vector<int> NumbersSeenAfterAStall(int messages, int topics = 1) {
    for (int i = 0; i < messages; ++i) {
      Deliver(absl::StrCat(i, " ", std::string(1'000, 'x')), absl::StrCat("topic ", i % topics));
      if (i % 10 == 0) node_->RunReady();
      EXPECT_LE(transport_->queued_bytes(), 50'000);
    }
    EXPECT_EQ(metrics().peers_behind.value(), 1);
    EXPECT_TRUE(RunUntil([&] {
      client_->Pump();
      return transport_->queued_bytes() == 0 && metrics().peers_behind.value() == 0;
    }));
    // What was written before this comes before it.
    EXPECT_TRUE(Send("end"));
    std::vector<ServerFrame> frames;
    EXPECT_TRUE(RunUntil([&] {
      frames = Frames();
      return !frames.empty() && frames.back().payload == "end";
    }));
    EXPECT_THAT(listener_.drained(), Not(IsEmpty()));
    EXPECT_FALSE(listener_.closed());
    std::vector<int> seen;
    for (size_t i = 0; i + 1 < frames.size(); ++i) {
      EXPECT_EQ(frames[i].opcode, 1);
      seen.push_back(std::stoi(frames[i].payload));
    }
    return seen;
  }

  // Mostly one; more where the kernel takes some of what waits amid the stall, now and then.
  static void ExpectHoles(const std::vector<int>& seen) {
    int holes = 0;
    for (size_t i = 1; i < seen.size(); ++i) {
      ASSERT_GT(seen[i], seen[i - 1]);
      if (seen[i] != seen[i - 1] + 1) ++holes;
    }
    EXPECT_EQ(seen.front(), 0);
    EXPECT_GT(holes, 0);
  }
};

TEST_F(SlowPeerTransportTest, APeerThatDoesNotReadSeesAPrefixWithoutHolesAndThen1013) {
  Settings settings = Narrow(100'000);
  settings.websocket.close_timeout = seconds(10);
  Start(settings);
  int accepted = 0;
  while (Send(absl::StrCat(accepted, " ", std::string(1'000, 'x')))) {
    ++accepted;
    if (accepted % 10 == 0) node_->RunReady();
    ASSERT_LT(accepted, 100'000);
  }
  EXPECT_GT(accepted, 100);
  node_->RunReady();
  EXPECT_GT(metrics().dropped.value(metrics::Drop::kSlowPeer), 0);
  EXPECT_FALSE(listener_.closed()) << "it may still read, and answer";
  EXPECT_FALSE(Send("after the decision"));
  pubsub::Message message;
  message.data = TextData("neither");
  EXPECT_FALSE(transport_->Deliver(message));

  std::vector<ServerFrame> frames;
  ASSERT_TRUE(RunUntil([&] {
    frames = Frames();
    return !frames.empty() && frames.back().opcode == 8;
  }));
  for (size_t i = 0; i + 1 < frames.size(); ++i) {
    ASSERT_EQ(frames[i].opcode, 1);
    ASSERT_THAT(frames[i].payload, StartsWith(absl::StrCat(i, " ")));
  }
  EXPECT_EQ(CloseCodeOf(frames.back()), 1013);
  EXPECT_LT(frames.size(), static_cast<size_t>(accepted));
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kSlowPeer),
            static_cast<uint64_t>(accepted) - (frames.size() - 1) + 1)
      << "what was dropped from the queue, and the message that was one too many";

  client_->Send(client::Close(1013));
  EXPECT_THAT(FramesToTheEnd(), SizeIs(frames.size()));
  ExpectClosed(1013, "too slow: the queue is full", ClosedBy::kNode, true);
  client_->Close();
  AwaitReleased();
}

TEST_F(SlowPeerTransportTest, ACondemnedPeerThatNeverReadsIsFreedInTime) {
  Start(Narrow(50'000));
  while (Send(std::string(1'000, 'x'))) node_->RunReady();
  node_->RunReady();
  EXPECT_GT(metrics().queued_bytes.value(), 0);
  AwaitReleased();
  ExpectClosed(1013, "too slow: the queue is full", ClosedBy::kNode, false);
  EXPECT_EQ(metrics().close_timeouts.value(), 1);
  EXPECT_EQ(metrics().queued_bytes.value(), 0) << "what will never go out is not kept";
  EXPECT_EQ(transport_->queued_bytes(), 0);
}

TEST_F(SlowPeerTransportTest, APeerWhoseConnectionBrokeIsLostNotSlow) {
  Start(Narrow(50'000));
  node_->RunReady();
  client_->Reset();
  // Before the loop hears of the reset.
  while (Send(std::string(1'000, 'x'))) {
  }
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kSlowPeer), 0);
  AwaitReleased();
  EXPECT_EQ(listener_.closed()->code, 1006);
  EXPECT_EQ(listener_.closed()->by, ClosedBy::kNetwork);
}

TEST_F(SlowPeerTransportTest, ASlowReaderGetsEverythingAndCountsAsQueuedMeanwhile) {
  Settings settings = Quiet();
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(Send(absl::StrCat(i, std::string(2'000, 'x'))));
  node_->RunReady();
  EXPECT_GT(metrics().queued_bytes.value(), 0);
  EXPECT_EQ(metrics().queued_bytes.value(), static_cast<int64_t>(transport_->queued_bytes()));
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump(3'000);
    return transport_->queued_bytes() == 0;
  }));
  EXPECT_EQ(metrics().queued_bytes.value(), 0);
  const std::vector<ServerFrame> frames = AwaitFrames(300);
  for (size_t i = 0; i < frames.size(); ++i) {
    ASSERT_THAT(frames[i].payload, StartsWith(absl::StrCat(i, "x")));
  }
}

// RFC 6455 section 5.5.3.
TEST_F(SlowPeerTransportTest, OfThePingsBehindAFullSocketTheLatestIsAnsweredAndFewOthers) {
  Start(Narrow(50'000));
  while (transport_->queued_bytes() < 30'000) {
    ASSERT_TRUE(Send(std::string(1'000, 'x')));
    node_->RunReady();
  }
  const size_t before = transport_->queued_bytes();
  for (int i = 1; i <= 20'000; ++i) {
    client_->Send(client::Ping(absl::StrCat(i)));
    if (i % 100 == 0) node_->RunReady();
  }
  node_->RunReady();
  EXPECT_LT(transport_->queued_bytes(), before + 5'000);

  std::vector<ServerFrame> frames;
  ASSERT_TRUE(RunUntil([&] {
    frames = Frames();
    return !frames.empty() && frames.back() == PongFrame("20000");
  }));
  // None of the others is out of order.
  int last = 0;
  int pongs = 0;
  for (const ServerFrame& frame : frames) {
    if (frame.opcode != 10) continue;
    EXPECT_GT(std::stoi(frame.payload), last);
    last = std::stoi(frame.payload);
    ++pongs;
  }
  EXPECT_LT(pongs, 200);
  EXPECT_FALSE(listener_.closed());
}

TEST_F(SlowPeerTransportTest, AFloodOfPingsLeavesAQueueOfAFewPongs) {
  Start(Narrow(50'000));
  std::string pings;
  for (int i = 0; i < 1'000; ++i) pings += client::Ping(std::string(120, 'p'));
  const uint64_t before = metrics().bytes_received.value();
  size_t most = 0;
  ASSERT_TRUE(RunUntil([&] {
    client_->Send(pings);
    most = std::max(most, transport_->queued_bytes());
    return metrics().bytes_received.value() > before + 5'000'000;
  }));
  EXPECT_LT(most, 20'000);
  EXPECT_FALSE(listener_.closed()) << "it costs no more than any other client";
  // The sockets are full, the answer to the latest ping still comes, and then others do.
  client_->Send(client::Ping("latest"));
  std::vector<ServerFrame> frames;
  ASSERT_TRUE(RunUntil([&] {
    frames = Frames();
    return !frames.empty() && frames.back() == PongFrame("latest");
  }));
  client_->Send(client::Ping("one more"));
  ASSERT_TRUE(RunUntil([&] { return Frames().back() == PongFrame("one more"); }));
}

TEST_F(SlowPeerTransportTest, PongsDoNotTakeTheRoomOfMessagesThatMayBeDropped) {
  Start(Narrow(20'000, SlowPeer::kDropOldest));
  for (int i = 0; i < 20'000; ++i) {
    client_->Send(client::Ping(absl::StrCat(i)));
    Deliver(absl::StrCat(i, " ", std::string(1'000, 'x')));
    if (i % 10 == 0) node_->RunReady();
  }
  EXPECT_FALSE(listener_.closed());
  EXPECT_LE(transport_->queued_bytes(), 20'000);
  std::vector<ServerFrame> frames;
  ASSERT_TRUE(RunUntil([&] {
    frames = Frames();
    return !frames.empty() && frames.back() == PongFrame("19999");
  }));
  const auto newest = std::find_if(frames.rbegin(), frames.rend(),
                                   [](const ServerFrame& frame) { return frame.opcode == 1; });
  ASSERT_NE(newest, frames.rend());
  EXPECT_THAT(newest->payload, StartsWith("19999 "));
}

TEST_F(SlowPeerTransportTest, AFloodOfTinyFramesIsBoundedByWhatItCostsInMemory) {
  for (const SlowPeer policy : {SlowPeer::kClose, SlowPeer::kDropOldest}) {
    listener_ = {};
    Start(Narrow(100'000, policy));
    // Fills the socket, so that the rest stays here.
    while (transport_->queued_bytes() < 50'000) {
      ASSERT_TRUE(Send(std::string(1'000, 'x')));
      node_->RunReady();
    }
    const size_t before = transport_->queued_bytes();
    size_t taken = 0;
    for (; taken < 10'000 && Deliver("x", std::string(200, 't')); ++taken) {
      ASSERT_LE(transport_->queued_bytes(), 100'000);
    }
    // Three bytes of frame each, but a block of memory with a topic's name.
    const size_t most = (100'000 - before) / 250;
    if (policy == SlowPeer::kClose) {
      EXPECT_LE(taken, most);
      EXPECT_GE(taken, most / 2);
    } else {
      EXPECT_EQ(taken, 10'000);
      // The kernel takes some more of what waits, now and then.
      EXPECT_GE(metrics().dropped.value(metrics::Drop::kSlowPeerOldest), 10'000 - 4 * most);
    }
    transport_.reset();
  }
}

// ---- Policies that keep the peer ----

TEST_F(SlowPeerTransportTest, DropOldestLeavesAHoleBeforeTheNewestAndKeepsThePeer) {
  Start(Narrow(50'000, SlowPeer::kDropOldest));
  const std::vector<int> seen = NumbersSeenAfterAStall(/*messages=*/1'000);
  const auto dropped = metrics().dropped.value(metrics::Drop::kSlowPeerOldest);
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(seen.size() + dropped, 1'000) << "each is seen or counted";
  ExpectHoles(seen);
  EXPECT_EQ(seen.back(), 999) << "the newest are there";
  EXPECT_THAT(listener_.gaps(), IsEmpty()) << "the operator chose holes";
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kSlowPeer), 0);
}

TEST_F(SlowPeerTransportTest, ConflateEndsWithTheNewestOfEachTopic) {
  Start(Narrow(50'000, SlowPeer::kConflate));
  const std::vector<int> seen = NumbersSeenAfterAStall(/*messages=*/1'000, /*topics=*/7);
  EXPECT_GT(metrics().dropped.value(metrics::Drop::kSlowPeerConflated), 0);
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kSlowPeerOldest), 0);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  ASSERT_GE(seen.size(), 7);
  EXPECT_THAT(std::vector<int>(seen.end() - 7, seen.end()),
              ElementsAre(993, 994, 995, 996, 997, 998, 999));
  EXPECT_EQ(seen.size() + metrics().dropped.value(metrics::Drop::kSlowPeerConflated), 1'000);
}

TEST_F(SlowPeerTransportTest, AGapIsToldOnceItIsOverAndWhatComesBehindItArrives) {
  Start(Narrow(50'000, SlowPeer::kGap));
  std::vector<int> seen = NumbersSeenAfterAStall(/*messages=*/1'000);
  // Mostly one; the kernel may take some of what waits amid the stall, which ends a gap.
  const std::vector<uint64_t> gaps = listener_.gaps();
  ASSERT_THAT(gaps, Not(IsEmpty()));
  const uint64_t lost = std::accumulate(gaps.begin(), gaps.end(), uint64_t{0});
  EXPECT_EQ(lost, metrics().dropped.value(metrics::Drop::kSlowPeerGap));
  EXPECT_EQ(seen.size() + lost, 1'000);
  std::vector<uint64_t> holes;
  int next = 0;
  for (const int number : seen) {
    if (number != next) holes.push_back(static_cast<uint64_t>(number - next));
    next = number + 1;
  }
  if (next != 1'000) holes.push_back(static_cast<uint64_t>(1'000 - next));
  EXPECT_EQ(holes, gaps) << "each hole was told, with its size";

  ASSERT_TRUE(Deliver("1000 behind the gap"));
  EXPECT_THAT(AwaitFrames(seen.size() + 2).back().payload, "1000 behind the gap");
  EXPECT_EQ(listener_.gaps(), gaps);
}

TEST_F(SlowPeerTransportTest, AnEndInAGapTellsOfItBeforeItTellsTheEnd) {
  enum End { kReset, kClientClose, kOurClose, kProtocolError };
  for (const End end : {kReset, kClientClose, kOurClose, kProtocolError}) {
    SCOPED_TRACE(end);
    listener_ = {};
    Start(Narrow(50'000, SlowPeer::kGap));
    while (Deliver(std::string(1'000, 'x'))) node_->RunReady();
    EXPECT_EQ(metrics().peers_behind.value(), 1);
    if (end == kReset) client_->Reset();
    if (end == kClientClose) client_->Send(client::Close(4001));
    if (end == kOurClose) transport_->Close(4000, "", ClosedBy::kApplication);
    if (end == kProtocolError) client_->Send(client::ClientFrame{.opcode = 3}.Bytes());
    EXPECT_TRUE(RunUntil([&] { return listener_.closed().has_value(); }));
    EXPECT_THAT(listener_.gaps(),
                ElementsAre(metrics().dropped.value(metrics::Drop::kSlowPeerGap)));
    EXPECT_THAT(listener_.drained(), IsEmpty());
    EXPECT_EQ(metrics().peers_behind.value(), 0);
    EXPECT_EQ(listener_.broken_rule(), "");
    transport_.reset();
  }
}

TEST_F(SlowPeerTransportTest, WhatIsSentToOnePeerIsNeverDroppedAndItsExcessIsTooSlow) {
  for (const SlowPeer policy : {SlowPeer::kDropOldest, SlowPeer::kConflate, SlowPeer::kGap}) {
    listener_ = {};
    Settings settings = Narrow(50'000, policy);
    settings.websocket.close_timeout = seconds(10);
    Start(settings);
    int sent = 0;
    while (Send(absl::StrCat("direct ", sent, " ", std::string(1'000, 'x')))) {
      ++sent;
      Deliver(absl::StrCat("topic ", std::string(1'000, 'x')));
      if (sent % 10 == 0) node_->RunReady();
      ASSERT_LT(sent, 100'000);
    }
    const auto condemned = metrics().dropped.value(metrics::Drop::kSlowPeer);
    EXPECT_GT(condemned, 0);
    std::vector<ServerFrame> frames;
    ASSERT_TRUE(RunUntil([&] {
      frames = Frames();
      return !frames.empty() && frames.back().opcode == 8;
    }));
    EXPECT_EQ(CloseCodeOf(frames.back()), 1013);
    int next = 0;
    for (const ServerFrame& frame : frames) {
      if (!frame.payload.starts_with("direct ")) continue;
      EXPECT_THAT(frame.payload, StartsWith(absl::StrCat("direct ", next++, " ")));
    }
    EXPECT_EQ(static_cast<uint64_t>(sent - next) + 1, condemned)
        << "what was condemned with the peer is all that is missing";
    transport_.reset();
  }
}

TEST_F(SlowPeerTransportTest, IsDrainedOnceForEachTimeItsQueueWasFull) {
  for (const SlowPeer policy : {SlowPeer::kDropOldest, SlowPeer::kConflate, SlowPeer::kGap}) {
    listener_ = {};
    Start(Narrow(50'000, policy));
    for (size_t episode = 1; episode <= 2; ++episode) {
      while (metrics().peers_behind.value() == 0) {
        Deliver(std::string(1'000, 'x'));
        node_->RunReady();
      }
      RunFor(milliseconds(20));
      EXPECT_THAT(listener_.drained(), SizeIs(episode - 1)) << "nobody has read";
      ASSERT_TRUE(RunUntil([&] {
        client_->Pump();
        return listener_.drained().size() == episode;
      }));
      EXPECT_LE(listener_.drained().back(), 25'000);
      ASSERT_TRUE(RunUntil([&] {
        client_->Pump();
        return transport_->queued_bytes() == 0;
      }));
      EXPECT_THAT(listener_.drained(), SizeIs(episode)) << "once";
    }
    transport_.reset();
  }
}

TEST_F(SlowPeerTransportTest, APeerWhoseQueueWasNeverFullIsNeverDrained) {
  Start(Narrow(500'000, SlowPeer::kDropOldest));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Deliver(std::string(1'000, 'x')));
  EXPECT_THAT(AwaitFrames(100), SizeIs(100));
  node_->RunReady();
  EXPECT_THAT(listener_.drained(), IsEmpty());
}

}  // namespace
}  // namespace hookcast::edge
