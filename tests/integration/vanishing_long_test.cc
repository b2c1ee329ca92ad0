#include <gtest/gtest.h>

#include "tests/integration/vanishing_crowd.h"

namespace hookcast::testing {
namespace {

TEST(VanishingLongTest, B26TwoThousandClientsVanishAtOnceTwentyTimes) {
  CrowdVanishes(/*clients=*/2'000, /*rounds=*/20, /*session=*/false);
}

}  // namespace
}  // namespace hookcast::testing
