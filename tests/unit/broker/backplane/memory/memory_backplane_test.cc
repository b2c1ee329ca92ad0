#include "broker/backplane/memory/memory_backplane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/fakes/recording_receiver.h"

namespace hookcast::backplane {
namespace {

using testing::IsEmpty;

std::shared_ptr<pubsub::Message> MakeMessage() {
  auto message = std::make_shared<pubsub::Message>();
  message->ns = "ns";
  message->topic = "t";
  return message;
}

TEST(MemoryBackplane, HandsOverTheMessageItselfWithinTheCall) {
  fakes::RecordingReceiver receiver(4);
  MemoryBackplane backplane;
  backplane.Start(&receiver, nullptr);
  const std::shared_ptr<pubsub::Message> message = MakeMessage();
  std::optional<uint64_t> taken;
  backplane.Publish(message, [&](const absl::Status& status, uint64_t count) {
    EXPECT_TRUE(status.ok());
    taken = count;
  });
  EXPECT_EQ(taken, 4);
  ASSERT_EQ(receiver.count(), 1);
  EXPECT_EQ(receiver.messages()[0], message) << "the message was copied";
  backplane.Stop();
}

TEST(MemoryBackplane, NeedsNoSubscriptionToHearItself) {
  fakes::RecordingReceiver receiver;
  MemoryBackplane backplane;
  backplane.Start(&receiver, nullptr);
  backplane.Publish(MakeMessage(), nullptr);
  EXPECT_EQ(receiver.count(), 1);
  backplane.Stop();
}

TEST(MemoryBackplane, IsHealthyFromStartToStopAndSaysWhyElse) {
  fakes::RecordingReceiver receiver;
  MemoryBackplane backplane;
  EXPECT_EQ(backplane.Health().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(backplane.Health().message()), testing::Not(IsEmpty()));
  backplane.Start(&receiver, nullptr);
  EXPECT_TRUE(backplane.Health().ok());
  backplane.Stop();
  EXPECT_EQ(backplane.Health().code(), absl::StatusCode::kUnavailable);
}

TEST(MemoryBackplane, StopWaitsForAnAnnouncementUnderWay) {
  fakes::RecordingReceiver receiver;
  MemoryBackplane backplane;
  std::promise<void> announcing;
  std::promise<void> go_on;
  backplane.Start(&receiver, [&](std::string_view) {
    announcing.set_value();
    go_on.get_future().wait();
  });
  const auto announced = std::async(std::launch::async, [&] { backplane.Announce("hello"); });
  announcing.get_future().wait();
  const auto stopped = std::async(std::launch::async, [&] { backplane.Stop(); });
  EXPECT_EQ(stopped.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  go_on.set_value();
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  backplane.Announce("too late");
}

TEST(MemoryBackplane, RefusesWhatComesBeforeItsStart) {
  MemoryBackplane backplane;
  std::optional<absl::Status> taken;
  backplane.Publish(MakeMessage(), [&](absl::Status status, uint64_t count) {
    taken = std::move(status);
    EXPECT_EQ(count, 0);
  });
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace hookcast::backplane
