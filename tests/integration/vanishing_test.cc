#include <gtest/gtest.h>

#include "tests/integration/vanishing_crowd.h"

namespace hookcast::testing {
namespace {

TEST(VanishingTest, B26ManyClientsThatVanishAtOnceWhileTheNodeSendsLeaveNothing) {
  CrowdVanishes(/*clients=*/500, /*rounds=*/2);
}

}  // namespace
}  // namespace hookcast::testing
