#include "edge/reactor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/edge/polled_loop.h"

namespace hookcast::edge {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class Item final : public Flushable {
 public:
  Item(std::string name, std::vector<std::string>* order) : name_(std::move(name)), order_(order) {}
  void Flush() override {
    order_->push_back(name_);
    if (on_flush) on_flush();
  }
  std::function<void()> on_flush;

 private:
  const std::string name_;
  std::vector<std::string>* const order_;
};

class Deadline {
 public:
  Deadline() : timer_(Timer::For<&Deadline::Fire>(this)) {}
  Timer* timer() { return &timer_; }
  int fired = 0;
  std::function<void()> on_fire;

 private:
  void Fire() {
    ++fired;
    if (on_fire) on_fire();
  }
  Timer timer_;
};

class ReactorTest : public testing::Test {
 protected:
  ShardLoop loop_{ShardId{0}};
  Reactor reactor_{&loop_};
  std::vector<std::string> order_;
};

TEST_F(ReactorTest, FlushesOnceAfterAllThatWasReadyInTheTurn) {
  Item a("a", &order_), b("b", &order_);
  loop_.Post([&] {
    order_.push_back("first");
    reactor_.FlushLater(&a);
    reactor_.FlushLater(&b);
    reactor_.FlushLater(&a);
  });
  loop_.Post([&] {
    order_.push_back("second");
    reactor_.FlushLater(&b);
  });
  RunReady(loop_);
  EXPECT_THAT(order_, ElementsAre("first", "second", "a", "b"));
  order_.clear();
  RunReady(loop_);
  EXPECT_THAT(order_, IsEmpty());
  reactor_.FlushLater(&a);
  EXPECT_THAT(order_, IsEmpty()) << "never inside FlushLater";
  RunReady(loop_);
  EXPECT_THAT(order_, ElementsAre("a"));
}

TEST_F(ReactorTest, WhatIsListedDuringAFlushIsFlushedByIt) {
  Item a("a", &order_), b("b", &order_);
  a.on_flush = [&] { reactor_.FlushLater(&b); };
  b.on_flush = [&] {
    b.on_flush = nullptr;
    reactor_.FlushLater(&b);
  };
  reactor_.FlushLater(&a);
  RunReady(loop_);
  EXPECT_THAT(order_, ElementsAre("a", "b", "b"));
}

TEST_F(ReactorTest, AnItemThatEndsIsForgottenAlsoDuringAFlush) {
  Item a("a", &order_);
  auto b = std::make_unique<Item>("b", &order_);
  auto c = std::make_unique<Item>("c", &order_);
  Item d("d", &order_);
  a.on_flush = [&] {
    reactor_.Forget(c.get());
    c.reset();
  };
  reactor_.FlushLater(&a);
  reactor_.FlushLater(b.get());
  reactor_.FlushLater(c.get());
  reactor_.FlushLater(&d);
  reactor_.Forget(b.get());
  b.reset();
  RunReady(loop_);
  EXPECT_THAT(order_, ElementsAre("a", "d"));
  reactor_.Forget(&a);
}

TEST_F(ReactorTest, ATimerFiresAfterItsTime) {
  Deadline deadline;
  const TimePoint due = reactor_.Now() + milliseconds(120);
  reactor_.Schedule(deadline.timer(), milliseconds(120));
  ASSERT_TRUE(RunUntil(loop_, [&] { return deadline.fired != 0; }));
  EXPECT_GE(reactor_.Now(), due);
  EXPECT_EQ(deadline.fired, 1);
}

TEST_F(ReactorTest, AnEarlierTimerIsNotHeldUpByALaterOne) {
  Deadline late, early;
  reactor_.Schedule(late.timer(), std::chrono::minutes(10));
  reactor_.Schedule(early.timer(), milliseconds(60));
  ASSERT_TRUE(RunUntil(loop_, [&] { return early.fired != 0; }));
  EXPECT_EQ(late.fired, 0);
}

TEST_F(ReactorTest, ATimerThatSchedulesFromInsideItsFiringGoesOn) {
  Deadline ticking;
  ticking.on_fire = [&] {
    if (ticking.fired < 3) reactor_.Schedule(ticking.timer(), milliseconds(1));
  };
  reactor_.Schedule(ticking.timer(), milliseconds(1));
  ASSERT_TRUE(RunUntil(loop_, [&] { return ticking.fired == 3; }));
}

TEST_F(ReactorTest, ATimerAfterACancelledOneStillFires) {
  Deadline cancelled, other;
  reactor_.Schedule(cancelled.timer(), milliseconds(50));
  cancelled.timer()->Cancel();
  reactor_.Schedule(other.timer(), milliseconds(150));
  ASSERT_TRUE(RunUntil(loop_, [&] { return other.fired != 0; }));
  EXPECT_EQ(cancelled.fired, 0);
}

TEST_F(ReactorTest, DisposesOnceNothingOfTheTurnIsOnTheStack) {
  struct Object {
    std::vector<std::string>* order;
    ~Object() { order->push_back("gone"); }
  };
  loop_.Post([&] {
    reactor_.DisposeLater(std::make_shared<Object>(Object{&order_}));
    order_.clear();  // of the temporary above
    order_.push_back("still here");
  });
  RunReady(loop_);
  EXPECT_THAT(order_, ElementsAre("still here", "gone"));
}

TEST_F(ReactorTest, ADestructorMayDisposeOfMore) {
  struct Chain {
    Reactor* reactor;
    int* left;
    ~Chain() {
      if (--*left > 0) reactor->DisposeLater(std::shared_ptr<Chain>(new Chain{reactor, left}));
    }
  };
  int left = 5;
  reactor_.DisposeLater(std::shared_ptr<Chain>(new Chain{&reactor_, &left}));
  RunReady(loop_);
  EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace hookcast::edge
