#include "broker/hooks/action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "broker/base/close_code.h"

namespace hookcast::hooks {
namespace {

using testing::HasSubstr;

TEST(ActionTest, TheCodesOfRfc6455AndOfApplicationsMayBeSent) {
  for (uint32_t code = 0; code <= 65'535; ++code) {
    const bool may = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                     (code >= 3000 && code <= 4999);
    ASSERT_EQ(IsValidOnWire(static_cast<uint16_t>(code)), may) << code;
    ASSERT_EQ(CheckClose(code, "").ok(), may) << code;
  }
}

TEST(ActionTest, ACodeThatOnlyLooksRightInSixteenBitsIsRefused) {
  const absl::Status status = CheckClose(65'536 + 1000, "");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("66536"));
}

TEST(ActionTest, TheErrorSaysWhichCodesMayBeSent) {
  const absl::Status status = CheckClose(1006, "");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("close code 1006 may not be sent"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("3000 to 4999"));
}

TEST(ActionTest, AReasonFillsWhatACloseFrameLeavesAndNoMore) {
  EXPECT_TRUE(CheckClose(4000, std::string(123, 'x')).ok());
  const absl::Status status = CheckClose(4000, std::string(124, 'x'));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "the close reason has 124 bytes; it may have at most 123");
}

}  // namespace
}  // namespace hookcast::hooks
