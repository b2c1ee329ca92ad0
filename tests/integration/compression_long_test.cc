#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/node_process.h"
#include "tests/unit/edge/websocket/deflate_samples.h"

namespace hookcast::testing {
namespace {

using websocket::testing::Deflated;
using websocket::testing::Inflated;

constexpr uint8_t kRsv1 = 4;
constexpr char kResident[] = "hookcast_resident_memory_bytes";

// The same with and without an offer of permessage-deflate, and RSS before, during and after.
struct Memory {
  double before = 0, during = 0, after = 0;
};

void Crowd(NodeProcess& node, const std::string& target, bool offer, int peers, int messages,
           Memory* memory) {
  const std::string text = "{\"type\":\"position\",\"x\":12.5,\"y\":-3.25,\"name\":\"somebody\"}";
  const std::string packed = Deflated(text);
  WebSocketClient::Options options;
  if (offer) {
    options.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"}};
  }
  memory->before = node.Metric(kResident);
  {
    std::vector<std::unique_ptr<WebSocketClient>> clients;
    for (int i = 0; i < peers; ++i) {
      clients.push_back(node.Connect(target, options));
      ASSERT_NE(clients.back(), nullptr);
    }
    for (int round = 0; round < messages; ++round) {
      for (auto& client : clients) {
        ASSERT_TRUE(client->SendFrame(1, true, offer ? packed : text, offer ? kRsv1 : 0).ok());
      }
      for (auto& client : clients) {
        const auto received = client->ReceiveMessage();
        ASSERT_TRUE(received.ok()) << received.status();
        ASSERT_EQ(received->rsv, offer ? kRsv1 : 0);
        ASSERT_EQ(offer ? Inflated(received->payload) : received->payload, text);
      }
    }
    memory->during = node.Metric(kResident);
  }
  ASSERT_TRUE(node.MetricBecomes("hookcast_connections", 0, std::chrono::seconds(60)));
  memory->after = node.Metric(kResident);
}

// CASES.md B28: elsewhere compression costs hundreds of KiB a connection, which stay when they are
// gone.
TEST(CompressionLongTest, B28FiveThousandPeersThatCompressCostAsMuchAsThoseThatDoNot) {
  constexpr int kPeers = 5'000;
  auto node = NodeProcess::Start(
      "shards: 2\nroutes:\n  - { path: /echo, static: { on_message: echo }, "
      "compression: { mode: always, threshold: 0 } }\n");
  ASSERT_NE(node, nullptr);
  // What the node makes once, at first use.
  Memory warm, plain, compressed;
  ASSERT_NO_FATAL_FAILURE(Crowd(*node, "/echo", true, 20, 1, &warm));
  ASSERT_NO_FATAL_FAILURE(Crowd(*node, "/echo", true, kPeers, 10, &compressed));
  ASSERT_NO_FATAL_FAILURE(Crowd(*node, "/echo", false, kPeers, 10, &plain));
  for (const Memory* memory : {&warm, &compressed, &plain}) {
    std::printf("resident: before %.1f MiB, during %.1f MiB, after %.1f MiB; %.0f bytes a peer\n",
                memory->before / (1 << 20), memory->during / (1 << 20), memory->after / (1 << 20),
                (memory->during - memory->before) / kPeers);
  }
  EXPECT_EQ(node->Metric("hookcast_compressed_messages_total{result=\"inflated\"}"),
            20 + 10 * kPeers);
  EXPECT_EQ(node->Metric("hookcast_compressed_messages_total{result=\"deflated\"}"),
            20 + 10 * kPeers);
  EXPECT_LT((compressed.during - compressed.before) / kPeers, 3 * 1024);
  EXPECT_LT(compressed.after, compressed.before + (6 << 20));
  // What is left does not grow with a second crowd.
  EXPECT_LT(plain.during, compressed.during + (3 << 20));
}

}  // namespace
}  // namespace hookcast::testing
