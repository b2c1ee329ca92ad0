#include "broker/pubsub/receiver_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "tests/fakes/recording_receiver.h"

namespace hookcast::pubsub {
namespace {

TEST(ReceiverGate, LeadsToTheReceiverWhileItIsOpen) {
  fakes::RecordingReceiver receiver;
  ReceiverGate gate;
  EXPECT_FALSE(gate.Enter());
  EXPECT_FALSE(gate.open());
  gate.Open(&receiver);
  EXPECT_TRUE(gate.open());
  const ReceiverGate::Visit visit = gate.Enter();
  ASSERT_TRUE(visit);
  visit->ReceiveRemote(std::make_shared<Message>());
  EXPECT_EQ(receiver.count(), 1);
}

TEST(ReceiverGate, IsClosedForGoodOnceNobodyIsInside) {
  fakes::RecordingReceiver receiver;
  ReceiverGate gate;
  gate.Open(&receiver);
  { const ReceiverGate::Visit visit = gate.Enter(); }
  gate.Close();
  EXPECT_FALSE(gate.Enter());
  EXPECT_FALSE(gate.open());
  gate.Close();
}

TEST(ReceiverGate, CloseLetsNobodyInAndWaitsForThoseWhoAreInside) {
  fakes::RecordingReceiver receiver;
  ReceiverGate gate;
  gate.Open(&receiver);
  std::future<void> closed;
  {
    const ReceiverGate::Visit one = gate.Enter();
    closed = std::async(std::launch::async, [&gate] { gate.Close(); });
    while (gate.open()) std::this_thread::yield();
    EXPECT_FALSE(gate.Enter());
    EXPECT_EQ(closed.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    ASSERT_TRUE(one);
    one->ReceiveRemote(std::make_shared<Message>());
  }
  EXPECT_EQ(closed.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(receiver.count(), 1);
}

// Whoever is inside reads what the closing thread writes once it has closed: a race to TSan, and a
// wrong value here, where Close does not wait.
TEST(ReceiverGate, NobodyIsInsideAfterCloseHoweverManyCome) {
  for (int round = 0; round < 50; ++round) {
    fakes::RecordingReceiver receiver;
    ReceiverGate gate;
    bool usable = true;
    std::atomic<int> entered = 0;
    gate.Open(&receiver);
    std::vector<std::thread> callers;
    callers.reserve(3);
    for (int i = 0; i < 3; ++i) {
      callers.emplace_back([&] {
        while (true) {
          const ReceiverGate::Visit visit = gate.Enter();
          if (!visit) return;
          ++entered;
          EXPECT_TRUE(usable);
        }
      });
    }
    while (entered == 0) std::this_thread::yield();
    gate.Close();
    usable = false;
    for (std::thread& caller : callers) caller.join();
  }
}

}  // namespace
}  // namespace hookcast::pubsub
