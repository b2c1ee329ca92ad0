#include <gtest/gtest.h>

#include "tests/integration/vanishing_crowd.h"

namespace hookcast::testing {
namespace {

TEST(VanishingTest, B26ManyClientsThatVanishAtOnceWhileTheNodeSendsLeaveNothing) {
  for (const bool session : {false, true}) {
    CrowdVanishes(/*clients=*/500, /*rounds=*/1, session);
  }
}

}  // namespace
}  // namespace hookcast::testing
