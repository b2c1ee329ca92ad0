#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "edge/websocket/deflate_offer.h"
#include "tests/unit/edge/websocket/client_frames.h"
#include "tests/unit/edge/websocket/deflate_samples.h"
#include "tests/unit/edge/websocket/websocket_transport_fixture.h"

namespace hookcast::edge {
namespace {

namespace client = websocket::testing;

using config::CompressionMode;
using hooks::ClosedBy;
using metrics::Compressed;
using metrics::CompressedBytes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kLong(1000, 'a');

std::string Packed(int opcode, std::string_view payload, bool fin = true) {
  return client::ClientFrame{.opcode = opcode, .payload = payload, .fin = fin, .reserved = 4}
      .Bytes();
}

class WebSocketTransportDeflateTest : public WebSocketTransportTest {
 protected:
  static Settings Agreed(CompressionMode mode, uint8_t window_bits = websocket::kLargeWindow) {
    Settings settings = Quiet();
    settings.options.reader.allow_compressed = true;
    settings.options.form.window_bits = window_bits;
    if (mode == CompressionMode::kAlways) settings.options.form.compress_from = 200;
    return settings;
  }

  // The frames that come, those that are compressed as they were before.
  std::vector<ServerFrame> AwaitInflated(size_t count) {
    std::vector<ServerFrame> frames = AwaitFrames(count);
    for (ServerFrame& frame : frames) {
      if (frame.compressed) frame.payload = client::Inflated(frame.payload);
    }
    return frames;
  }

  uint64_t Count(Compressed what) { return metrics().compressed.value(what); }
  uint64_t Count(CompressedBytes what) { return metrics().compressed_bytes.value(what); }

  // Sends, and expects the connection to end with this.
  void ExpectRefused(std::string_view bytes, uint16_t code, std::string_view reason) {
    client_->Send(bytes);
    EXPECT_THAT(FramesToTheEnd(), ElementsAre(CloseFrame(code, reason)));
    EXPECT_THAT(listener_.messages(), IsEmpty());
    ExpectClosed(code, reason, ClosedBy::kNode, false);
    EXPECT_EQ(Count(Compressed::kRefused), 1u);
    client_->Close();
    AwaitReleased();
  }
};

pubsub::MessageRef Message(std::string_view text, bool compress = false) {
  auto message = std::make_shared<pubsub::Message>();
  message->topic = "t";
  message->data = TextData(text);
  message->data.compress = compress;
  return message;
}

TEST_F(WebSocketTransportDeflateTest, TellsCompressedMessagesAsTheyWereMeant) {
  Start(Agreed(CompressionMode::kAsked));
  const std::string packed = client::Deflated("in pieces");
  client_->Send(absl::StrCat(Packed(1, client::Deflated(kLong)), client::Text("plain"),
                             Packed(2, packed.substr(0, 2), false), client::Ping("between"),
                             client::Continuation(packed.substr(2)),
                             Packed(1, client::Deflated(""))));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 4; }));
  EXPECT_THAT(listener_.messages(),
              ElementsAre("text " + kLong, "text plain", "binary in pieces", "text "));
  EXPECT_EQ(Count(Compressed::kInflated), 3u);
  EXPECT_EQ(Count(CompressedBytes::kInflateOut), kLong.size() + 9);
  EXPECT_LT(Count(CompressedBytes::kInflateIn), 100u);
  EXPECT_THAT(AwaitFrames(1), ElementsAre(PongFrame("between")));
}

TEST_F(WebSocketTransportDeflateTest, AMessageThatWasCutAndPausesIsToldOnce) {
  Start(Agreed(CompressionMode::kAsked));
  listener_.on_message = [](pubsub::DataKind, std::string_view) { return false; };
  const std::string bytes = Packed(1, client::Deflated(kLong)) + Packed(1, client::Deflated("b"));
  for (size_t i = 0; i < bytes.size(); ++i) {
    client_->Send(bytes.substr(i, 1));
    node_->RunReady();
  }
  ASSERT_TRUE(RunUntil([&] { return !listener_.messages().empty(); }));
  node_->RunReady();
  EXPECT_THAT(listener_.messages(), SizeIs(1));
  listener_.ExpectMessages();
  transport_->ResumeReading();
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
  EXPECT_EQ(listener_.messages()[1], "text b");
}

TEST_F(WebSocketTransportDeflateTest, StopsABombAtTheLimitOfAMessage) {
  Settings settings = Agreed(CompressionMode::kAsked);
  settings.options.reader.max_message_bytes = 10'000;
  Start(settings);
  const std::string bomb = client::Deflated(std::string(9'000'000, '\0'));
  ASSERT_LT(bomb.size(), 10'000u);
  ExpectRefused(Packed(2, bomb), 1009, "message is larger than allowed once inflated");
}

TEST_F(WebSocketTransportDeflateTest, AMessageMayBeAsLargeAsTheLimitOnceInflated) {
  Settings settings = Agreed(CompressionMode::kAsked);
  settings.options.reader.max_message_bytes = 10'000;
  Start(settings);
  client_->Send(Packed(2, client::Deflated(std::string(10'000, 'x'))));
  // Nothing to win, and a few bytes more than the message.
  client_->Send(Packed(2, client::Deflated(client::Noise(10'000))));
  ASSERT_TRUE(RunUntil([&] { return listener_.messages().size() == 2; }));
  EXPECT_EQ(listener_.messages()[1], "binary " + client::Noise(10'000));
}

TEST_F(WebSocketTransportDeflateTest, RefusesDamagedData) {
  Start(Agreed(CompressionMode::kAsked));
  ExpectRefused(Packed(1, "\x07") + client::Text("behind it"), 1007,
                "compressed message is damaged, or not whole");
}

TEST_F(WebSocketTransportDeflateTest, RefusesTextThatIsNoUtf8OnceInflated) {
  Start(Agreed(CompressionMode::kAsked));
  ExpectRefused(Packed(1, client::Deflated("\xc3\x28")), 1007,
                "compressed text is not valid UTF-8");
}

TEST_F(WebSocketTransportDeflateTest, CompressesWhatWasAskedForAndNothingElse) {
  Start(Agreed(CompressionMode::kAsked));
  EXPECT_TRUE(transport_->Deliver(*Message(kLong)));
  EXPECT_TRUE(transport_->Deliver(*Message(kLong, true)));
  pubsub::Data data = TextData(kLong);
  EXPECT_TRUE(transport_->Send(data));
  data.compress = true;
  EXPECT_TRUE(transport_->Send(data));
  const ServerFrame compressed{1, kLong, true};
  EXPECT_THAT(AwaitInflated(4),
              ElementsAre(TextFrame(kLong), compressed, TextFrame(kLong), compressed));
  EXPECT_EQ(Count(Compressed::kDeflated), 2u);
  EXPECT_EQ(Count(CompressedBytes::kDeflateIn), 2 * (kLong.size() + 4));
  EXPECT_LT(Count(CompressedBytes::kDeflateOut), 100u);
}

TEST_F(WebSocketTransportDeflateTest, AlwaysCompressesFromTheThresholdOn) {
  Start(Agreed(CompressionMode::kAlways));
  const std::string shorter(199, 'b');
  const std::string enough(200, 'b');
  EXPECT_TRUE(transport_->Deliver(*Message(shorter)));
  EXPECT_TRUE(transport_->Deliver(*Message(enough)));
  EXPECT_TRUE(transport_->Send(TextData(shorter)));
  EXPECT_TRUE(transport_->Send(TextData(enough)));
  // Unless it was asked for.
  EXPECT_TRUE(transport_->Deliver(*Message(shorter, true)));
  EXPECT_THAT(AwaitInflated(5),
              ElementsAre(TextFrame(shorter), ServerFrame{1, enough, true}, TextFrame(shorter),
                          ServerFrame{1, enough, true}, ServerFrame{1, shorter, true}));
}

TEST_F(WebSocketTransportDeflateTest, SendsWhatIsNotSmallerAsItIs) {
  Start(Agreed(CompressionMode::kAlways));
  pubsub::Data noise{.kind = pubsub::DataKind::kBinary,
                     .payload = Bytes::Copy(client::Noise(500)),
                     .compress = true};
  EXPECT_TRUE(transport_->Send(noise));
  pubsub::Data empty = TextData("");
  empty.compress = true;
  EXPECT_TRUE(transport_->Send(empty));
  EXPECT_THAT(AwaitFrames(2), ElementsAre(BinaryFrame(client::Noise(500)), TextFrame("")));
  EXPECT_EQ(Count(Compressed::kNotSmaller), 2u);
  EXPECT_EQ(Count(Compressed::kDeflated), 0u);
}

TEST_F(WebSocketTransportDeflateTest, KeepsToASmallWindow) {
  Start(Agreed(CompressionMode::kAlways, websocket::kSmallWindow));
  // Repeats what is 2,000 bytes back, which only a larger window would see, and "near".
  std::string text = client::Noise(2000);
  text += text;
  for (int i = 0; i < 500; ++i) text += "near";
  pubsub::Data data{.kind = pubsub::DataKind::kBinary, .payload = Bytes::Copy(text)};
  EXPECT_TRUE(transport_->Send(data));
  const ServerFrame frame = AwaitFrames(1).front();
  EXPECT_TRUE(frame.compressed);
  EXPECT_EQ(client::Inflated(frame.payload, 9), text);
}

TEST_F(WebSocketTransportDeflateTest, NeverCompressesControlFrames) {
  Start(Agreed(CompressionMode::kAlways));
  const std::string longest(125, 'p');
  client_->Send(client::Ping(longest));
  EXPECT_THAT(AwaitFrames(1), ElementsAre(PongFrame(longest)));
  transport_->Close(1000, std::string(123, 'r'), ClosedBy::kApplication);
  EXPECT_EQ(AwaitFrames(2).back(), CloseFrame(1000, std::string(123, 'r')));
}

TEST_F(WebSocketTransportDeflateTest, CompressesNothingWhereNothingWasAgreedOn) {
  Start();
  EXPECT_TRUE(transport_->Deliver(*Message(kLong, true)));
  EXPECT_THAT(AwaitFrames(1), ElementsAre(TextFrame(kLong)));
  client_->Send(Packed(1, client::Deflated("x")));
  EXPECT_EQ(FramesToTheEnd().back(),
            CloseFrame(1002, "a reserved bit is set, though no extension was agreed on"));
}

// The whole point of doing without a context.
TEST_F(WebSocketTransportDeflateTest, CompressesOnceForAllPeersOfAWindow) {
  Start(Agreed(CompressionMode::kAlways));
  const pubsub::MessageRef message = Message(kLong);
  const auto deliver = [&](const Settings& settings, int peers) {
    for (int i = 0; i < peers; ++i) {
      fakes::RecordingListener listener;
      Connected connected = ConnectLoopback(0);
      ConnectionCount& count = node_->shard().connections();
      count.Add(1);
      ClientSocket client(std::move(connected.client));
      WebSocketTransport peer(&node_->shard(), &listener, Socket(connected.server, &count),
                              settings.options);
      peer.Start(kResponse);
      EXPECT_TRUE(peer.Deliver(*message));
      node_->RunReady();
    }
  };
  deliver(Agreed(CompressionMode::kAlways), 500);
  EXPECT_EQ(Count(Compressed::kDeflated), 1u);
  deliver(Agreed(CompressionMode::kAlways, websocket::kSmallWindow), 500);
  EXPECT_EQ(Count(Compressed::kDeflated), 2u);
  Settings json = Agreed(CompressionMode::kAlways);
  json.options.form.json = true;
  deliver(json, 3);
  EXPECT_EQ(Count(Compressed::kDeflated), 3u);
}

TEST_F(WebSocketTransportDeflateTest, CompressedFramesOfATopicCanBeConflated) {
  Settings settings = Agreed(CompressionMode::kAlways);
  settings.options.max_queue_bytes = 20'000;
  settings.options.slow_peer = config::SlowPeer::kConflate;
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  // Half of it can be compressed away, and only the last is of use.
  for (int i = 0; i < 400; ++i) {
    pubsub::Message message;
    message.topic = "position";
    message.data = {.kind = pubsub::DataKind::kBinary,
                    .payload = Bytes::Copy(client::Noise(2000, i) + std::string(2000, 'x'))};
    EXPECT_TRUE(transport_->Deliver(message));
    node_->RunReady();
  }
  EXPECT_GT(metrics().dropped.value(metrics::Drop::kSlowPeerConflated), 0u);
  const std::string last = client::Noise(2000, 399) + std::string(2000, 'x');
  std::vector<ServerFrame> frames;
  ASSERT_TRUE(RunUntil([&] {
    frames = Frames();
    return !frames.empty() && frames.back().compressed &&
           client::Inflated(frames.back().payload) == last;
  }));
  for (const ServerFrame& frame : frames) EXPECT_TRUE(frame.compressed);
}

}  // namespace
}  // namespace hookcast::edge
