#include "tests/integration/resume_crowd.h"

#include <gtest/gtest.h>

namespace hookcast::testing {
namespace {

TEST(ResumeCrowdTest, SixtyClientsThatLeaveAndResumeAtRandomGetEachMessageOnceInOrder) {
  CrowdResumes("http", {"--clients", "60", "--messages", "1500", "--rate", "500", "--stay", "0.3",
                        "--away", "0.1"});
}

TEST(ResumeCrowdTest, SoDoTwentyOfTheJsonSubprotocol) {
  CrowdResumes("ws", {"--clients", "20", "--messages", "1000", "--rate", "500", "--stay", "0.2",
                      "--away", "0.1"});
}

}  // namespace
}  // namespace hookcast::testing
