// Messages in very many pieces: what they cost is bounded by their number as by their bytes, and
// paid by whoever sends them.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/client/socket.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using Received = WebSocketClient::Received;

constexpr int kFragments = 5'000'000;
constexpr int kBatch = 10'000;

#if defined(__SANITIZE_ADDRESS__)
constexpr double kMemory = 150e6;  // freed memory is kept back for a while
#else
constexpr double kMemory = 8e6;
#endif

// One shard: whoever is harmed by a flood shares it.
class FragmentFloodTest : public ::testing::Test {
 protected:
  void SetUp() override {
    node_ = NodeProcess::Start(
        "shards: 1\nroutes:\n  - { path: /echo, static: { on_message: echo } }\n");
    ASSERT_NE(node_, nullptr);
  }

  // Sends continuations with this payload, in messages that never end, until that many were sent.
  // Each message is closed with 1009 once it has too many.
  void Flood(const std::string& payload, int fragments) {
    std::string continuation = {'\0', static_cast<char>(0x80 | payload.size()), '\0', '\0', '\0',
                                '\0'};
    continuation += payload;
    std::string batch;
    for (int i = 0; i < kBatch; ++i) batch += continuation;
    while (fragments > 0) {
      auto client = WebSocketClient::Connect(node_->clients(), "/echo");
      ASSERT_TRUE(client.ok()) << client.status();
      ASSERT_TRUE((*client)->SendFrame(1, false, "").ok());
      // Eleven batches pass the limit of 100,000. The node may have ended before the last is sent.
      for (int i = 0; i < 11 && (*client)->SendRaw(batch).ok(); ++i) fragments -= kBatch;
      const auto received = (*client)->ReceiveMessage();
      ASSERT_TRUE(received.ok()) << received.status();
      ASSERT_EQ(received->kind, Received::kClose);
      ASSERT_EQ(received->close_code, 1009);
    }
  }

  // A message of that many bytes, each a segment of its own.
  void SendByteByByte(size_t size) {
    auto client = WebSocketClient::Connect(node_->clients(), "/echo");
    ASSERT_TRUE(client.ok()) << client.status();
    const std::string text(size, 'x');
    std::string frame = {
        '\x81', '\xFE', static_cast<char>(size >> 8), static_cast<char>(size & 0xFF), '\0', '\0',
        '\0',   '\0'};
    frame += text;
    for (const char byte : frame) ASSERT_TRUE((*client)->SendRaw(std::string(1, byte)).ok());
    const auto received = (*client)->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->payload, text);
  }

  // Echoes on another connection until `done`; the times, ascending.
  std::vector<milliseconds> EchoTimes(const std::function<bool()>& done) {
    std::vector<milliseconds> times;
    auto client = node_->Connect("/echo");
    while (!done() || times.size() < 100) {
      const auto start = steady_clock::now();
      EXPECT_TRUE(client->SendText("hello").ok());
      const auto received = client->ReceiveMessage();
      EXPECT_TRUE(received.ok()) << received.status();
      if (!received.ok()) break;
      EXPECT_EQ(received->payload, "hello");
      times.push_back(std::chrono::duration_cast<milliseconds>(steady_clock::now() - start));
    }
    std::sort(times.begin(), times.end());
    return times;
  }

  // Runs the flood beside a peer that wants its echoes, and watches the node's memory.
  void ExpectHarmless(const std::function<void()>& flood) {
    EchoTimes([] { return true; });  // what the first connections cost
    const double before = node_->Metric("hookcast_resident_memory_bytes");
    std::atomic<bool> done = false;
    std::thread flooding([&] {
      flood();
      done = true;
    });
    double most = before;
    std::thread watching([&] {
      while (!done) most = std::max(most, node_->Metric("hookcast_resident_memory_bytes"));
    });
    const std::vector<milliseconds> times = EchoTimes([&] { return done.load(); });
    flooding.join();
    watching.join();
    EXPECT_LT(most - before, kMemory);
    // Generous, for a machine that has other things to do: what is kept from harm is the order of
    // magnitude.
    EXPECT_LT(times[times.size() / 2], milliseconds(50));
    EXPECT_LT(times[times.size() * 99 / 100], milliseconds(500));
  }

  std::unique_ptr<NodeProcess> node_;
};

TEST_F(FragmentFloodTest, B29FiveMillionEmptyContinuationsAreBoundedByTheirNumber) {
  ExpectHarmless([this] { Flood("", kFragments); });
}

TEST_F(FragmentFloodTest, B29FiveMillionContinuationsOfOneByteAreBoundedByTheirNumber) {
  ExpectHarmless([this] { Flood("x", kFragments); });
}

TEST_F(FragmentFloodTest, B29SegmentsOfOneByteHarmNobody) {
  ExpectHarmless([this] {
    for (int i = 0; i < 5; ++i) SendByteByByte(20'000);
  });
}

TEST_F(FragmentFloodTest, B29AllOfThemAtOnceHarmNobody) {
  ExpectHarmless([this] {
    std::thread empty([this] { Flood("", kFragments / 5); });
    std::thread small([this] { Flood("x", kFragments / 5); });
    SendByteByByte(60'000);
    empty.join();
    small.join();
  });
}

}  // namespace
}  // namespace hookcast::testing
