#include <gtest/gtest.h>

#include "tests/integration/resume_crowd.h"

namespace hookcast::testing {
namespace {

TEST(ResumeCrowdLongTest, FiveHundredClientsThatLeaveAndResumeForTwentySecondsMissNothing) {
  CrowdResumes({"--clients", "500", "--messages", "10000", "--rate", "500"});
}

}  // namespace
}  // namespace hookcast::testing
