#include <gtest/gtest.h>

#include "tests/integration/resume_crowd.h"

namespace hookcast::testing {
namespace {

TEST(ResumeCrowdLongTest, FiveHundredClientsThatLeaveAndResumeForTwentySecondsMissNothing) {
  CrowdResumes("http", {"--clients", "500", "--messages", "10000", "--rate", "500"});
}

TEST(ResumeCrowdLongTest, SoDoAHundredOfTheJsonSubprotocol) {
  CrowdResumes("ws", {"--clients", "100", "--messages", "10000", "--rate", "500"});
}

}  // namespace
}  // namespace hookcast::testing
