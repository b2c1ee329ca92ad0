#include "broker/backplane/redis/outgoing_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/pubsub/published.h"

namespace hookcast::backplane {
namespace {

Outgoing Item(size_t bytes) {
  auto message = std::make_shared<pubsub::Message>();
  message->data.payload = Bytes::Copy(std::string(bytes, 'x'));
  return {.message = std::move(message)};
}

TEST(OutgoingQueue, TakesNothingBeforeItIsOpenAndAfterItIsClosed) {
  OutgoingQueue queue(1000);
  EXPECT_EQ(queue.Put(Item(1)).code(), absl::StatusCode::kUnavailable);
  queue.Open();
  EXPECT_TRUE(queue.Put(Item(1)).ok());
  queue.Close(pubsub::NotTaken("gone"));
  EXPECT_EQ(queue.Put(Item(1)).message(), "gone");
  EXPECT_EQ(queue.TakeAll().size(), 1) << "what waited stays";
}

TEST(OutgoingQueue, IsBounded) {
  OutgoingQueue queue(10'000);
  queue.Open();
  size_t taken = 0;
  absl::Status status;
  while (true) {
    status = queue.Put(Item(1000));
    if (!status.ok()) break;
    ++taken;
  }
  EXPECT_EQ(taken, 7);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(pubsub::OthersMayHaveIt(status));
  std::vector<Outgoing> out;
  queue.Take(1, &out);
  EXPECT_EQ(out.size(), 1);
  EXPECT_TRUE(queue.Put(Item(1000)).ok()) << "there is room again";
}

TEST(OutgoingQueue, TakesOneThatIsLargerThanAllWhereNothingWaits) {
  OutgoingQueue queue(10'000);
  queue.Open();
  EXPECT_TRUE(queue.Put(Item(50'000)).ok());
  EXPECT_FALSE(queue.Put(Item(1)).ok());
}

TEST(OutgoingQueue, HasRoomForAnAnnouncementHoweverMuchWaits) {
  OutgoingQueue queue(10'000);
  queue.Open();
  EXPECT_TRUE(queue.Put(Item(50'000)).ok());
  EXPECT_TRUE(queue.Put({.announcement = "alive"}).ok());
  EXPECT_EQ(queue.TakeAll().back().announcement, "alive");
}

TEST(OutgoingQueue, GivesThemBackInTheirOrder) {
  OutgoingQueue queue(100'000);
  queue.Open();
  for (const char* text : {"a", "b", "c"}) {
    ASSERT_TRUE(queue.Put({.announcement = text}).ok());
  }
  std::vector<Outgoing> out;
  queue.Take(SIZE_MAX, &out);
  ASSERT_EQ(out.size(), 3);
  EXPECT_EQ(out[0].announcement + out[1].announcement + out[2].announcement, "abc");
}

}  // namespace
}  // namespace hookcast::backplane
