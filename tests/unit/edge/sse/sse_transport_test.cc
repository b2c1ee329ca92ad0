#include "edge/sse/sse_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/fakes/edge/recording_listener.h"
#include "tests/unit/edge/client_socket.h"
#include "tests/unit/edge/test_shard.h"

namespace hookcast::edge {
namespace {

using config::SlowPeer;
using hooks::ClosedBy;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

// One event stream over the loopback: the server's end is a transport on a polled loop, the
// client's end is in the test's hands. When a test ends, the transport has kept the rules of its
// seam and left no gauge behind.
class SseTransportTest : public testing::Test {
 protected:
  static constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\n\r\n";

  struct Settings {
    config::SseConfig sse{.keepalive = milliseconds(0)};
    SseOptions options{.form = {.chunked = false, .binary_event = kDefaultBinaryEvent}};
    int buffer_bytes = 0;  // of the sockets, towards the client; 0: the system's own
  };
  static Settings Narrow(size_t queue_bytes, SlowPeer slow_peer = SlowPeer::kClose) {
    Settings settings;
    settings.options.max_queue_bytes = queue_bytes;
    settings.options.slow_peer = slow_peer;
    settings.buffer_bytes = 8 * 1024;
    return settings;
  }

  void Start(const Settings& settings) {
    config::Config config = TestShard::ConfigOf({TestShard::RouteAt("/r")});
    config.sse = settings.sse;
    node_.emplace(std::move(config));
    Connected connected = ConnectLoopback(settings.buffer_bytes);
    client_.emplace(std::move(connected.client));
    ConnectionCount& count = node_->shard().connections();
    count.Add(1);
    transport_ = std::make_unique<SseTransport>(&node_->shard(), &listener_,
                                                Socket(connected.server, &count), settings.options);
    transport_->Start(kHead, PeerId{TestShard::kNode, ShardId{0}, 1}, "");
  }

  void TearDown() override {
    EXPECT_EQ(listener_.broken_rule(), "");
    transport_.reset();
    if (node_) {
      node_->RunReady();
      EXPECT_EQ(node_->GaugesLeft(), "");
    }
  }

  bool RunUntil(absl::FunctionRef<bool()> holds) { return node_->RunUntil(holds); }

  // The blocks that came behind hookcast.open, without their empty lines; the last may be cut.
  std::vector<std::string> Blocks() {
    client_->Pump();
    const std::string_view all = client_->received();
    const size_t open = all.find("\n\n");
    if (open == std::string_view::npos) return {};
    EXPECT_THAT(std::string(all.substr(0, open)),
                StartsWith(std::string(kHead) + "event: hookcast.open\nretry: "));
    std::vector<std::string> blocks = absl::StrSplit(std::string(all.substr(open + 2)), "\n\n");
    if (blocks.back().empty()) blocks.pop_back();
    return blocks;
  }
  std::vector<std::string> AwaitBlocks(size_t count) {
    std::vector<std::string> blocks;
    EXPECT_TRUE(RunUntil([&] {
      blocks = Blocks();
      return blocks.size() >= count;
    }));
    return blocks;
  }
  std::vector<std::string> BlocksToTheEnd() {
    EXPECT_TRUE(RunUntil([&] {
      client_->Pump();
      return client_->gone();
    }));
    EXPECT_TRUE(client_->ended()) << "reset";
    return Blocks();
  }

  void AwaitReleased() {
    EXPECT_TRUE(RunUntil([&] { return listener_.released(); }));
    EXPECT_EQ(node_->shard().connections().here.load(), 0);
  }
  void ExpectClosed(uint16_t code, std::string_view reason, ClosedBy by, bool was_clean) {
    ASSERT_TRUE(listener_.closed().has_value());
    EXPECT_EQ(listener_.closed()->code, code);
    EXPECT_EQ(listener_.closed()->reason, reason);
    EXPECT_EQ(listener_.closed()->by, by);
    EXPECT_EQ(listener_.closed()->was_clean, was_clean);
  }

  bool Send(std::string_view text) { return transport_->Send(TextData(text)); }
  bool Deliver(std::string_view text, std::string topic = "t") {
    pubsub::Message message;
    message.topic = std::move(topic);
    message.data = TextData(text);
    return transport_->Deliver(message);
  }
  metrics::Catalogue& metrics() { return node_->metrics(); }

  fakes::RecordingListener listener_;
  std::optional<TestShard> node_;
  std::optional<ClientSocket> client_;
  std::unique_ptr<SseTransport> transport_;
};

TEST_F(SseTransportTest, TheHeadAndTheOpenEventLead) {
  Start({});
  Send("a");
  Deliver("b\nc");
  EXPECT_THAT(AwaitBlocks(2), ElementsAre("data: a", "data: b\ndata: c"));
  EXPECT_THAT(std::string(client_->received()),
              HasSubstr("data: {\"peer\":\"0000000000000abc-0-1\"}"));
}

TEST_F(SseTransportTest, ToHttp11EachEventIsAChunkAndTheStreamEndsWithTheLastOne) {
  Settings settings;
  settings.options.form.chunked = true;
  Start(settings);
  Send("hello");
  transport_->Close(1000, "", ClosedBy::kApplication);
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump();
    return client_->ended();
  }));
  const std::string all(client_->received());
  EXPECT_THAT(all, HasSubstr("\r\nd\r\ndata: hello\n\n\r\n"));
  EXPECT_TRUE(all.ends_with(
      "37\r\nevent: hookcast.close\ndata: {\"code\":1000,\"reason\":\"\"}\n\n\r\n0\r\n\r\n"))
      << all;
  client_->Close();
  AwaitReleased();
}

TEST_F(SseTransportTest, AClientThatEndsItsConnectionHasLeft) {
  Start({});
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump();
    return !client_->received().empty();
  }));
  client_->Close();
  AwaitReleased();
  ExpectClosed(1005, "", ClosedBy::kClient, true);
  EXPECT_FALSE(Send("too late"));
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kPeerClosing), 1);
}

TEST_F(SseTransportTest, AConnectionThatBreaksIs1006) {
  Start({});
  client_->Reset();
  AwaitReleased();
  ExpectClosed(1006, "the connection broke", ClosedBy::kNetwork, false);
}

TEST_F(SseTransportTest, WhatTheClientSendsBehindItsRequestIsRead) {
  Start({});
  client_->Send(std::string(30'000, 'x'));
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump();
    return metrics().bytes_received.value() == 30'000;
  }));
  Send("still here");
  EXPECT_THAT(AwaitBlocks(1), ElementsAre("data: still here"));
}

TEST_F(SseTransportTest, TheNodesCloseIsAnEventAndTheEnd) {
  Start({});
  Send("before");
  transport_->Close(4000, "because", ClosedBy::kApplication);
  transport_->Close(1012, "a second one", ClosedBy::kNode);
  EXPECT_FALSE(Send("after"));
  EXPECT_FALSE(listener_.closed()) << "not inside Close, which may run inside Deliver";
  EXPECT_THAT(BlocksToTheEnd(),
              ElementsAre("data: before",
                          "event: hookcast.close\ndata: {\"code\":4000,\"reason\":\"because\"}"));
  ExpectClosed(4000, "because", ClosedBy::kApplication, true);
  EXPECT_FALSE(listener_.released()) << "the client has not ended its side";
  client_->Close();
  AwaitReleased();
}

TEST_F(SseTransportTest, WhomTheNodeSendsAwayIsToldWhenToComeBack) {
  Settings settings;
  settings.sse.retry = milliseconds(2000);
  Start(settings);
  transport_->Close(1012, "the node is shutting down", ClosedBy::kNode);
  EXPECT_THAT(BlocksToTheEnd(),
              ElementsAre(MatchesRegex("event: hookcast.close\nretry: [1-3][0-9][0-9][0-9]\n"
                                       "data: .\"code\":1012,.*")));
}

TEST_F(SseTransportTest, TerminateEndsTheConnectionWithoutAWord) {
  Start({});
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump();
    return !client_->received().empty();
  }));
  transport_->Terminate(ClosedBy::kApplication);
  EXPECT_FALSE(listener_.closed());
  AwaitReleased();
  ExpectClosed(1006, "terminated", ClosedBy::kApplication, false);
  EXPECT_THAT(BlocksToTheEnd(), IsEmpty());
}

TEST_F(SseTransportTest, ASilentStreamIsKeptAlive) {
  Settings settings;
  settings.sse.keepalive = milliseconds(50);
  Start(settings);
  EXPECT_THAT(AwaitBlocks(3), ElementsAre(":", ":", ":"));
  EXPECT_GE(metrics().keepalives_sent.value(), 3);
  EXPECT_EQ(metrics().keepalive_timeouts.value(), 0) << "the client's host acknowledges";
}

TEST_F(SseTransportTest, AKeepaliveComesAnIntervalAfterTheLastEventAndNotBefore) {
  Settings settings;
  settings.sse.keepalive = milliseconds(1'000);
  Start(settings);
  const Reactor& reactor = node_->shard().reactor();
  const TimePoint start = reactor.Now();
  TimePoint last = start;
  ASSERT_TRUE(RunUntil([&] {
    const TimePoint now = reactor.Now();
    if (now - last >= milliseconds(20)) {
      Send("x");
      last = now;
    }
    return now - start >= milliseconds(1'500);
  }));
  EXPECT_EQ(metrics().keepalives_sent.value(), 0) << "it talks";
  ASSERT_TRUE(RunUntil([&] { return metrics().keepalives_sent.value() == 1; }));
  EXPECT_GE(reactor.Now() - last, milliseconds(995));
  EXPECT_LT(reactor.Now() - last, milliseconds(1'950)) << "no second interval";
}

TEST_F(SseTransportTest, AClientThatSendsOnAndOnIsCutOff) {
  Start({});
  client_->Send(std::string(200'000, 'x'));
  AwaitReleased();
  ExpectClosed(1008, "the client sent data behind its request", ClosedBy::kNode, false);
}

TEST_F(SseTransportTest, AStreamThatIsCutInAGapTellsTheListenerWhatWasLost) {
  Start(Narrow(50'000, SlowPeer::kGap));
  int sent = 0;
  while (metrics().peers_behind.value() == 0) {
    Deliver(std::string(1'000, 'x'));
    node_->RunReady();
    ASSERT_LT(++sent, 100'000);
  }
  client_->Reset();
  AwaitReleased();
  ASSERT_THAT(listener_.gaps(), SizeIs(1));
  EXPECT_GT(listener_.gaps().front(), 0);
}

TEST_F(SseTransportTest, ACloseInAGapTellsTheClientWhatWasLostFirst) {
  Start(Narrow(50'000, SlowPeer::kGap));
  int sent = 0;
  while (metrics().peers_behind.value() == 0) {
    Deliver(std::string(1'000, 'x'));
    node_->RunReady();
    ASSERT_LT(++sent, 100'000);
  }
  transport_->Close(4000, "", ClosedBy::kApplication);
  const std::vector<std::string> blocks = BlocksToTheEnd();
  ASSERT_GE(blocks.size(), 2);
  EXPECT_THAT(blocks[blocks.size() - 2], StartsWith("event: hookcast.gap\ndata: {\"lost\":"));
  EXPECT_THAT(blocks.back(), StartsWith("event: hookcast.close\n"));
}

TEST_F(SseTransportTest, AClientThatLeavesWhileTheEndGoesOutIsNotACleanEnd) {
  Start(Narrow(1'000'000));
  for (int i = 0; i < 500; ++i) Send(std::string(1'000, 'x'));
  transport_->Close(4000, "bye", ClosedBy::kApplication);
  node_->RunReady();
  client_->Close();
  AwaitReleased();
  ExpectClosed(4000, "bye", ClosedBy::kApplication, false);
}

TEST_F(SseTransportTest, AKeepaliveMovesThePositionWhereThereIsOne) {
  listener_.resume_id = "92846985.5.9";
  Settings settings;
  settings.sse.keepalive = milliseconds(50);
  Start(settings);
  EXPECT_EQ(AwaitBlocks(1).front(), "id: 92846985.5.9");
}

// B32: no FIN ever comes.
TEST_F(SseTransportTest, AClientWhoseHostAcknowledgesNothingIsGone) {
  Settings settings = Narrow(10'000'000);
  settings.sse.keepalive = milliseconds(100);
  Start(settings);
  for (int i = 0; i < 1000; ++i) Send(std::string(1'000, 'x'));  // more than both sockets hold
  AwaitReleased();
  ExpectClosed(1006, "the client acknowledged nothing any more", ClosedBy::kNetwork, false);
  EXPECT_EQ(metrics().keepalive_timeouts.value(), 1);
}

TEST_F(SseTransportTest, AClientThatReadsSlowlyIsNot) {
  Settings settings = Narrow(10'000'000);
  settings.sse.keepalive = milliseconds(100);
  Start(settings);
  for (int i = 0; i < 1000; ++i) Send(std::string(1'000, 'x'));
  const TimePoint start = node_->shard().reactor().Now();
  TimePoint next = start;
  ASSERT_TRUE(RunUntil([&] {
    const TimePoint now = node_->shard().reactor().Now();
    if (now >= next) {
      client_->Pump(20'000);
      next = now + milliseconds(20);
    }
    return now >= start + milliseconds(600);
  }));
  EXPECT_FALSE(listener_.closed());
}

// B34, of one stream; 1,000 of them are in the integration tests.
TEST_F(SseTransportTest, AStreamEndsAtItsMaximumAgeAndSaysWhenToComeBack) {
  Settings settings;
  settings.sse.max_age = milliseconds(200);
  Start(settings);
  const TimePoint start = node_->shard().reactor().Now();
  EXPECT_THAT(BlocksToTheEnd(), ElementsAre(HasSubstr("\nretry: ")));
  EXPECT_GE(node_->shard().reactor().Now() - start, milliseconds(160));
  ExpectClosed(1012, "the stream has reached its maximum age", ClosedBy::kNode, true);
  EXPECT_EQ(metrics().aged_out.value(), 1);
}

TEST_F(SseTransportTest, BinaryIsDroppedAndCountedWhereTheRouteHasNoEventForIt) {
  Settings settings;
  settings.options.form.binary_event = "";
  Start(settings);
  pubsub::Data data = TextData("\x01");
  data.kind = pubsub::DataKind::kBinary;
  EXPECT_FALSE(transport_->Send(data));
  pubsub::Message message;
  message.data = data;
  EXPECT_FALSE(transport_->Deliver(message));
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kBinaryEvent), 2);
  Send("text");
  EXPECT_THAT(AwaitBlocks(1), ElementsAre("data: text"));
}

TEST_F(SseTransportTest, PositionsAndGapsAreToldInBand) {
  listener_.resume_id = "92846985.5.9";
  Start({});
  transport_->TellPosition();
  EXPECT_TRUE(transport_->TellGap(std::nullopt));
  EXPECT_TRUE(transport_->TellGap(12));
  pubsub::Message message;
  message.ns = "/a";
  message.position = pubsub::Position{5, 3};
  message.data = TextData("old");
  EXPECT_TRUE(transport_->Recall(message));
  EXPECT_THAT(AwaitBlocks(4), ElementsAre("id: 92846985.5.9", "event: hookcast.gap\ndata: {}",
                                          "event: hookcast.gap\ndata: {\"lost\":12}",
                                          "id: 92846985.5.9\ndata: old"));
  EXPECT_THAT(listener_.gaps(), IsEmpty());
}

TEST_F(SseTransportTest, ThereIsSpaceOnceNoMoreThanThatWaits) {
  Start(Narrow(1'000'000));
  for (int i = 0; i < 500; ++i) Send(std::string(1'000, 'x'));
  transport_->AwaitSpace(10'000);
  node_->RunReady();
  EXPECT_EQ(listener_.spaces(), 0);
  ASSERT_GT(transport_->queued_bytes(), 10'000);
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump();
    return listener_.spaces() == 1;
  }));
  EXPECT_LE(transport_->queued_bytes(), 10'000);
  transport_->AwaitSpace(10'000);
  EXPECT_TRUE(RunUntil([&] { return listener_.spaces() == 2; })) << "from a turn to come";
}

TEST_F(SseTransportTest, APeerThatDoesNotReadSeesAPrefixWithoutHolesAndThen1013) {
  Start(Narrow(100'000));
  int accepted = 0;
  while (Deliver(absl::StrCat(accepted, " ", std::string(1'000, 'x')))) {
    ++accepted;
    if (accepted % 10 == 0) node_->RunReady();
    ASSERT_LT(accepted, 100'000);
  }
  node_->RunReady();
  EXPECT_FALSE(listener_.closed());
  const std::vector<std::string> blocks = BlocksToTheEnd();
  for (size_t i = 0; i + 1 < blocks.size(); ++i) {
    ASSERT_THAT(blocks[i], StartsWith(absl::StrCat("data: ", i, " ")));
  }
  EXPECT_THAT(blocks.back(), HasSubstr("\"code\":1013"));
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kSlowPeer),
            static_cast<uint64_t>(accepted) - (blocks.size() - 1) + 1);
  ExpectClosed(1013, "too slow: the queue is full", ClosedBy::kNode, true);
}

TEST_F(SseTransportTest, APeerOnARouteOfGapsIsToldWhatItLostWhereItLostIt) {
  Start(Narrow(50'000, SlowPeer::kGap));
  constexpr int kMessages = 2'000;
  for (int i = 0; i < kMessages; ++i) {
    Deliver(absl::StrCat(i, " ", std::string(1'000, 'x')));
    if (i % 10 == 0) node_->RunReady();
  }
  EXPECT_EQ(metrics().peers_behind.value(), 1);
  ASSERT_TRUE(RunUntil([&] {
    client_->Pump();
    return metrics().peers_behind.value() == 0 && transport_->queued_bytes() == 0;
  }));
  Deliver("end");
  std::vector<std::string> blocks;
  ASSERT_TRUE(RunUntil([&] {
    blocks = Blocks();
    return !blocks.empty() && blocks.back() == "data: end";
  }));
  // Mostly one gap; the kernel may take some of what waits amid the stall, which ends it.
  int next = 0;
  int gaps = 0;
  for (size_t i = 0; i + 1 < blocks.size(); ++i) {
    constexpr std::string_view kGap = "event: hookcast.gap\ndata: {\"lost\":";
    if (blocks[i].starts_with(kGap)) {
      next += std::stoi(blocks[i].substr(kGap.size()));
      ++gaps;
    } else {
      ASSERT_THAT(blocks[i], StartsWith(absl::StrCat("data: ", next++, " ")));
    }
  }
  EXPECT_EQ(next, kMessages) << "each was seen or is told to be lost, where it would have stood";
  EXPECT_GT(gaps, 0);
  EXPECT_THAT(listener_.gaps(), IsEmpty()) << "the client knows";
  EXPECT_THAT(listener_.drained(), SizeIs(gaps));
}

}  // namespace
}  // namespace hookcast::edge
