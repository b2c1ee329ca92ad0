#include "tests/unit/edge/websocket/websocket_transport_fixture.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <utility>

namespace hookcast::edge {

using std::chrono::milliseconds;

WebSocketTransportTest::Settings WebSocketTransportTest::Quiet() {
  Settings settings;
  settings.websocket.ping_interval = milliseconds(0);
  settings.websocket.close_timeout = milliseconds(200);
  return settings;
}

WebSocketTransportTest::Settings WebSocketTransportTest::Narrow(size_t queue_bytes,
                                                                config::SlowPeer slow_peer) {
  Settings settings = Quiet();
  settings.options.max_queue_bytes = queue_bytes;
  settings.options.slow_peer = slow_peer;
  settings.buffer_bytes = 8 * 1024;
  return settings;
}

void WebSocketTransportTest::Start(const Settings& settings) {
  config::Config config = TestShard::ConfigOf({TestShard::RouteAt("/r")});
  config.websocket = settings.websocket;
  node_.emplace(std::move(config));
  Connected connected = ConnectLoopback(settings.buffer_bytes);
  client_.emplace(std::move(connected.client));
  if (settings.send_buffer_bytes != 0) {
    const int bytes = settings.send_buffer_bytes;
    ASSERT_EQ(setsockopt(connected.server, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
  }
  ConnectionCount& count = node_->shard().connections();
  count.Add(1);
  transport_ = std::make_unique<WebSocketTransport>(
      &node_->shard(), &listener_, Socket(connected.server, &count), settings.options);
  transport_->Start(kResponse);
  transport_->ReadOn(settings.rest);
}

void WebSocketTransportTest::TearDown() {
  EXPECT_EQ(listener_.broken_rule(), "");
  transport_.reset();
  if (node_) {
    node_->RunReady();
    EXPECT_EQ(node_->GaugesLeft(), "");
  }
}

void WebSocketTransportTest::RunFor(Duration time) {
  const TimePoint end = node_->shard().reactor().Now() + time;
  EXPECT_TRUE(RunUntil([&] { return node_->shard().reactor().Now() >= end; }));
}

std::vector<ServerFrame> WebSocketTransportTest::Frames() {
  client_->Pump();
  if (client_->received().size() < kResponse.size()) return {};
  EXPECT_THAT(client_->received(), testing::StartsWith(std::string(kResponse)));
  return ReadFrames(std::string_view(client_->received()).substr(kResponse.size()));
}

std::vector<ServerFrame> WebSocketTransportTest::AwaitFrames(size_t count) {
  std::vector<ServerFrame> frames;
  EXPECT_TRUE(RunUntil([&] {
    frames = Frames();
    return frames.size() >= count && frames.back().opcode >= 0;
  }));
  return frames;
}

std::vector<ServerFrame> WebSocketTransportTest::FramesToTheEnd() {
  EXPECT_TRUE(RunUntil([&] {
    client_->Pump();
    return client_->gone();
  }));
  EXPECT_TRUE(client_->ended()) << "reset";
  return Frames();
}

void WebSocketTransportTest::AwaitReleased() {
  EXPECT_TRUE(RunUntil([&] { return listener_.released(); }));
  EXPECT_EQ(node_->shard().connections().here.load(), 0);
}

void WebSocketTransportTest::ExpectClosed(uint16_t code, std::string_view reason,
                                          hooks::ClosedBy by, bool was_clean) {
  ASSERT_TRUE(listener_.closed().has_value());
  EXPECT_EQ(listener_.closed()->code, code);
  EXPECT_EQ(listener_.closed()->reason, reason);
  EXPECT_EQ(listener_.closed()->by, by);
  EXPECT_EQ(listener_.closed()->was_clean, was_clean);
}

bool WebSocketTransportTest::Deliver(std::string_view text, std::string topic) {
  pubsub::Message message;
  message.topic = std::move(topic);
  message.data = TextData(text);
  return transport_->Deliver(message);
}

}  // namespace hookcast::edge
