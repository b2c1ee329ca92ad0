#include "broker/control/watch_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace hookcast::control {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WatchQueueTest : public ::testing::Test {
 protected:
  void Add(const std::string& text) {
    auto message = std::make_shared<pubsub::Message>();
    message->id = {Incarnation{1}, 2};
    message->ns = "/a";
    message->topic = "t";
    message->data.payload = Bytes::Copy(text);
    queue_.Add(std::move(message), std::chrono::system_clock::time_point(std::chrono::seconds(9)));
  }

  // What is there, in order: payloads, "-<peer>" for a close, "!<count>" for what was lost.
  std::vector<std::string> TakeAll() {
    std::vector<std::string> all;
    v1::WatchEvent event;
    while (queue_.Take(&event)) {
      if (event.has_message()) {
        all.push_back(event.message().data().text());
      } else if (event.has_closed()) {
        all.push_back("-" + event.closed().peer());
      } else {
        all.push_back("!" + std::to_string(event.dropped()));
      }
    }
    return all;
  }

  metrics::Counter lost_{"lost", "Lost."};
  WatchQueue queue_{&lost_};
};

TEST_F(WatchQueueTest, GivesBackWholeMessagesAndPeersInOrder) {
  Add("one");
  v1::WatchEvent closed;
  closed.mutable_closed()->set_peer("p");
  queue_.Add(closed);
  v1::WatchEvent event;
  ASSERT_TRUE(queue_.Take(&event));
  EXPECT_EQ(event.message().id(), "0000000000000001-m2");
  EXPECT_EQ(event.message().namespace_(), "/a");
  EXPECT_EQ(event.message().topic(), "t");
  EXPECT_EQ(event.message().data().text(), "one");
  EXPECT_EQ(event.message().published_at().seconds(), 9);
  EXPECT_THAT(TakeAll(), ElementsAre("-p"));
  EXPECT_THAT(TakeAll(), IsEmpty());
  EXPECT_EQ(lost_.value(), 0u);
}

TEST_F(WatchQueueTest, WhatIsLostIsToldInItsPlace) {
  for (size_t i = 0; i < WatchQueue::kMostEvents + 3; ++i) Add("x");
  v1::WatchEvent event;
  ASSERT_TRUE(queue_.Take(&event));
  Add("after");
  const std::vector<std::string> all = TakeAll();
  ASSERT_EQ(all.size(), WatchQueue::kMostEvents + 1);
  EXPECT_EQ(all[all.size() - 3], "x");
  EXPECT_EQ(all[all.size() - 2], "!3");
  EXPECT_EQ(all.back(), "after");
  EXPECT_EQ(lost_.value(), 3u);
}

TEST_F(WatchQueueTest, WhatIsLostAtTheEndIsToldToo) {
  for (size_t i = 0; i < WatchQueue::kMostEvents + 2; ++i) Add("x");
  const std::vector<std::string> all = TakeAll();
  ASSERT_EQ(all.size(), WatchQueue::kMostEvents + 1);
  EXPECT_EQ(all.back(), "!2");
}

TEST_F(WatchQueueTest, BytesAreBoundedAndOneLargeEventPasses) {
  Add(std::string(2 * WatchQueue::kMostBytes, 'x'));
  Add("lost");
  v1::WatchEvent closed;
  closed.mutable_closed()->set_peer("lost too");
  queue_.Add(closed);
  v1::WatchEvent event;
  ASSERT_TRUE(queue_.Take(&event));
  EXPECT_EQ(event.message().data().text().size(), 2 * WatchQueue::kMostBytes);
  EXPECT_THAT(TakeAll(), ElementsAre("!2"));
  Add("again");
  EXPECT_THAT(TakeAll(), ElementsAre("again"));
}

}  // namespace
}  // namespace hookcast::control
