#include "broker/base/shard_role.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace hookcast {
namespace {

// Only builds with assertions check roles; elsewhere the same code runs and nothing dies.

TEST(ShardRole, ItsHolderMayAssertItAgainAndAgain) {
  ShardRole role;
  role.Take();
  role.AssertHeld();
  role.AssertHeld();
}

TEST(ShardRoleDeathTest, AnotherThreadThanTheFirstThatAssertedItDies) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ShardRole role;
  role.AssertHeld();
  EXPECT_DEBUG_DEATH(std::thread([&] { role.AssertHeld(); }).join(), "Held");
}

// Asserts a role that a living thread has taken.
void AssertWhatAnotherThreadTook() {
  ShardRole role;
  role.AssertHeld();
  std::promise<void> taken;
  std::promise<void> end;
  std::thread other([&] {
    role.Take();
    taken.set_value();
    end.get_future().wait();
  });
  taken.get_future().wait();
  role.AssertHeld();
  end.set_value();
  other.join();
}

TEST(ShardRoleDeathTest, TheFirstHolderDiesOnceAnotherThreadHasTakenIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEBUG_DEATH(AssertWhatAnotherThreadTook(), "Held");
}

// What outlived its shard is taken apart on the thread that ends the node.
TEST(ShardRole, PassesOnWhenItsThreadHasEnded) {
  ShardRole role;
  std::thread([&] { role.AssertHeld(); }).join();
  role.AssertHeld();
  role.AssertHeld();
}

}  // namespace
}  // namespace hookcast
