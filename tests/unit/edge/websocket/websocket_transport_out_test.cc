#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/edge/websocket/websocket_transport_fixture.h"

namespace hookcast::edge {
namespace {

using pubsub::DataKind;
using testing::ElementsAre;
using testing::SizeIs;

TEST_F(WebSocketTransportTest, TheResponseComesFirstThenFramesInOrder) {
  Start();
  pubsub::Message message;
  message.data = {.kind = DataKind::kBinary, .payload = Bytes::Copy(std::string("\0\xff", 2))};
  EXPECT_TRUE(Send("one"));
  EXPECT_TRUE(transport_->Deliver(message));
  EXPECT_TRUE(Send(""));
  EXPECT_TRUE(Send(std::string(126, 'a')));
  EXPECT_TRUE(Send(std::string(65'536, 'b')));
  EXPECT_THAT(AwaitFrames(5),
              ElementsAre(TextFrame("one"), BinaryFrame(std::string("\0\xff", 2)), TextFrame(""),
                          TextFrame(std::string(126, 'a')), TextFrame(std::string(65'536, 'b'))));
  EXPECT_EQ(metrics().bytes_sent.value(), client_->received().size());
  client_->Close();
  AwaitReleased();
}

TEST_F(WebSocketTransportTest, NothingIsWrittenBeforeTheTurnIsOver) {
  Start();
  Send("one");
  Send("two");
  client_->Pump();
  EXPECT_EQ(client_->received(), "");
  EXPECT_EQ(transport_->queued_bytes(), kResponse.size() + 10 + 3 * 48);
  node_->loop().Poll();
  EXPECT_EQ(transport_->queued_bytes(), 0);
  EXPECT_THAT(AwaitFrames(2), SizeIs(2));
}

TEST_F(WebSocketTransportTest, AMessageIsFramedOnceForAll) {
  Start();
  pubsub::Message message;
  message.data = TextData("shared");
  EXPECT_TRUE(transport_->Deliver(message));
  EXPECT_TRUE(transport_->Deliver(message));
  const auto never = [](const pubsub::Message&) { return Bytes::Copy("built a second time"); };
  const Bytes built = message.EncodedAs(pubsub::WireFormat::kWebSocket, never);
  EXPECT_EQ(built.view(), "\x81\x06shared");
  EXPECT_THAT(AwaitFrames(2), ElementsAre(TextFrame("shared"), TextFrame("shared")));
}

TEST_F(WebSocketTransportTest, ABurstBeyondTheQueueGoesStraightOutWhereTheSocketTakesIt) {
  Settings settings = Quiet();
  settings.options.max_queue_bytes = 10'000;
  Start(settings);
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(Send(absl::StrCat(i, std::string(100, 'x')))) << i;
  EXPECT_THAT(AwaitFrames(1'000), SizeIs(1'000));
  EXPECT_EQ(metrics().dropped.value(metrics::Drop::kSlowPeer), 0);
}

TEST_F(WebSocketTransportTest, ABurstToAPeerThatReadsMeanwhileIsTakenThoughItsSocketWasFull) {
  Settings settings = Quiet();
  settings.options.max_queue_bytes = 64 * 1024;
  settings.buffer_bytes = 8 * 1024;
  Start(settings);
  size_t sent = 0;
  // One turn: the loop does not run, so nobody tells the transport that there is room again.
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(Send(std::string(10'000, 'x'))) << i;
    ++sent;
    // It reads whatever the kernel has for it, which is what the transport could write.
    for (int quiet = 0; quiet < 3; ++quiet) client_->Pump();
  }
  EXPECT_THAT(AwaitFrames(sent), SizeIs(sent));
}

TEST_F(WebSocketTransportTest, AMessageLargerThanTheQueueGoesOutWhereNothingWaits) {
  Settings settings = Quiet();
  settings.options.max_queue_bytes = 10'000;
  Start(settings);
  node_->RunReady();
  EXPECT_TRUE(Send(std::string(1 << 20, 'x')));
  const std::vector<ServerFrame> frames = AwaitFrames(1);
  EXPECT_EQ(frames[0].payload.size(), 1u << 20);
}

}  // namespace
}  // namespace hookcast::edge
