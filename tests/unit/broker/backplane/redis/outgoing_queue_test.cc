#include "broker/backplane/redis/outgoing_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/pubsub/published.h"

namespace hookcast::backplane {
namespace {

Outgoing Item(size_t bytes) { return {.announcement = std::string(bytes, 'x')}; }

TEST(OutgoingQueue, TakesNothingBeforeItIsOpenAndAfterItIsClosed) {
  OutgoingQueue queue(1000);
  Outgoing item = Item(1);
  EXPECT_EQ(queue.Put(&item).code(), absl::StatusCode::kUnavailable);
  queue.Open();
  EXPECT_TRUE(queue.Put(&item).ok());
  queue.Close(pubsub::NotTaken("gone"));
  Outgoing other = Item(2);
  EXPECT_EQ(queue.Put(&other).message(), "gone");
  EXPECT_EQ(other.announcement.size(), 2) << "it stays with whoever had it";
  EXPECT_EQ(queue.TakeAll().size(), 1) << "what waited stays";
}

TEST(OutgoingQueue, IsBounded) {
  OutgoingQueue queue(10'000);
  queue.Open();
  size_t taken = 0;
  absl::Status status;
  while (true) {
    Outgoing item = Item(1000);
    status = queue.Put(&item);
    if (!status.ok()) break;
    ++taken;
  }
  EXPECT_EQ(taken, 7);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(pubsub::OthersMayHaveIt(status));
  std::vector<Outgoing> out;
  queue.Take(1, &out);
  EXPECT_EQ(out.size(), 1);
  Outgoing item = Item(1000);
  EXPECT_TRUE(queue.Put(&item).ok()) << "there is room again";
}

TEST(OutgoingQueue, TakesOneThatIsLargerThanAllWhereNothingWaits) {
  OutgoingQueue queue(10'000);
  queue.Open();
  Outgoing large = Item(50'000);
  EXPECT_TRUE(queue.Put(&large).ok());
  Outgoing next = Item(1);
  EXPECT_FALSE(queue.Put(&next).ok());
}

TEST(OutgoingQueue, GivesThemBackInTheirOrder) {
  OutgoingQueue queue(100'000);
  queue.Open();
  for (const char* text : {"a", "b", "c"}) {
    Outgoing item{.announcement = text};
    ASSERT_TRUE(queue.Put(&item).ok());
  }
  std::vector<Outgoing> out;
  queue.Take(SIZE_MAX, &out);
  ASSERT_EQ(out.size(), 3);
  EXPECT_EQ(out[0].announcement + out[1].announcement + out[2].announcement, "abc");
}

}  // namespace
}  // namespace hookcast::backplane
