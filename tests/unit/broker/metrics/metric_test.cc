#include "broker/metrics/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

#include "tests/unit/broker/metrics/exposition.h"

namespace hookcast::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::string Exposed(const Family& family) {
  std::string out = "";
  family.Expose(&out);
  return out;
}

TEST(Counter, IsExposedWithHelpTypeAndValue) {
  Counter counter("x_total", "How many x.");
  EXPECT_EQ(Exposed(counter), "# HELP x_total How many x.\n# TYPE x_total counter\nx_total 0\n");
  counter.Add();
  counter.Add(41);
  EXPECT_EQ(counter.value(), 42);
  EXPECT_EQ(Exposed(counter), "# HELP x_total How many x.\n# TYPE x_total counter\nx_total 42\n");
}

TEST(Counter, IsExposedToItsLastDigit) {
  Counter counter("x_total", "X.");
  counter.Add(std::numeric_limits<uint64_t>::max());
  EXPECT_THAT(Exposed(counter), testing::EndsWith("x_total 18446744073709551615\n"));
}

TEST(Counter, AppendsToWhatIsThere) {
  std::string out = "before\n";
  Counter("x_total", "X.").Expose(&out);
  EXPECT_THAT(out, testing::StartsWith("before\n# HELP x_total"));
}

TEST(Counter, LosesNoCountBetweenThreads) {
  Counter counter("x_total", "X.");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10000; ++i) counter.Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40000);
}

enum class Cause : uint8_t { kThis, kThat };

TEST(CounterBy, ExposesEachValueUnderItsLabelAlsoAtZero) {
  CounterBy<Cause, 2> counter("x_total", "X.", "cause", {"this", "that"});
  counter.Add(Cause::kThat, 3);
  EXPECT_EQ(counter.value(Cause::kThis), 0);
  EXPECT_EQ(counter.value(Cause::kThat), 3);
  EXPECT_EQ(Exposed(counter),
            "# HELP x_total X.\n# TYPE x_total counter\n"
            "x_total{cause=\"this\"} 0\nx_total{cause=\"that\"} 3\n");
}

TEST(Gauge, GoesUpAndDownAndBelowZero) {
  Gauge gauge("x", "X.");
  gauge.Add(5);
  gauge.Add(-7);
  EXPECT_EQ(gauge.value(), -2);
  EXPECT_EQ(Exposed(gauge), "# HELP x X.\n# TYPE x gauge\nx -2\n");
}

TEST(GaugeOf, IsNotExposedUntilSomethingReadsIt) {
  GaugeOf gauge("x", "X.");
  EXPECT_THAT(Exposed(gauge), IsEmpty());
}

TEST(GaugeOf, IsReadAnewEachTime) {
  GaugeOf gauge("x", "X.");
  double level = 0.25;
  gauge.ReadFrom([&] { return level; });
  EXPECT_EQ(Exposed(gauge), "# HELP x X.\n# TYPE x gauge\nx 0.25\n");
  level = 3;
  EXPECT_EQ(Exposed(gauge), "# HELP x X.\n# TYPE x gauge\nx 3\n");
}

// A node's memory in bytes has more than the six digits that a double is often printed with.
TEST(GaugeOf, KeepsEveryDigitOfItsValue) {
  GaugeOf gauge("x", "X.");
  double level = 0;
  gauge.ReadFrom([&] { return level; });
  for (const double value :
       {123456789.0, 1000000.0, 68719476735.0, 1234567.875, -1.5, 1e300, 9007199254740991.0}) {
    level = value;
    const auto families = ReadExposition(Exposed(gauge));
    ASSERT_TRUE(families.ok()) << families.status();
    EXPECT_THAT(families->at("x").samples, ElementsAre(Pair("x", value)));
  }
  level = 1000000;
  EXPECT_THAT(Exposed(gauge), testing::EndsWith("\nx 1000000\n"));
}

TEST(GaugeOf, SpellsWhatIsNoNumberAsTheFormatDoes) {
  GaugeOf gauge("x", "X.");
  double level = std::numeric_limits<double>::quiet_NaN();
  gauge.ReadFrom([&] { return level; });
  EXPECT_THAT(Exposed(gauge), testing::EndsWith("\nx NaN\n"));
  level = std::numeric_limits<double>::infinity();
  EXPECT_THAT(Exposed(gauge), testing::EndsWith("\nx +Inf\n"));
  level = -level;
  EXPECT_THAT(Exposed(gauge), testing::EndsWith("\nx -Inf\n"));
}

TEST(Levels, AreByALabelThatIsKnownAtRunTime) {
  Levels levels("hookcast_test", "A test.", "who");
  std::string out;
  levels.Expose(&out);
  EXPECT_EQ(out, "");  // a family without samples is none
  Level* const first = levels.At("b \"\\\n");
  first->Add(5);
  first->Add(-2);
  levels.At("a");
  EXPECT_EQ(levels.At("b \"\\\n"), first);
  levels.Expose(&out);
  EXPECT_EQ(out,
            "# HELP hookcast_test A test.\n# TYPE hookcast_test gauge\n"
            "hookcast_test{who=\"a\"} 0\nhookcast_test{who=\"b \\\"\\\\\\n\"} 3\n");
}

TEST(HistogramBy, CountsWhatTookNoLongerThanEachBound) {
  enum class Kind { kA, kB };
  HistogramBy<Kind, 2> histogram("hookcast_test", "A test.", "kind", {"a", "b"});
  for (const auto took : {std::chrono::microseconds(0), std::chrono::microseconds(500),
                          std::chrono::microseconds(501), std::chrono::microseconds(11'000'000)}) {
    histogram.Observe(Kind::kB, took);
  }
  EXPECT_EQ(histogram.count(Kind::kA), 0u);
  EXPECT_EQ(histogram.count(Kind::kB), 4u);
  std::string out;
  histogram.Expose(&out);
  for (const std::string line :
       {"hookcast_test_bucket{kind=\"b\",le=\"0.0005\"} 2\n",
        "hookcast_test_bucket{kind=\"b\",le=\"0.001\"} 3\n",
        "hookcast_test_bucket{kind=\"b\",le=\"10\"} 3\n",
        "hookcast_test_bucket{kind=\"b\",le=\"+Inf\"} 4\n",
        "hookcast_test_sum{kind=\"b\"} 11.001001\n", "hookcast_test_count{kind=\"b\"} 4\n",
        "hookcast_test_bucket{kind=\"a\",le=\"+Inf\"} 0\n"}) {
    EXPECT_NE(out.find(line), std::string::npos) << line << out;
  }
}

}  // namespace
}  // namespace hookcast::metrics
