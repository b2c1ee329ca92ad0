#include "cli/progress.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

ProgressState State(uint64_t published, std::optional<uint64_t> total, absl::Duration took) {
  return {.published = published, .total = total, .took = took};
}

TEST(ProgressTest, ShowsPartCountRateAndTimeLeft) {
  EXPECT_EQ(RenderProgress(State(500, 1000, absl::Seconds(2)), 200),
            "[###############...............]   50%  500/1000  250/s  ETA 2s");
  EXPECT_EQ(RenderProgress(State(0, 1000, absl::ZeroDuration()), 200),
            "[..............................]    0%  0/1000  0.0/s  0s");
  EXPECT_EQ(RenderProgress(State(1000, 1000, absl::Seconds(90)), 200),
            "[##############################]  100%  1000/1000  11.1/s  ETA 0s");
}

TEST(ProgressTest, ShowsTheTimeWhereTheTotalIsNotKnown) {
  EXPECT_EQ(RenderProgress(State(1, std::nullopt, absl::Seconds(2)), 80), "1 message  0.5/s  2s");
  EXPECT_EQ(RenderProgress(State(9000, std::nullopt, absl::Seconds(90)), 80),
            "9000 messages  100/s  1m30s");
}

TEST(ProgressTest, CountsWhatReachedOneNodeAloneAsDone) {
  ProgressState state = State(40, 100, absl::Seconds(1));
  state.this_node_only = 10;
  EXPECT_THAT(RenderProgress(state, 200),
              testing::EndsWith(" 50/100  50.0/s  ETA 1s  10 this node alone"));
}

TEST(ProgressTest, CountsTheRefusedAsDone) {
  ProgressState state = State(40, 100, absl::Seconds(1));
  state.refused = 10;
  EXPECT_EQ(RenderProgress(state, 200),
            "[###############...............]   50%  50/100  50.0/s  ETA 1s  10 refused");
}

TEST(ProgressTest, FitsIntoTheColumns) {
  const ProgressState state = State(500, 1000, absl::Seconds(2));
  EXPECT_EQ(RenderProgress(state, 50), "[########........]   50%  500/1000  250/s  ETA 2s");
  EXPECT_EQ(RenderProgress(state, 40), " 50%  500/1000  250/s  ETA 2s") << "no place for a bar";
  EXPECT_EQ(RenderProgress(state, 10), " 50%  500");
  EXPECT_EQ(RenderProgress(state, 1), "");
  for (int columns = 1; columns < 120; ++columns) {
    EXPECT_LT(RenderProgress(state, columns).size(), static_cast<size_t>(columns));
  }
}

TEST(ProgressLineTest, IsWrittenOverTenTimesASecondAndCleared) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{in, out, err, [] { return absl::UnixEpoch(); }};
  absl::Duration now = absl::Hours(1);
  terminal.elapsed = [&] { return now; };
  terminal.err_columns = 40;
  ProgressLine line(&terminal);
  line.Show(State(1, std::nullopt, absl::ZeroDuration()));
  now += absl::Milliseconds(99);
  line.Show(State(2, std::nullopt, absl::ZeroDuration()));
  now += absl::Milliseconds(1);
  line.Show(State(3, std::nullopt, absl::ZeroDuration()));
  line.Clear();
  line.Clear();
  EXPECT_EQ(err.str(), "\r1 message  0.0/s  0s\x1b[K\r3 messages  0.0/s  0s\x1b[K\r\x1b[K");
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressLineTest, WritesNothingWhereThereIsNoScreen) {
  std::istringstream in;
  std::ostringstream err;
  Terminal terminal{in, err, err, [] { return absl::UnixEpoch(); }};
  ProgressLine line(&terminal);
  line.Show(State(1, 2, absl::Seconds(1)));
  line.Clear();
  EXPECT_EQ(err.str(), "");
}

TEST(FormatRateTest, KeepsOneDigitOfWhatIsSlow) {
  EXPECT_EQ(FormatRate(0.54), "0.5");
  EXPECT_EQ(FormatRate(99.94), "99.9");
  EXPECT_EQ(FormatRate(123456.7), "123457");
}

}  // namespace
}  // namespace hookcast::cli
