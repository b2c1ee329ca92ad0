#include "broker/base/shard_timers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "tests/fakes/manual_clock.h"

namespace hookcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Bell {
  void Ring() { ++rung; }
  int rung = 0;
  Timer timer = Timer::For<&Bell::Ring>(this);
};

TEST(ShardTimers, FireByTheClockTheyWereGiven) {
  fakes::ManualClock clock;
  ShardTimers timers(nullptr, &clock);
  Bell bell;
  timers.Schedule(&bell.timer, seconds(2));
  clock.Advance(milliseconds(1999));
  timers.Advance();
  EXPECT_EQ(bell.rung, 0);
  clock.Advance(milliseconds(101));
  timers.Advance();
  EXPECT_EQ(bell.rung, 1);
  EXPECT_EQ(timers.Now(), clock.Now());
}

TEST(ShardTimers, WakeTheLoopForTheEarliest) {
  ShardLoop loop(ShardId{0});
  ShardTimers timers(&loop);
  struct Waiter {
    void Ring() { rung.set_value(); }
    std::promise<void> rung;
    Timer timer = Timer::For<&Waiter::Ring>(this);
  } waiter;
  Bell late;
  loop.Start();
  loop.Post([&] {
    timers.Schedule(&late.timer, std::chrono::hours(1));
    timers.Schedule(&waiter.timer, milliseconds(60));
  });
  EXPECT_EQ(waiter.rung.get_future().wait_for(seconds(20)), std::future_status::ready);
  loop.Stop();
  EXPECT_EQ(late.rung, 0);
}

}  // namespace
}  // namespace hookcast
