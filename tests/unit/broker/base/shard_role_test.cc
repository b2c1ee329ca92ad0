#include "broker/base/shard_role.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace hookcast {
namespace {

// Only builds with assertions check roles.
#ifdef NDEBUG
constexpr bool kChecks = false;
#else
constexpr bool kChecks = true;
#endif

TEST(ShardRole, ItsHolderMayAssertItAgainAndAgain) {
  ShardRole role;
  role.Take();
  role.AssertHeld();
  role.AssertHeld();
}

TEST(ShardRoleDeathTest, AnotherThreadThanTheFirstThatAssertedItDies) {
  if (!kChecks) GTEST_SKIP() << "a build without assertions";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ShardRole role;
  role.AssertHeld();
  EXPECT_DEATH(std::thread([&] { role.AssertHeld(); }).join(), "Held");
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
  if (!kChecks) GTEST_SKIP() << "a build without assertions";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(AssertWhatAnotherThreadTook(), "Held");
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
