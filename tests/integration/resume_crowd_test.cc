#include "tests/integration/resume_crowd.h"

#include <gtest/gtest.h>

namespace hookcast::testing {
namespace {

TEST(ResumeCrowdTest, SixtyClientsThatLeaveAndResumeAtRandomGetEachMessageOnceInOrder) {
  CrowdResumes(
      {"--clients", "60", "--messages", "1500", "--rate", "500", "--stay", "0.3", "--away", "0.1"});
}

}  // namespace
}  // namespace hookcast::testing
