#include "broker/backplane/memory/memory_backplane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

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
