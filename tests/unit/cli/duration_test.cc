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
  EXPECT_EQ(*ParseDuration("--over", "0s"), absl::ZeroDuration());
  for (const char* text : {"", "5", "s", "5 s", "-1s", "inf", "25h", "5s\n"}) {
    const auto duration = ParseDuration("--timeout", text);
    ASSERT_FALSE(duration.ok()) << text;
    EXPECT_EQ(ExitCodeOf(duration.status()), ExitCode::kUsage);
    EXPECT_NE(duration.status().message().find("--timeout: "), absl::string_view::npos);
    EXPECT_FALSE(HintOf(duration.status()).empty());
  }
}

TEST(DurationTest, RefusesWhatIsOutOfItsRangeAndSaysWhatThatIs) {
  const DurationRange range{.least = absl::Milliseconds(1), .most = absl::Hours(1)};
  EXPECT_TRUE(ParseDuration("--over", "1ms", range).ok());
  EXPECT_TRUE(ParseDuration("--over", "1h", range).ok());
  for (const char* text : {"0s", "999us", "1h1ms"}) {
    const auto duration = ParseDuration("--over", text, range);
    EXPECT_EQ(ExitCodeOf(duration.status()), ExitCode::kUsage) << text;
    EXPECT_EQ(HintOf(duration.status()), "it must be from 1ms to 1h0m");
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
