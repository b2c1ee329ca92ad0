#include "edge/app/loop_watch.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/manual_clock.h"

namespace hookcast::app {
namespace {

using std::chrono::seconds;

class LoopWatchTest : public testing::Test {
 protected:
  fakes::ManualClock clock_;
  ShardLoop first_{ShardId{0}};
  ShardLoop second_{ShardId{1}};
  LoopWatch watch_{{&first_, &second_}, &clock_};
};

TEST_F(LoopWatchTest, LoopsThatRunAreWell) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(watch_.Check().ok());
    clock_.Advance(seconds(60));
    first_.Poll();
    second_.Poll();
  }
}

TEST_F(LoopWatchTest, OneThatRunsNothingForLongIsNamedUntilItRuns) {
  EXPECT_TRUE(watch_.Check().ok());
  first_.Poll();
  clock_.Advance(LoopWatch::kMost - std::chrono::milliseconds(1));
  EXPECT_TRUE(watch_.Check().ok());
  first_.Poll();
  clock_.Advance(seconds(2));
  const absl::Status status = watch_.Check();
  EXPECT_EQ(std::string(status.message()), "shard 1 has not run for 16 s");
  second_.Poll();
  EXPECT_TRUE(watch_.Check().ok());
}

TEST_F(LoopWatchTest, ALoopIsJudgedFromWhenItWasAsked) {
  clock_.Advance(seconds(3600));
  EXPECT_TRUE(watch_.Check().ok());
  EXPECT_TRUE(watch_.Check().ok());
}

}  // namespace
}  // namespace hookcast::app
