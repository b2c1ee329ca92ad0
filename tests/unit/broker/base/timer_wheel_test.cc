#include "broker/base/timer_wheel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace hookcast {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint kStart = TimePoint(hours(5));

// Something that owns a deadline, and does when it fires what a test wants.
class Owner {
 public:
  explicit Owner(std::function<void()> on_fire = nullptr)
      : on_fire_(std::move(on_fire)), timer_(Timer::For<&Owner::Fire>(this)) {}

  Timer* timer() { return &timer_; }
  int fired() const { return fired_; }

 private:
  void Fire() {
    ++fired_;
    if (on_fire_) on_fire_();
  }

  const std::function<void()> on_fire_;
  int fired_ = 0;
  Timer timer_;
};

TEST(TimerWheelTest, FiresAtItsTimeOrUpToTwoStepsLaterAndNeverBefore) {
  for (const milliseconds after :
       {milliseconds(0), milliseconds(1), milliseconds(49), milliseconds(50), milliseconds(51),
        milliseconds(25'000), milliseconds(51'200), milliseconds(300'001)}) {
    TimerWheel wheel(kStart);
    Owner owner;
    const TimePoint due = kStart + after;
    wheel.Schedule(owner.timer(), due);
    TimePoint now = kStart;
    while (owner.fired() == 0) {
      now += milliseconds(10);
      ASSERT_LE(now, due + 2 * TimerWheel::kStep) << after.count();
      wheel.Advance(now);
    }
    EXPECT_GE(now, due) << after.count();
    EXPECT_FALSE(owner.timer()->scheduled());
    wheel.Advance(now + hours(1));
    EXPECT_EQ(owner.fired(), 1);
  }
}

TEST(TimerWheelTest, AnEmptyWheelNeedsNoWakeUp) {
  TimerWheel wheel(kStart);
  EXPECT_EQ(wheel.NextDue(), std::nullopt);
  Owner owner;
  wheel.Schedule(owner.timer(), kStart + seconds(7));
  EXPECT_TRUE(wheel.NextDue().has_value());
  owner.timer()->Cancel();
  EXPECT_EQ(wheel.NextDue(), std::nullopt);
  wheel.Schedule(owner.timer(), kStart + seconds(7));
  wheel.Advance(kStart + seconds(8));
  EXPECT_EQ(wheel.NextDue(), std::nullopt);
}

TEST(TimerWheelTest, AdvancingAtNextDueAloneFiresEverythingInTime) {
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<Owner>> owners;
  std::vector<TimePoint> due;
  for (const int ms : {10, 75, 1'000, 51'199, 51'201, 120'000, 600'000}) {
    owners.push_back(std::make_unique<Owner>());
    due.push_back(kStart + milliseconds(ms));
    wheel.Schedule(owners.back()->timer(), due.back());
  }
  int wake_ups = 0;
  while (const std::optional<TimePoint> next = wheel.NextDue()) {
    ASSERT_LT(++wake_ups, 40) << "a wheel with seven timers wakes up a few times a turn";
    std::vector<int> before;
    for (const auto& owner : owners) before.push_back(owner->fired());
    wheel.Advance(*next);
    for (size_t i = 0; i < owners.size(); ++i) {
      if (owners[i]->fired() == before[i]) continue;
      EXPECT_GE(*next, due[i]);
      EXPECT_LE(*next, due[i] + TimerWheel::kStep);
    }
  }
  for (const auto& owner : owners) EXPECT_EQ(owner->fired(), 1);
}

TEST(TimerWheelTest, SchedulingAgainReplacesTheEarlierTime) {
  TimerWheel wheel(kStart);
  Owner owner;
  wheel.Schedule(owner.timer(), kStart + seconds(1));
  wheel.Schedule(owner.timer(), kStart + seconds(3));
  wheel.Advance(kStart + seconds(2));
  EXPECT_EQ(owner.fired(), 0);
  wheel.Schedule(owner.timer(), kStart + milliseconds(2'500));
  wheel.Advance(kStart + milliseconds(2'600));
  EXPECT_EQ(owner.fired(), 1);
  wheel.Advance(kStart + seconds(10));
  EXPECT_EQ(owner.fired(), 1);
}

TEST(TimerWheelTest, ATimeThatHasPassedFiresWithTheNextStep) {
  TimerWheel wheel(kStart);
  wheel.Advance(kStart + seconds(9));
  Owner owner;
  wheel.Schedule(owner.timer(), kStart + seconds(1));
  EXPECT_EQ(owner.fired(), 0) << "never inside Schedule";
  wheel.Advance(kStart + seconds(9) + TimerWheel::kStep);
  EXPECT_EQ(owner.fired(), 1);
}

TEST(TimerWheelTest, FiresInTheOrderOfStepsWithinOneTurn) {
  TimerWheel wheel(kStart);
  std::vector<int> order;
  std::vector<std::unique_ptr<Owner>> owners;
  for (const int s : {30, 5, 51, 20, 6, 100}) {
    owners.push_back(std::make_unique<Owner>([&order, s] { order.push_back(s); }));
    wheel.Schedule(owners.back()->timer(), kStart + seconds(s));
  }
  wheel.Advance(kStart + milliseconds(51'150));
  EXPECT_THAT(order, ElementsAre(5, 6, 20, 30, 51));
}

TEST(TimerWheelTest, FiresAllThatIsDueAfterAPauseOfManyTurns) {
  TimerWheel wheel(kStart);
  std::vector<int> fired;
  std::vector<std::unique_ptr<Owner>> owners;
  for (const int s : {100, 5, 300, 51, 200, 60, 3'700}) {
    owners.push_back(std::make_unique<Owner>([&fired, s] { fired.push_back(s); }));
    wheel.Schedule(owners.back()->timer(), kStart + seconds(s));
  }
  wheel.Advance(kStart + hours(1));
  EXPECT_THAT(fired, testing::UnorderedElementsAre(5, 51, 60, 100, 200, 300));
  wheel.Advance(kStart + hours(2));
  EXPECT_EQ(fired.back(), 3'700);
}

TEST(TimerWheelTest, ATimerMayScheduleItselfAgainWhenItFires) {
  TimerWheel wheel(kStart);
  TimePoint now = kStart;
  Owner* self = nullptr;
  Owner owner([&] { wheel.Schedule(self->timer(), now + milliseconds(100)); });
  self = &owner;
  wheel.Schedule(owner.timer(), kStart + milliseconds(100));
  for (int i = 0; i < 100; ++i) {
    now += TimerWheel::kStep;
    wheel.Advance(now);
  }
  EXPECT_EQ(owner.fired(), 50);
}

TEST(TimerWheelTest, ATimerThatIsAlwaysDueFiresOnceAStepAndDoesNotHoldTheLoop) {
  TimerWheel wheel(kStart);
  Owner* self = nullptr;
  Owner owner([&] { wheel.Schedule(self->timer(), kStart); });
  self = &owner;
  wheel.Schedule(owner.timer(), kStart);
  wheel.Advance(kStart + 10 * TimerWheel::kStep);
  EXPECT_EQ(owner.fired(), 10);
}

TEST(TimerWheelTest, ATimerMayCancelAndEndAnyOtherOfItsStep) {
  TimerWheel wheel(kStart);
  std::optional<Owner> first, second, third, fourth;
  // Whoever fires first ends two others, and takes the last away from its time.
  auto end_the_rest = [&] {
    second.reset();
    third.reset();
    wheel.Schedule(fourth->timer(), kStart + seconds(5));
  };
  first.emplace(end_the_rest);
  second.emplace();
  third.emplace();
  fourth.emplace();
  for (std::optional<Owner>* owner : {&first, &second, &third, &fourth}) {
    wheel.Schedule((*owner)->timer(), kStart + seconds(1));
  }
  wheel.Advance(kStart + seconds(2));
  EXPECT_EQ(first->fired(), 1);
  EXPECT_EQ(fourth->fired(), 0);
  wheel.Advance(kStart + seconds(6));
  EXPECT_EQ(fourth->fired(), 1);
}

TEST(TimerWheelTest, ATimerMayEndItsOwnOwner) {
  TimerWheel wheel(kStart);
  std::unique_ptr<Owner> owner;
  owner = std::make_unique<Owner>([&] { owner.reset(); });
  wheel.Schedule(owner->timer(), kStart + seconds(1));
  wheel.Advance(kStart + seconds(2));
  EXPECT_EQ(owner, nullptr);
  EXPECT_EQ(wheel.NextDue(), std::nullopt);
}

TEST(TimerWheelTest, AnOwnerThatEndsTakesItsTimerOffTheWheel) {
  TimerWheel wheel(kStart);
  {
    Owner owner;
    wheel.Schedule(owner.timer(), kStart + seconds(1));
  }
  EXPECT_EQ(wheel.NextDue(), std::nullopt);
  wheel.Advance(kStart + seconds(2));
}

TEST(TimerWheelTest, ATimerMayOutliveItsWheel) {
  Owner owner;
  {
    TimerWheel wheel(kStart);
    wheel.Schedule(owner.timer(), kStart + seconds(1));
  }
  EXPECT_FALSE(owner.timer()->scheduled());
  owner.timer()->Cancel();
}

TEST(TimerWheelTest, TimeBeforeTheStartChangesNothing) {
  TimerWheel wheel(kStart);
  Owner owner;
  wheel.Schedule(owner.timer(), kStart - seconds(1));
  wheel.Advance(kStart - seconds(5));
  EXPECT_EQ(owner.fired(), 0);
  wheel.Advance(kStart + TimerWheel::kStep);
  EXPECT_EQ(owner.fired(), 1);
}

// The model: a list of due times. Each advance must fire all that was due two steps ago, and
// nothing that is not due yet.
TEST(TimerWheelTest, AgreesWithAModelUnderRandomSchedules) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    TimerWheel wheel(kStart);
    TimePoint now = kStart;
    constexpr size_t kTimers = 50;
    std::vector<std::unique_ptr<Owner>> owners;
    std::vector<std::optional<TimePoint>> due(kTimers);
    std::vector<size_t> fired_now;
    for (size_t i = 0; i < kTimers; ++i) {
      owners.push_back(std::make_unique<Owner>([&fired_now, i] { fired_now.push_back(i); }));
    }
    const auto random_delay = [&] {
      // Mostly near, at times beyond one turn of the wheel, or beyond several.
      const auto most = std::vector<int>{200, 5'000, 60'000, 400'000}[random() % 4];
      return milliseconds(random() % static_cast<uint32_t>(most));
    };
    for (int step = 0; step < 2'000; ++step) {
      const size_t i = random() % kTimers;
      switch (random() % 4) {
        case 0:
        case 1:
          due[i] = now + random_delay();
          wheel.Schedule(owners[i]->timer(), *due[i]);
          break;
        case 2:
          due[i].reset();
          owners[i]->timer()->Cancel();
          break;
        case 3:
          now += random() % 10 == 0 ? random_delay() : milliseconds(random() % 120);
          fired_now.clear();
          wheel.Advance(now);
          for (const size_t fired : fired_now) {
            ASSERT_TRUE(due[fired].has_value());
            ASSERT_LE(*due[fired], now);
            due[fired].reset();
          }
          for (size_t k = 0; k < kTimers; ++k) {
            if (due[k]) {
              ASSERT_GT(*due[k] + 2 * TimerWheel::kStep, now) << "timer " << k;
            }
          }
          break;
      }
      for (size_t k = 0; k < kTimers; ++k) {
        ASSERT_EQ(owners[k]->timer()->scheduled(), due[k].has_value());
      }
      const std::optional<TimePoint> next = wheel.NextDue();
      std::optional<TimePoint> earliest;
      for (const auto& time : due) {
        if (time && (!earliest || *time < *earliest)) earliest = time;
      }
      ASSERT_EQ(next.has_value(), earliest.has_value());
      if (next) {
        ASSERT_LE(*next, std::max(*earliest, now) + 2 * TimerWheel::kStep);
      }
    }
  }
}

}  // namespace
}  // namespace hookcast
