#include "broker/base/shard_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace hookcast {
namespace {

using testing::ElementsAre;

TEST(ShardLoop, RunsWhatWasPostedInItsOrder) {
  ShardLoop loop(ShardId{0});
  std::vector<int> ran;
  for (int i = 0; i < 3; ++i) loop.Post([&ran, i] { ran.push_back(i); });
  EXPECT_THAT(ran, ElementsAre());
  EXPECT_EQ(loop.Poll(), 3);
  EXPECT_THAT(ran, ElementsAre(0, 1, 2));
  EXPECT_EQ(loop.Poll(), 0);
}

TEST(ShardLoop, ATaskPostedFromATaskRunsAfterItAndNotInside) {
  ShardLoop loop(ShardId{0});
  std::vector<int> ran;
  loop.Post([&] {
    loop.Post([&] { ran.push_back(3); });
    ran.push_back(1);
  });
  loop.Post([&] { ran.push_back(2); });
  loop.Poll();
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
}

TEST(ShardLoop, TasksMayBeMovableOnly) {
  ShardLoop loop(ShardId{0});
  int got = 0;
  loop.Post([&got, value = std::make_unique<int>(7)] { got = *value; });
  loop.Poll();
  EXPECT_EQ(got, 7);
}

TEST(ShardLoop, EveryThreadsTasksRunInTheOrderOfThatThread) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  ShardLoop loop(ShardId{1});
  loop.Start();
  std::vector<int> next(kThreads);  // the loop's own
  bool in_order = true;
  std::atomic<int> ran = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        loop.Post([&, t, i] {
          in_order = in_order && next[t] == i;
          ++next[t];
          ++ran;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::promise<void> last;
  loop.Post([&] { last.set_value(); });
  last.get_future().wait();
  loop.Stop();
  EXPECT_EQ(ran, kThreads * kEach);
  EXPECT_TRUE(in_order);
}

TEST(ShardLoop, KnowsWhoRunsInsideIt) {
  ShardLoop loop(ShardId{0});
  ShardLoop other(ShardId{1});
  EXPECT_FALSE(loop.InLoop());
  bool inside = false;
  bool inside_other = true;
  loop.Post([&] {
    inside = loop.InLoop();
    inside_other = other.InLoop();
  });
  loop.Poll();
  EXPECT_TRUE(inside);
  EXPECT_FALSE(inside_other);
  EXPECT_FALSE(loop.InLoop());
}

TEST(ShardLoop, RunsItsTasksOnOneThreadOfItsOwnUntilStopped) {
  ShardLoop loop(ShardId{7});
  EXPECT_EQ(loop.id(), ShardId{7});
  loop.Start();
  const auto where = [&] {
    std::promise<std::pair<std::thread::id, bool>> told;
    loop.Post([&] { told.set_value({std::this_thread::get_id(), loop.InLoop()}); });
    return told.get_future().get();
  };
  // The loop was idle in between, and lives on.
  const auto first = where();
  const auto second = where();
  EXPECT_EQ(first, second);
  EXPECT_TRUE(first.second);
  EXPECT_NE(first.first, std::this_thread::get_id());
  loop.Stop();
}

TEST(ShardLoop, StopLetsTheTaskUnderWayFinishAndRunsNoOther) {
  ShardLoop loop(ShardId{0});
  std::promise<void> entered;
  std::atomic<bool> finished = false;
  std::atomic<bool> ran_later = false;
  loop.Start();
  loop.Post([&] {
    entered.set_value();
    // Stop has begun once the context says so; the task ends after that.
    while (!loop.context().stopped()) std::this_thread::yield();
    finished = true;
  });
  loop.Post([&] { ran_later = true; });
  entered.get_future().wait();
  loop.Stop();
  loop.Stop();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(ran_later);
}

// What a task holds may belong to what is taken apart between Stop and the loop's end.
TEST(ShardLoop, StopDestroysWhatWasPostedAndHasNotRun) {
  const auto held = std::make_shared<int>();
  bool ran = false;
  ShardLoop loop(ShardId{0});
  std::promise<void> entered;
  loop.Start();
  // One task that is behind another when Stop comes, and one that is posted while it comes.
  loop.Post([&] {
    entered.set_value();
    while (!loop.context().stopped()) std::this_thread::yield();
    loop.Post([&ran, held] { ran = true; });
  });
  loop.Post([&ran, held] { ran = true; });
  entered.get_future().wait();
  loop.Stop();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(ran);
}

TEST(ShardLoop, StopDestroysWhatWasPostedToALoopThatNeverStarted) {
  const auto held = std::make_shared<int>();
  ShardLoop loop(ShardId{0});
  loop.Post([held] {});
  loop.Stop();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(ShardLoop, WhatIsPostedAfterStopIsDestroyedAtOnce) {
  const auto held = std::make_shared<int>();
  ShardLoop loop(ShardId{0});
  loop.Start();
  loop.Stop();
  bool ran = false;
  loop.Post([&ran, held] { ran = true; });
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(ran);
}

// A destructor may post: it must find the loop as it says it is.
TEST(ShardLoop, ATaskThatIsDestroyedMayPostAnother) {
  const auto held = std::make_shared<int>();
  ShardLoop loop(ShardId{0});
  const std::shared_ptr<void> poster(nullptr, [&loop, held](void*) { loop.Post([held] {}); });
  loop.Post([poster] {});
  loop.Stop();
  EXPECT_EQ(poster.use_count(), 1);
}

TEST(ShardLoop, ATaskIsDestroyedBeforeTheNextOneRuns) {
  ShardLoop loop(ShardId{0});
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> watched = held;
  bool gone = false;
  loop.Post([held = std::move(held)] {});
  loop.Post([&] { gone = watched.expired(); });
  loop.Poll();
  EXPECT_TRUE(gone);
}

// The order of posts is one for all threads: what another thread posted on a task's word comes
// after what that task had posted.
TEST(ShardLoop, AnotherThreadsPostComesAfterTheOneThatCausedIt) {
  ShardLoop loop(ShardId{0});
  std::vector<int> ran;
  loop.Post([&] {
    loop.Post([&] { ran.push_back(1); });
    std::thread([&] { loop.Post([&] { ran.push_back(2); }); }).join();
  });
  while (loop.Poll() != 0) {
  }
  EXPECT_THAT(ran, ElementsAre(1, 2));
}

TEST(ShardLoop, EndsItsThreadWhenItIsDestroyed) {
  const auto held = std::make_shared<int>();
  {
    ShardLoop loop(ShardId{0});
    loop.Start();
    std::promise<void> ran;
    loop.Post([&ran, held] { ran.set_value(); });
    ran.get_future().wait();
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(ShardLoop, RunsAsiosOwnHandlersToo) {
  ShardLoop loop(ShardId{0});
  std::vector<int> ran;
  loop.Post([&] { ran.push_back(1); });
  boost::asio::post(loop.context(), [&] { ran.push_back(2); });
  EXPECT_EQ(loop.Poll(), 2);
  EXPECT_THAT(ran, ElementsAre(1, 2));
}

// Tasks that post themselves again leave room for what else the loop has to do.
TEST(ShardLoop, TasksThatPostWithoutEndDoNotKeepOthersWaiting) {
  ShardLoop loop(ShardId{0});
  loop.Start();
  std::promise<void> reached;
  std::function<void()> again = [&] { loop.Post(again); };
  loop.Post(again);
  loop.Post([&] { boost::asio::post(loop.context(), [&] { reached.set_value(); }); });
  reached.get_future().wait();
  loop.Stop();
}

TEST(ShardLoop, ManyPostedTasksLetSocketsAndTimersHaveTheirTurn) {
  ShardLoop loop(ShardId{0});
  int tasks = 0;
  int tasks_before_the_other = -1;
  for (int i = 0; i < 10'000; ++i) loop.Post([&] { ++tasks; });
  boost::asio::post(loop.context(), [&] { tasks_before_the_other = tasks; });
  loop.Poll();
  EXPECT_EQ(tasks, 10'000);
  EXPECT_LT(tasks_before_the_other, 1'000);
}

}  // namespace
}  // namespace hookcast
