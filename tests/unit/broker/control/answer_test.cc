#include "broker/control/answer.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace hookcast::control {
namespace {

TEST(Answer, IsGivenOnce) {
  int given = 0;
  {
    Answer<int> answer([&](absl::StatusOr<int> value) { given += *value; });
    Answer<int> moved = std::move(answer);
    moved(7);
  }
  EXPECT_EQ(given, 7);
}

TEST(Answer, ThrownAwayItIsUnavailable) {
  std::optional<absl::Status> given;
  {
    Answer<int> answer([&](absl::StatusOr<int> value) {
      EXPECT_FALSE(given.has_value());
      given = value.status();
    });
    const Answer<int> moved = std::move(answer);
    EXPECT_FALSE(given.has_value());
  }
  ASSERT_TRUE(given.has_value());
  EXPECT_EQ(given->code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace hookcast::control
