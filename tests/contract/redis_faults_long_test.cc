#include <gtest/gtest.h>

#include <memory>

#include "tests/contract/redis_node.h"
#include "tests/contract/redis_scenarios.h"
#include "tests/integration/redis_process.h"

namespace hookcast::contract {
namespace {

class RedisFaultsLongTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(a_.AwaitReady());
    ASSERT_TRUE(b_.AwaitReady());
  }

  const std::unique_ptr<testing::RedisProcess> redis_ = testing::RedisProcess::Start();
  RedisNode a_{Incarnation{0xa}, RedisNode::QuickSettings(redis_->port())};
  RedisNode b_{Incarnation{0xb}, RedisNode::QuickSettings(redis_->port())};
};

// B02.
TEST_F(RedisFaultsLongTest, BreaksAmidTheResubscriptionOfThousandsLoseNone) {
  BreakAmidResubscription(redis_.get(), &a_, &b_, /*namespaces=*/5000, /*rounds=*/20);
}

// B05.
TEST_F(RedisFaultsLongTest, TwoHundredDeathsOfRedisAtAnyInstantAreSurvived) {
  DieAtAnyInstant(redis_.get(), &a_, &b_, /*rounds=*/200);
}

}  // namespace
}  // namespace hookcast::contract
