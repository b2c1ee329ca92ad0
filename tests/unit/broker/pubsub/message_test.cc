#include "broker/pubsub/message.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace hookcast::pubsub {
namespace {

std::atomic<int> encoded = 0;

Bytes Encode(const Message& message) {
  ++encoded;
  return Bytes::Copy("<" + std::string(message.data.payload.view()) + ">");
}

TEST(Message, IsEncodedOnceForAllItsReceivers) {
  Message message;
  message.data.payload = Bytes::Copy("hello");
  encoded = 0;
  const Bytes first = message.EncodedAs(WireFormat::kWebSocket, Encode);
  const Bytes second = message.EncodedAs(WireFormat::kWebSocket, Encode);
  EXPECT_EQ(first.view(), "<hello>");
  EXPECT_EQ(first, second);
  EXPECT_EQ(encoded, 1);
}

TEST(Message, ShardsThatEncodeAtOnceShareOneResult) {
  for (int round = 0; round < 200; ++round) {
    const auto message = std::make_shared<const Message>();
    std::atomic<int> waiting = 3;
    std::vector<Bytes> got(3);
    std::vector<std::thread> shards;
    for (int t = 0; t < 3; ++t) {
      shards.emplace_back([&, t] {
        --waiting;
        while (waiting != 0) std::this_thread::yield();
        got[t] = message->EncodedAs(WireFormat::kWebSocket, Encode);
      });
    }
    for (std::thread& shard : shards) shard.join();
    EXPECT_EQ(got[0].view(), "<>");
    EXPECT_EQ(got[0], got[1]);
    EXPECT_EQ(got[0], got[2]);
  }
}

TEST(Message, AFrameOutlivesItsMessage) {
  auto message = std::make_unique<Message>();
  message->data.payload = Bytes::Copy("hello");
  const Bytes frame = message->EncodedAs(WireFormat::kWebSocket, Encode);
  message.reset();
  EXPECT_EQ(frame.view(), "<hello>");
}

}  // namespace
}  // namespace hookcast::pubsub
