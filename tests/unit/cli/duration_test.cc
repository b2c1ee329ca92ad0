#include "cli/duration.h"

#include "cli/failure.h"
#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

TEST(DurationTest, ReadsNumbersWithUnits) {
  EXPECT_EQ(*ParseDuration("--timeout", "5s"), absl::Seconds(5));
  EXPECT_EQ(*ParseDuration("--timeout", "1.5s"), absl::Milliseconds(1500));
  EXPECT_EQ(*ParseDuration("--timeout", "1m30s"), absl::Seconds(90));
}

TEST(DurationTest, RefusesWhatIsNoLengthOfTime) {
  for (const char* text : {"", "5", "s", "5 s", "-1s", "0s", "inf", "25h", "5s\n"}) {
    const auto duration = ParseDuration("--timeout", text);
    ASSERT_FALSE(duration.ok()) << text;
    EXPECT_EQ(ExitCodeOf(duration.status()), ExitCode::kUsage);
    EXPECT_NE(duration.status().message().find("--timeout: "), absl::string_view::npos);
    EXPECT_FALSE(HintOf(duration.status()).empty());
  }
}

TEST(DurationTest, ShowsAnAgeInItsTwoLargestUnits) {
  EXPECT_EQ(FormatAge(absl::Seconds(-3)), "0s");
  EXPECT_EQ(FormatAge(absl::Seconds(59)), "59s");
  EXPECT_EQ(FormatAge(absl::Seconds(192)), "3m12s");
  EXPECT_EQ(FormatAge(absl::Minutes(303)), "5h3m");
  EXPECT_EQ(FormatAge(absl::Hours(102)), "4d6h");
}

TEST(DurationTest, KeepsFractionsOnTheWire) {
  const auto proto = ToProto(absl::Milliseconds(1500));
  EXPECT_EQ(proto.seconds(), 1);
  EXPECT_EQ(proto.nanos(), 500'000'000);
  EXPECT_EQ(FromProto(proto), absl::Milliseconds(1500));
}

}  // namespace
}  // namespace hookcast::cli
